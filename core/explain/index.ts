/**
 * Why an amount is what it is: a tree whose leaves are the terms, the calendar and the events, and whose inner nodes say
 * by what formula and rounding their parts make the amount.
 */
import { formatDay } from '../calendar.ts'
import { type Book, type Slot, settledOf } from '../loan/book.ts'
import { bookOf, stateOn } from '../loan/fold.ts'
import { orderedSlots } from '../loan/freeze.ts'
import { LoanProblem, payoffOn } from '../loan/index.ts'
import { growth } from '../loan/interest.ts'
import type { LoanEvent, LoanState } from '../loan/types.ts'
import { formatMinor, type Minor } from '../money.ts'

export interface Explanation {
  readonly what: string
  readonly value: string
  /** How the parts make the value; absent on a leaf. */
  readonly formula?: string
  readonly rounding?: string
  readonly parts?: readonly Explanation[]
}

/** Every amount of one instalment of the plan. */
export function explainInstalment(state: LoanState, n: number): Explanation {
  const row = state.instalments[n - 1]
  if (row === undefined)
    throw new LoanProblem('no-such-instalment', `the loan has ${state.instalments.length}`, 'instalment')
  const money = moneyOf(state)
  const book = bookOf(state)
  const index = book.plan.indexOf(orderedSlots(book)[n - 1]!)
  const interest = index < 0 ? leaf('interest', money(row.interest)) : explainInterest(book, index, money)
  const charges = row.fee + row.penalty
  return {
    what: `instalment ${n}, due ${row.dueOn}`,
    value: money(row.principal + row.interest + charges),
    formula: 'principal + interest + charges',
    parts: [explainPrincipal(book, index, row.principal, money), interest, leaf('charges', money(charges))],
  }
}

/** What settles the loan on a day. */
export function explainPayoff(state: LoanState, on: string): Explanation {
  const money = moneyOf(state)
  const dues = payoffOn(state, on)
  const book = bookOf(stateOn(state, on))
  const slots = [...book.extras, ...book.plan]
  const sumOf = (of: (slot: Slot) => Minor): Minor => slots.reduce((sum, slot) => sum + of(slot), 0n)
  return {
    what: `payoff on ${on}`,
    value: money(dues.total),
    formula: 'principal + interest + fees + penalties',
    parts: [
      {
        what: 'principal outstanding',
        value: money(dues.principal),
        formula: 'lent + charged back − paid − refunded − written off',
        parts: [
          leaf('lent', money(book.totals.disbursed)),
          leaf('charged back', money(book.totals.restored)),
          leaf('paid', money(sumOf((slot) => slot.paid.principal))),
          leaf('refunded', money(book.totals.refunded)),
          leaf('written off', money(sumOf((slot) => slot.writtenOff.principal))),
        ],
      },
      leaf(
        book.daily ? `interest accrued to ${on}, not yet paid` : 'interest as scheduled, not yet paid',
        money(dues.interest),
      ),
      leaf('fees', money(dues.fee)),
      leaf('penalties', money(dues.penalty)),
    ],
  }
}

type Money = (amount: Minor) => string

function moneyOf(state: LoanState): Money {
  return (amount) => `${formatMinor(amount, state.terms.currency)} ${state.terms.currency}`
}

function leaf(what: string, value: string): Explanation {
  return { what, value }
}

function explainPrincipal(book: Book, index: number, principal: Minor, money: Money): Explanation {
  const slot = book.plan[index]
  if (slot === undefined || book.fixes === 'principal') return leaf('principal as planned', money(principal))
  return {
    what: 'principal',
    value: money(principal),
    formula: 'instalment + charged back − interest, at most the balance',
    parts: [
      leaf('instalment', money(slot.planned)),
      leaf('charged back', money(slot.restored)),
      leaf('interest', money(slot.owing.interest)),
      leaf('paid so far', money(settledOf(slot, 'principal'))),
    ],
  }
}

function explainInterest(book: Book, index: number, money: Money): Explanation {
  const slot = book.plan[index]!
  const previous = index === 0 ? null : book.plan[index - 1]!
  const carried = previous === null ? 0n : previous.carry
  const stretches = slot.fixedInterest === null ? stretchesOf(book, slot, previous?.close ?? 0n, money) : []
  const fixed = slot.fixedInterest === null ? [] : [leaf('fixed by the schedule', money(slot.fixedInterest))]
  return {
    what: 'interest',
    value: money(slot.owing.interest),
    formula: slot.fixedInterest === null ? 'sum of balance × factor, rounded once, + carried' : 'fixed + carried',
    rounding: book.terms.rounding,
    parts: [
      ...fixed,
      ...stretches,
      leaf('carried from the instalment before', money(carried)),
      ...handedOn(slot, money),
    ],
  }
}

/** Interest that other instalments had no room for, or that a new plan took over; most instalments have none. */
function handedOn(slot: Slot, money: Money): Explanation[] {
  const taken = [
    { what: 'of later periods that have no unpaid instalment', amount: slot.deferred },
    { what: 'unpaid of the instalments that this one replaced', amount: slot.arrearsInterest },
  ].map(({ what, amount }) => ({ what: amount < 0n ? 'asked for by other instalments' : what, amount }))
  const parts = [...taken, { what: 'handed on to the next instalment', amount: -slot.carry }]
  return parts.filter(({ amount }) => amount !== 0n).map(({ what, amount }) => leaf(what, money(amount)))
}

/** The balance between two changes of it or of the rate, and the factor it bore. */
function stretchesOf(book: Book, slot: Slot, opening: bigint, money: Money): Explanation[] {
  const parts: Explanation[] = []
  let balance = opening
  let day = slot.from
  const rates = book.rates.slice(1).map((step) => ({ day: step.from - 1, amount: 0n }))
  const within = rates.filter((change) => change.day > slot.from && change.day < slot.due)
  const changes = [...slot.moves, ...within].sort((a, b) => a.day - b.day)
  for (const move of [...changes, { day: slot.due, amount: 0n }]) {
    if (move.day > day && balance > 0n) parts.push(stretch(book, slot, balance, day, move.day, money))
    day = Math.max(day, move.day)
    balance += move.amount
  }
  return parts
}

function stretch(book: Book, slot: Slot, balance: bigint, from: number, to: number, money: Money): Explanation {
  const factor = `${growth(book, slot, from, to)}/${book.rateDen * BigInt(slot.measure.denominator)}`
  return {
    what: `${formatDay(from)} to ${formatDay(to)}, ${to - from} days, ${book.terms.dayCount}`,
    value: `${money(balance)} × ${factor}`,
    parts: [leaf('balance', money(balance)), leaf('factor', factor), leaf('rate', `${rateAfter(book, from)} %`)],
  }
}

/** Percent per year on the day after, as it was stated. */
function rateAfter(book: Book, day: number): string {
  const at = book.rates.findLastIndex((step) => step.from <= day + 1)
  if (at <= 0) return book.terms.annualRatePercent
  const from = formatDay(book.rates[at]!.from)
  const change = book.events.findLast((event) => 'annualRatePercent' in event && isFrom(event, from))
  return change !== undefined && 'annualRatePercent' in change
    ? change.annualRatePercent!
    : book.terms.annualRatePercent
}

/** A rescheduled loan has its new rate from the next day. */
function isFrom(event: LoanEvent, from: string): boolean {
  return event.type === 'reschedule' ? event.on < from : event.on === from
}
