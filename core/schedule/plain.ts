/**
 * The schedule of a loan on which nothing has happened yet, in doubles and without the book in which events would be
 * entered: what a quote shows. The rows are those of the opened loan to the cent (property in plain.property.test.ts), at
 * a third of the cost.
 */
import { formatDay } from '../calendar.ts'
import { percentOf, planSpans, spanMeasure } from '../loan/open.ts'
import type { Instalment, LoanTerms } from '../loan/types.ts'
import { exactDouble, roundSafe } from '../rounding.ts'
import { nearInstalment } from './annuity.ts'
import { type Span, spansOf } from './dates.ts'

/**
 * Null where the terms ask for more than the plain course of instalments, an amount is not exact as a double, or an
 * instalment does not cover its interest: then the loan has to be opened. The terms must have been checked.
 */
export function plainSchedule(terms: LoanTerms): Instalment[] | null {
  if (!isPlain(terms)) return null
  const principal = Number(terms.principal)
  const spans = planSpans(terms, spansOf(terms))
  const factors = factorsOf(terms, spans)
  if (factors === null || !(principal * factors.largest <= exactDouble)) return null
  switch (terms.method) {
    case 'equal-instalment':
      return levelRows(terms, spans, factors)
    case 'flat':
      return flatRows(terms, spans, factors)
    case 'equal-principal':
      return principalRows(terms, spans, factors, roundSafe(principal, spans.length, terms.rounding))
    default:
      return principalRows(terms, spans, factors, 0)
  }
}

function isPlain(terms: LoanTerms): boolean {
  const levelled =
    terms.lastInstalment === 'levelled' && (terms.method === 'equal-instalment' || terms.method === 'flat')
  return (
    !levelled &&
    terms.downPaymentPercent === null &&
    terms.instalmentMultiple === null &&
    terms.principalGrace === 0 &&
    terms.balloon === undefined
  )
}

/** Interest per unit of balance of each period: nums[i] / dens[i], whole numbers. */
interface Factors {
  readonly nums: readonly number[]
  readonly dens: readonly number[]
  /** The greatest of all the numbers. */
  readonly largest: number
}

function factorsOf(terms: LoanTerms, spans: readonly Span[]): Factors | null {
  const rate = percentOf(terms.annualRatePercent)
  const rateNum = Number(rate.num)
  const rateDen = Number(rate.den)
  const nums = new Array<number>(spans.length)
  const dens = new Array<number>(spans.length)
  let largest = Math.max(rateNum, rateDen, spans.length)
  for (let index = 0; index < spans.length; index++) {
    const span = spans[index]!
    const { units, share, denominator } = spanMeasure(terms, span)
    const num = index < terms.interestFreePeriods ? 0 : rateNum * share * units(span.from, span.due)
    nums[index] = num
    dens[index] = rateDen * denominator
    largest = Math.max(largest, num, dens[index]!)
  }
  return largest <= exactDouble ? { nums, dens, largest } : null
}

function interestOn(balance: number, { nums, dens }: Factors, index: number, terms: LoanTerms): number {
  return roundSafe(balance * nums[index]!, dens[index]!, terms.rounding)
}

function levelRows(terms: LoanTerms, spans: readonly Span[], factors: Factors): Instalment[] | null {
  const ratios = factors.nums.map((num, index) => num / factors.dens[index]!)
  const instalment = nearInstalment(terms.principal, ratios, terms.rounding, null)
  if (instalment === null) return null
  return totalRows(terms, spans, Number(instalment), (balance, index) => interestOn(balance, factors, index, terms))
}

/** Each period is charged on the whole amount lent. */
function flatRows(terms: LoanTerms, spans: readonly Span[], factors: Factors): Instalment[] | null {
  const lent = Number(terms.principal)
  const charges = spans.map((_, index) => interestOn(lent, factors, index, terms))
  const cost = charges.reduce((sum, charge) => sum + charge, lent)
  if (!(cost <= exactDouble)) return null
  const instalment = roundSafe(cost, spans.length, terms.rounding)
  return totalRows(terms, spans, instalment, (_, index) => charges[index]!)
}

/** Interest first, the rest of the instalment repays; null where interest would have to be carried over. */
function totalRows(
  terms: LoanTerms,
  spans: readonly Span[],
  instalment: number,
  interestAt: (balance: number, index: number) => number,
): Instalment[] | null {
  let balance = Number(terms.principal)
  const rows = new Array<Instalment>(spans.length)
  for (let index = 0; index < spans.length; index++) {
    const interest = interestAt(balance, index)
    if (interest > instalment) return null
    const principal = index === spans.length - 1 ? balance : Math.min(instalment - interest, balance)
    balance -= principal
    rows[index] = row(index + 1, spans[index]!, principal, interest, balance)
  }
  return rows
}

/** Interest comes on top of a principal part that is the same every time, and whatever is left at the end. */
function principalRows(terms: LoanTerms, spans: readonly Span[], factors: Factors, part: number): Instalment[] {
  let balance = Number(terms.principal)
  return spans.map((span, index) => {
    const interest = interestOn(balance, factors, index, terms)
    const principal = index === spans.length - 1 ? balance : Math.min(part, balance)
    balance -= principal
    return row(index + 1, span, principal, interest, balance)
  })
}

function row(n: number, span: Span, principal: number, interest: number, balanceAfter: number): Instalment {
  return {
    n,
    fromOn: formatDay(span.from),
    dueOn: formatDay(span.due),
    principal: BigInt(principal),
    interest: BigInt(interest),
    fee: 0n,
    penalty: 0n,
    principalPaid: 0n,
    interestPaid: 0n,
    feePaid: 0n,
    penaltyPaid: 0n,
    interestWaived: 0n,
    feeWaived: 0n,
    penaltyWaived: 0n,
    principalWrittenOff: 0n,
    interestWrittenOff: 0n,
    feeWrittenOff: 0n,
    penaltyWrittenOff: 0n,
    paidInAdvance: 0n,
    paidLate: 0n,
    balanceAfter: BigInt(balanceAfter),
    extra: false,
  }
}
