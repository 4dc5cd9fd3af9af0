/** Questions about a loan on a day: what it owes, what settles it, what its counters show. */
import { type Day, parseDay } from '../calendar.ts'
import { type Amounts, type Book, copyUnpaid, nothing, owedOf, owedTotal, type Slot } from './book.ts'
import { bookOf, stateOn } from './fold.ts'
import { orderedSlots } from './freeze.ts'
import { bearLateInterestToSettle } from './late.ts'
import { LoanProblem } from './problem.ts'
import { payoffOf } from './settle.ts'
import type { Component, Dues, LoanLedger, LoanState } from './types.ts'

/** What settles the loan on that day; with early settlement it is less than what is owed as scheduled. */
export function payoffOn(state: LoanState, on: string): Dues {
  const day = dayOf(state, on)
  const current = stateOn(state, on)
  const book = bookOf(current)
  if (book.chargedOffOn !== null) return noDues
  if (!bearsLateInterest(book, day)) return payoffOf(book, day)
  const copy = copyUnpaid(book)
  bearLateInterestToSettle(copy, day)
  return payoffOf(copy, day)
}

const noDues: Dues = { principal: 0n, interest: 0n, fee: 0n, penalty: 0n, total: 0n }

function dayOf(state: LoanState, on: string): Day {
  if (on < state.terms.disbursedOn) throw new LoanProblem('before-loan', `${on} is before the loan`, 'on')
  return parseDay(on, 'on')
}

/** Whether unpaid principal fell due before the day. */
function bearsLateInterest(book: Book, on: Day): boolean {
  const slot = book.plan[book.firstOpen]
  return slot !== undefined && slot.due < on && book.daily && book.terms.overdueInterest
}

/** Everything outstanding as scheduled. */
export function owedOn(state: LoanState, on: string): Dues {
  return sumOf(slotsOn(state, on))
}

export interface DuesOn {
  readonly pastDue: Dues
  readonly dueToday: Dues
  readonly nextDueOn: string | null
  readonly oldestUnpaidDueOn: string | null
  readonly daysPastDue: number
}

export function duesOn(state: LoanState, on: string): DuesOn {
  const day = dayOf(state, on)
  const unpaid = slotsOn(state, on).filter((slot) => owedTotal(slot) > 0n)
  return {
    pastDue: sumOf(unpaid.filter((slot) => slot.due < day)),
    dueToday: sumOf(unpaid.filter((slot) => slot.due === day)),
    nextDueOn: unpaid.find((slot) => slot.due > day)?.dueOn ?? null,
    oldestUnpaidDueOn: unpaid[0]?.dueOn ?? null,
    daysPastDue: daysSince(unpaid[0], day),
  }
}

/** Of the oldest instalment that is unpaid; zero where none is due. */
export function daysPastDueOn(state: LoanState, on: string): number {
  const day = dayOf(state, on)
  return daysSince(
    slotsOn(state, on).find((slot) => owedTotal(slot) > 0n),
    day,
  )
}

function daysSince(oldest: Slot | undefined, day: Day): number {
  return oldest === undefined ? 0 : Math.max(0, day - oldest.due)
}

function slotsOn(state: LoanState, on: string): readonly Slot[] {
  dayOf(state, on)
  return orderedSlots(bookOf(stateOn(state, on)))
}

function sumOf(slots: readonly Slot[]): Dues {
  const sum = (component: Component): bigint => slots.reduce((all, slot) => all + owedOf(slot, component), 0n)
  const principal = sum('principal')
  const interest = sum('interest')
  const fee = sum('fee')
  const penalty = sum('penalty')
  return { principal, interest, fee, penalty, total: principal + interest + fee + penalty }
}

/** Cumulative counters with the events up to the day; charges are earned on their due date, or when paid before it. */
export function ledgerOn(state: LoanState, on: string): LoanLedger {
  const day = dayOf(state, on)
  const book = bookOf(stateOn(state, on))
  const slots = orderedSlots(book)
  const paid = sumOfAmounts(slots.map((slot) => slot.paid))
  const waived = sumOfAmounts(slots.map((slot) => slot.waived))
  const writtenOff = sumOfAmounts(slots.map((slot) => slot.writtenOff))
  const earned = sumOfAmounts(slots.map((slot) => (slot.due <= day ? slot.owing : slot.settled)))
  return {
    disbursed: book.totals.disbursed,
    principalRestored: book.totals.restored,
    principalPaid: paid.principal,
    principalRefunded: book.totals.refunded,
    principalWrittenOff: writtenOff.principal,
    interestRecognised: earned.interest,
    interestPaid: paid.interest,
    interestWaived: waived.interest,
    interestWrittenOff: writtenOff.interest,
    feeRecognised: earned.fee,
    feePaid: paid.fee,
    feeWaived: waived.fee,
    feeWrittenOff: writtenOff.fee,
    penaltyRecognised: earned.penalty,
    penaltyPaid: paid.penalty,
    penaltyWaived: waived.penalty,
    penaltyWrittenOff: writtenOff.penalty,
    overpaid: book.totals.overpaid,
    overpaidReturned: book.totals.returned,
    recovered: book.totals.recovered,
  }
}

/** Most instalments have had nothing yet, which all share one object. */
function sumOfAmounts(all: readonly Readonly<Amounts>[]): Readonly<Amounts> {
  let sum = nothing
  for (const amounts of all) {
    if (amounts !== nothing) sum = sum === nothing ? amounts : plus(sum, amounts)
  }
  return sum
}

function plus(a: Readonly<Amounts>, b: Readonly<Amounts>): Amounts {
  return {
    penalty: a.penalty + b.penalty,
    fee: a.fee + b.fee,
    interest: a.interest + b.interest,
    principal: a.principal + b.principal,
  }
}
