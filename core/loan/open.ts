/** Opens the book of a loan from its terms. */
import { type Day, formatDay } from '../calendar.ts'
import { fraction, parseDecimal } from '../fraction.ts'
import { kept } from '../keep.ts'
import { minMinor } from '../money.ts'
import { roundQuotient } from '../rounding.ts'
import { inMultiples } from '../schedule/annuity.ts'
import { type Span, spansOf } from '../schedule/dates.ts'
import { type Measure, measureOf, noInterest, sinceDay } from '../schedule/measure.ts'
import { addMove, addPaid, type Book, noAmounts, noMoves, nothing, planIndex, rateStep, type Slot } from './book.ts'
import { replan } from './replan.ts'
import type { LoanTerms } from './types.ts'

const noIds: ReadonlySet<string> = new Set()

export function openBook(terms: LoanTerms): Book {
  const rate = percentOf(terms.annualRatePercent)
  const spans = planSpans(terms, spansOf(terms))
  const start = spans[0]!.from
  const free = freeInstalments(terms)
  const book: Book = {
    terms,
    fixes: terms.method === 'equal-instalment' || terms.method === 'flat' ? 'total' : 'principal',
    // Flat interest does not follow the balance, so there is nothing to recalculate.
    daily: terms.interestRecalculation === 'daily' && terms.method !== 'flat',
    plan: spans.map((span, index) => regularSlot(terms, span, index < free)),
    grace: terms.principalGrace,
    extras: [],
    rateDen: rate.den,
    rateDenDouble: Number(rate.den),
    rates: [rateStep(start, rate.num, terms.annualRatePercent)],
    pauses: [],
    planPrincipal: 0n,
    outstanding: 0n,
    broughtForward: 0n,
    flatLent: [],
    dirty: 0,
    plain: terms.allocation === null,
    settled: false,
    lateUntil: null,
    firstOpen: 0,
    totals: { disbursed: 0n, restored: 0n, refunded: 0n, overpaid: 0n, returned: 0n, recovered: 0n },
    credit: 0n,
    chargedOffOn: null,
    allocated: [],
    events: [],
    reversed: noIds,
    disbursements: [],
    owners: [],
    interestRefunded: 0n,
  }
  const down = disburse(book, start, terms.principal)
  if (down > 0n) addPaid(book.extras[0]!, 'principal', down)
  replan(book, 0, book.grace)
  return book
}

/** Percent per year as an exact fraction of one. */
export const percentOf = kept((text) => {
  const percent = parseDecimal(text)
  return fraction(percent.num, percent.den * 100n)
})

/** A period of the plan. A bullet's has several of the rule's: how many of them bear interest, and from which day on. */
export interface PlanSpan extends Span {
  readonly periods?: number
  readonly bearsFrom?: Day
}

/** A bullet has one instalment, at the end of all its periods. */
export function planSpans(terms: LoanTerms, spans: readonly Span[]): readonly PlanSpan[] {
  if (terms.method !== 'bullet' || spans.length === 1) return spans
  const { from } = spans[0]!
  const { due } = spans[spans.length - 1]!
  const bearing = spans.slice(terms.interestFreePeriods)
  const regular = bearing.every((span) => span.regular)
  const stated = bearing.every((span) => span.stated)
  return [{ from, due, regular, stated, periods: bearing.length, bearsFrom: bearing[0]?.from ?? due }]
}

/** How many instalments bear no interest at all: a bullet only where all of its periods are free. */
export function freeInstalments({ method, interestFreePeriods, instalments }: LoanTerms): number {
  return method === 'bullet' ? Math.floor(interestFreePeriods / instalments) : interestFreePeriods
}

export function regularSlot(terms: LoanTerms, span: PlanSpan, interestFree: boolean): Slot {
  return newSlot('regular', span.from, span.due, spanMeasure(terms, span), interestFree)
}

/** How a period of the plan counts its interest. */
export function spanMeasure(terms: LoanTerms, span: PlanSpan): Measure {
  const { from, due, regular, stated = false, periods = 1, bearsFrom = from } = span
  const every = periods === 1 ? terms.every : { n: terms.every.n * periods, unit: terms.every.unit }
  const measure = measureOf({ from: bearsFrom, due, regular, stated, every }, terms.dayCount, terms.interestPeriod)
  return bearsFrom > from ? sinceDay(measure, bearsFrom) : measure
}

/** All that comes after the last instalment is due together, on the latest of its days. */
export function slotAfterMaturity(book: Book, on: Day): Slot {
  const maturity = book.plan[book.plan.length - 1]!.due
  const at = book.extras.findIndex((slot) => slot.kind === 'extra' && slot.from === maturity && slot.due > maturity)
  if (at < 0) return extraSlot(book, 'extra', maturity, on)
  const slot = book.extras[at]!
  if (on <= slot.due) return slot
  book.extras.splice(at, 1)
  const later = { ...slot, due: on, dueOn: formatDay(on) }
  book.extras.push(later)
  return later
}

export function extraSlot(book: Book, kind: 'down-payment' | 'extra', from: Day, due: Day): Slot {
  const slot = newSlot(kind, from, due, noInterest, true)
  const before = book.extras.filter((other) => other.due <= due).length
  book.extras.splice(before, 0, slot)
  return slot
}

export function newSlot(kind: Slot['kind'], from: Day, due: Day, measure: Measure, interestFree: boolean): Slot {
  return {
    kind,
    from,
    due,
    fromOn: formatDay(from),
    dueOn: formatDay(due),
    measure,
    interestFree,
    planned: 0n,
    basis: 0n,
    prepaid: 0n,
    lent: 0n,
    fixedInterest: null,
    restored: 0n,
    deferred: 0n,
    arrearsInterest: 0n,
    settledEarly: false,
    moves: noMoves,
    paid: nothing,
    settled: nothing,
    waived: nothing,
    writtenOff: nothing,
    paidInAdvance: 0n,
    paidLate: 0n,
    owing: noAmounts(),
    borne: 0n,
    carry: 0n,
    close: 0n,
    late: 0n,
  }
}

/**
 * Records money lent and its down payment; the plan is made by the caller, and the answer, what is paid down at once, is
 * paid by it.
 */
export function disburse(book: Book, on: Day, amount: bigint): bigint {
  const down = downPaymentOf(book.terms, amount)
  book.totals.disbursed += amount
  book.disbursements.push({ day: on, amount })
  if (book.terms.downPaymentPercent !== null) {
    const slot = extraSlot(book, 'down-payment', on, on)
    slot.owing.principal = down
  }
  const financed = amount - down
  book.planPrincipal += financed
  book.outstanding += financed
  book.flatLent.push({ day: on, amount: financed })
  book.plan[planIndex(book, on)]!.lent += financed
  addMove(book, on, financed, 'lent')
  return book.terms.downPaymentPaid ? down : 0n
}

function downPaymentOf(terms: LoanTerms, amount: bigint): bigint {
  if (terms.downPaymentPercent === null) return 0n
  const part = percentOf(terms.downPaymentPercent)
  const down = inMultiples(roundQuotient(amount * part.num, part.den, terms.rounding), terms.instalmentMultiple)
  return minMinor(down, amount)
}
