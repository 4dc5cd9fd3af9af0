/**
 * The schedule of a loan on which nothing has happened yet, in doubles and without the book in which events would be
 * entered: what a quote shows. The rows are those of the opened loan to the cent (property in plain.property.test.ts), at
 * a third of the cost.
 */
import { formatDay } from '../calendar.ts'
import { freeInstalments, percentOf, planSpans, spanMeasure } from '../loan/open.ts'
import type { Instalment, LoanTerms } from '../loan/types.ts'
import type { Minor } from '../money.ts'
import { exactDouble, type Rounding, roundSafe } from '../rounding.ts'
import { nearInstalment } from './annuity.ts'
import { type Span, spansOf } from './dates.ts'

/** The instalments of an amount lent; null where it is too large for doubles, or an instalment would not cover its interest. */
export type PlainCourse = (lent: Minor) => Instalment[] | null

/**
 * Null where the terms ask for more than the plain course of instalments, an amount is not exact as a double, or an
 * instalment does not cover its interest: then the loan has to be opened. The terms must have been checked.
 */
export function plainSchedule(terms: LoanTerms): Instalment[] | null {
  return plainCourse(terms)?.(terms.principal) ?? null
}

/**
 * The same for any amount under the terms, whose own principal is not looked at: their days and rates are worked out once.
 * Null where the terms ask for more than the plain course of instalments. The terms must have been checked.
 */
export function plainCourse(terms: LoanTerms): PlainCourse | null {
  if (!isPlain(terms)) return null
  const spans = planSpans(terms, spansOf(terms))
  const factors = factorsOf(terms, spans)
  if (factors === null) return null
  const course = { spans, factors, rounding: terms.rounding }
  return (lent) => {
    const principal = Number(lent)
    return principal * factors.largest <= exactDouble ? rowsOf(terms.method, course, principal) : null
  }
}

/** What instalments depend on besides the amount. */
interface Course {
  readonly spans: readonly Span[]
  readonly factors: Factors
  readonly rounding: Rounding
}

function rowsOf(method: LoanTerms['method'], course: Course, lent: number): Instalment[] | null {
  switch (method) {
    case 'equal-instalment':
      return levelRows(course, lent)
    case 'flat':
      return flatRows(course, lent)
    case 'equal-principal':
      return principalRows(course, lent, roundSafe(lent, course.spans.length, course.rounding))
    default:
      return principalRows(course, lent, 0)
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
  readonly ratios: readonly number[]
  /** The greatest of all the numbers. */
  readonly largest: number
}

function factorsOf(terms: LoanTerms, spans: readonly Span[]): Factors | null {
  const rate = percentOf(terms.annualRatePercent)
  const rateNum = Number(rate.num)
  const rateDen = Number(rate.den)
  const free = freeInstalments(terms)
  const nums = new Array<number>(spans.length)
  const dens = new Array<number>(spans.length)
  let largest = Math.max(rateNum, rateDen, spans.length)
  for (let index = 0; index < spans.length; index++) {
    const span = spans[index]!
    const { units, share, denominator } = spanMeasure(terms, span)
    const num = index < free ? 0 : rateNum * share * units(span.from, span.due)
    nums[index] = num
    dens[index] = rateDen * denominator
    largest = Math.max(largest, num, dens[index]!)
  }
  if (largest > exactDouble) return null
  return { nums, dens, ratios: nums.map((num, index) => num / dens[index]!), largest }
}

function interestOn(balance: number, index: number, { factors, rounding }: Course): number {
  return roundSafe(balance * factors.nums[index]!, factors.dens[index]!, rounding)
}

function levelRows(course: Course, lent: number): Instalment[] | null {
  const instalment = nearInstalment(BigInt(lent), course.factors.ratios, course.rounding, null)
  if (instalment === null) return null
  return totalRows(course, lent, Number(instalment), (balance, index) => interestOn(balance, index, course))
}

/** Each period is charged on the whole amount lent. */
function flatRows(course: Course, lent: number): Instalment[] | null {
  const { spans, rounding } = course
  const charges = spans.map((_, index) => interestOn(lent, index, course))
  const cost = charges.reduce((sum, charge) => sum + charge, lent)
  if (!(cost <= exactDouble)) return null
  const instalment = roundSafe(cost, spans.length, rounding)
  return totalRows(course, lent, instalment, (_, index) => charges[index]!)
}

/** Interest first, the rest of the instalment repays; null where interest would have to be carried over. */
function totalRows(
  { spans }: Course,
  lent: number,
  instalment: number,
  interestAt: (balance: number, index: number) => number,
): Instalment[] | null {
  let balance = lent
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
function principalRows(course: Course, lent: number, part: number): Instalment[] {
  const { spans } = course
  let balance = lent
  return spans.map((span, index) => {
    const interest = interestOn(balance, index, course)
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
