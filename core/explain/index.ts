/**
 * Why an amount is what it is: a tree whose leaves are the terms, the calendar and the events, and whose inner nodes say
 * by what formula and rounding their parts make the amount.
 */
import { type Day, formatDay } from '../calendar.ts'
import { type Book, carriedInto, type Slot, settledOf } from '../loan/book.ts'
import { bookOf, stateOn } from '../loan/fold.ts'
import { orderedSlots } from '../loan/freeze.ts'
import { LoanProblem, payoffOn } from '../loan/index.ts'
import { flatInterest, growth, interestUntil } from '../loan/interest.ts'
import type { LoanState } from '../loan/types.ts'
import { type Minor, maxMinor } from '../money.ts'
import { type Explanation, leaf, type Money, moneyIn } from './tree.ts'

export { explainDraw, explainDrawsPayoff } from './draws.ts'
export { explainRevenueShare } from './revenue-share.ts'
export { explainLinePayoff, explainMinimum, explainStatement } from './revolving.ts'
export type { Explanation } from './tree.ts'

/** Every amount of one instalment of the plan. */
export function explainInstalment(state: LoanState, n: number): Explanation {
  const row = state.instalments[n - 1]
  if (row === undefined)
    throw new LoanProblem('no-such-instalment', `the loan has ${state.instalments.length}`, 'instalment')
  const money = moneyIn(state.terms.currency)
  const book = bookOf(state)
  const index = book.plan.indexOf(orderedSlots(book)[n - 1]!)
  const isPlanned = index >= 0
  const charges = row.fee + row.penalty
  return {
    what: `instalment ${n}, due ${row.dueOn}`,
    value: money(row.principal + row.interest + charges),
    formula: 'principal + interest + charges',
    parts: [
      isPlanned ? explainPrincipal(book, book.plan[index]!, money) : leaf('principal', money(row.principal)),
      isPlanned ? explainInterest(book, index, money) : leaf('interest', money(row.interest)),
      leaf('charges', money(charges)),
    ],
  }
}

/** What settles the loan on a day. */
export function explainPayoff(state: LoanState, on: string): Explanation {
  const money = moneyIn(state.terms.currency)
  const dues = payoffOn(state, on)
  const book = bookOf(stateOn(state, on))
  const answer = { what: `payoff on ${on}`, value: money(dues.total) }
  if (book.chargedOffOn !== null) return { ...answer, formula: 'nothing settles what was charged off' }
  const slots = [...book.extras, ...book.plan]
  const sumOf = (of: (slot: Slot) => Minor): Minor => slots.reduce((sum, slot) => sum + of(slot), 0n)
  return {
    ...answer,
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

/** A term of a sum, with the sign that it has there. */
interface Term {
  readonly what: string
  readonly amount: Minor
}

/** What most sums do not have is named only where it is there. */
function there(what: string, amount: Minor): Term[] {
  return amount === 0n ? [] : [{ what, amount }]
}

/** The parts in turn, each with its sign. */
function formulaOf(first: string, others: readonly Term[]): string {
  return [first, ...others.map(({ what, amount }) => `${amount < 0n ? '−' : '+'} ${what}`)].join(' ')
}

function leavesOf(others: readonly Term[], money: Money): Explanation[] {
  return others.map(({ what, amount }) => leaf(what, money(amount < 0n ? -amount : amount)))
}

/** What the plan asks for; never less than was paid of it, nor more than there is to repay. */
function explainPrincipal(book: Book, slot: Slot, money: Money): Explanation {
  const isWhole = book.fixes === 'total'
  const ofOthers = isWhole ? slot.deferred + slot.arrearsInterest : 0n
  const interest = isWhole ? slot.owing.interest : 0n
  const asked = slot.planned + slot.restored + ofOthers - interest
  const met = maxMinor(asked, settledOf(slot, 'principal'))
  const planned = maxMinor(slot.planned, 0n)
  const others = [
    ...there('charged back', slot.restored),
    ...there('left to a new plan', slot.planned - planned),
    ...there('interest of other instalments', ofOthers),
    ...there('interest', -interest),
    ...there('paid beyond what it asks for', met - asked),
    ...there('beyond the balance', slot.owing.principal - met),
  ]
  const first = isWhole ? 'instalment' : 'planned'
  return {
    what: 'principal',
    value: money(slot.owing.principal),
    formula: formulaOf(first, others),
    parts: [leaf(first, money(planned)), ...leavesOf(others, money)],
  }
}

function explainInterest(book: Book, index: number, money: Money): Explanation {
  const slot = book.plan[index]!
  const previous = index === 0 ? null : book.plan[index - 1]!
  const others = besideOwn(book, slot, index)
  const answer = { what: 'interest', value: money(slot.owing.interest) }
  const opening = previous?.close ?? 0n
  const stretches = stretchesOf(book, slot, opening, money)
  const apart = reckonedApart(book, slot, opening) ?? (stretches.length === 0 ? 'no balance' : null)
  if (apart !== null) {
    // Where a contract ends at less than its other instalments ask for, as one was paid ahead, the last takes that back.
    const own = ownInterest(slot)
    const all = own < 0n ? [...there('asked for by other instalments', own), ...others] : others
    const parts = [leaf(apart, money(maxMinor(own, 0n))), ...leavesOf(all, money)]
    return { ...answer, formula: formulaOf(apart, all), parts }
  }
  const own = `sum of balance × factor, rounded once${others.length === 0 ? '' : ','}`
  const parts = [...stretches, ...leavesOf(others, money)]
  return { ...answer, formula: formulaOf(own, others), rounding: book.terms.rounding, parts }
}

/** What the interest of a period is where it is not that of its balance from day to day; else null. */
function reckonedApart(book: Book, slot: Slot, opening: Minor): string | null {
  if (slot.fixedInterest !== null) {
    if (book.daily) return 'as it was paid or quoted'
    const isWhole = book.terms.method !== 'flat' || slot.fixedInterest === flatInterest(book, slot)
    return isWhole ? 'fixed by the schedule' : 'what is left of the flat charge'
  }
  // A debt that is repaid is not reckoned anew at another rate.
  return interestUntil(book, slot, opening, slot.due) === slot.borne ? null : 'as it stood when all was repaid'
}

function ownInterest(slot: Slot): Minor {
  return slot.fixedInterest ?? slot.borne
}

/** Interest that other instalments had no room for, or that a new plan took over; most instalments have none. */
function besideOwn(book: Book, slot: Slot, index: number): Term[] {
  const carried = carriedInto(book, index)
  const isReplaced = book.extras.some(({ kind }) => kind === 'closed')
  const taken = [
    { what: 'of later periods that have no unpaid instalment', amount: slot.deferred },
    {
      what: isReplaced ? 'unpaid of the instalments that this one replaced' : 'of others, paid with this one',
      amount: slot.arrearsInterest,
    },
  ].flatMap(({ what, amount }) => there(amount < 0n ? 'asked for by other instalments' : what, amount))
  const asked = ownInterest(slot) + carried + slot.deferred + slot.arrearsInterest - slot.carry
  const rest = slot.owing.interest - asked
  return [
    ...there(
      carried < 0n
        ? `what the ${index === 0 ? 'replaced plan' : 'instalment before'} was paid beyond its own`
        : 'carried from the instalment before',
      carried,
    ),
    ...taken,
    ...there(
      slot.carry < 0n ? 'what the next instalment asks less for' : 'handed on to the next instalment',
      -slot.carry,
    ),
    ...there(rest < 0n ? 'lapsed with the charge-off' : 'paid or waived beyond what came up', rest),
  ]
}

/** The balance between two changes of it or of the rate, and the factor it bore. */
function stretchesOf(book: Book, slot: Slot, opening: bigint, money: Money): Explanation[] {
  const parts: Explanation[] = []
  let balance = opening
  let day = Math.max(slot.from, slot.measure.since)
  const rates = book.rates.slice(1).map((step) => ({ day: step.from - 1, amount: 0n }))
  const changes = [...slot.moves, ...rates.filter((change) => change.day > slot.from)].sort((a, b) => a.day - b.day)
  for (const move of [...changes.filter((change) => change.day < slot.due), { day: slot.due, amount: 0n }]) {
    if (move.day > day && balance > 0n) parts.push(stretch(book, slot, balance, day, move.day, money))
    day = Math.max(day, move.day)
    balance += move.amount
  }
  return parts
}

function stretch(book: Book, slot: Slot, balance: bigint, from: number, to: number, money: Money): Explanation {
  const rate = book.rates.findLast((step) => step.from <= from + 1) ?? book.rates[0]!
  const factor = `${growth(book, slot, from, to)}/${book.rateDen * BigInt(slot.measure.denominator)}`
  return {
    what: `${formatDay(from)} to ${formatDay(to)}, ${daysOf(book, from, to)}, ${book.terms.dayCount}`,
    value: `${money(balance)} × ${factor}`,
    parts: [leaf('balance', money(balance)), leaf('factor', factor), leaf('rate', `${rate.percent} %`)],
  }
}

/** Paused days bear no interest. */
function daysOf(book: Book, from: Day, to: Day): string {
  const paused = book.pauses.reduce((sum, pause) => {
    return sum + Math.max(0, Math.min(to, pause.to) - Math.max(from, pause.from - 1))
  }, 0)
  const days = to - from === 1 ? '1 day' : `${to - from} days`
  return paused === 0 ? days : `${days} less ${paused} paused`
}
