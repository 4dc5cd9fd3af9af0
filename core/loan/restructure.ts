/** A debt put into new instalments. */
import type { Day } from '../calendar.ts'
import { lcm } from '../fraction.ts'
import { splitByWeights } from '../money.ts'
import { roundQuotient } from '../rounding.ts'
import { inMultiples } from '../schedule/annuity.ts'
import { spansFrom } from '../schedule/dates.ts'
import {
  addMove,
  type Book,
  carriedInto,
  components,
  copyBook,
  insertMove,
  noAmounts,
  owedOf,
  principalOwed,
  rateStep,
  reopen,
  type Slot,
  settledOf,
  touch,
} from './book.ts'
import { cutPlan, placeCharges } from './cut.ts'
import { forgiveFlat, forgivesFlat } from './forgive.ts'
import { bearLateInterest, bearLateInterestToSettle, keepLateInterest } from './late.ts'
import { percentOf, regularSlot } from './open.ts'
import { askOnlyForSettled, endDeferralsBefore, isOpen, lastOpen, planAsAsked, workOut, workOutAll } from './plan.ts'
import { LoanProblem } from './problem.ts'
import { takeBackInterest } from './refund.ts'
import { graceFrom, reckonInterest, replan, replanRest, replanWithoutLate } from './replan.ts'
import { interestOwedOn, interestPaidBeyond } from './settle.ts'

export interface NewTerm {
  readonly instalments: number
  readonly firstDue: Day
  readonly annualRatePercent?: string
}

/** All that is unpaid goes into new instalments: principal as a new plan, interest and charges in equal parts. */
export function reschedule(book: Book, on: Day, term: NewTerm): void {
  bearLateInterest(book, on)
  // The new plan charges its own periods; those of the old one that have not begun are over.
  if (forgivesFlat(book)) forgiveFlat(book, on)
  workOutAll(book)
  const interest = interestOwedOn(book, on)
  const beyond = interestPaidBeyond(book, on)
  const fees = owedBy(book, 'fee')
  const penalties = owedBy(book, 'penalty')
  const principal = book.outstanding
  closePlan(book, on)
  if (term.annualRatePercent !== undefined) changeRate(book, on, term.annualRatePercent)
  openPlan(book, on, slotsOf(book, on, term), principal)
  book.broughtForward = -beyond
  const even = book.plan.map(() => 1n)
  splitByWeights(interest, even).forEach((part, index) => {
    book.plan[index]!.arrearsInterest = part
  })
  spreadCharge(book, 'fee', splitByWeights(fees, even))
  spreadCharge(book, 'penalty', splitByWeights(penalties, even))
  replan(book, 0, 0, true)
}

function spreadCharge(book: Book, component: 'fee' | 'penalty', parts: readonly bigint[]): void {
  parts.forEach((part, index) => {
    book.plan[index]!.owing[component] = part
  })
}

function owedBy(book: Book, component: 'fee' | 'penalty'): bigint {
  return book.plan.reduce((sum, slot) => sum + owedOf(slot, component), 0n)
}

function slotsOf(book: Book, on: Day, term: NewTerm): Slot[] {
  if (term.firstDue <= on)
    throw new LoanProblem('due-before-change', 'the first new due date must follow', 'firstDueOn')
  const spans = spansFrom(on, term.firstDue, book.terms.every, term.instalments)
  return spans.map((span) => regularSlot(book.terms, span, false))
}

/**
 * All that is not due before becomes due today, with the interest that a payoff today would cost, and bears no more; what
 * was due before stays due as it was.
 */
export function terminate(book: Book, on: Day): void {
  // In the order of a payoff quote, which asks a worked out loan: the last instalment absorbs late interest only later.
  workOutAll(book)
  bearLateInterestToSettle(book, on)
  if (forgivesFlat(book)) forgiveFlat(book, on)
  if (book.plan[book.plan.length - 1]!.due <= on || lastOpen(book) < 0) return
  const quoted = interestOwedOn(book, on)
  workOutAll(book)
  const { last, charges } = cutPlan(book, on)
  const slot = book.plan[last]!
  for (const component of ['fee', 'penalty'] as const) placeCharges(book, component, charges, last, on)
  handOnDeferred(book, last)
  workOut(book, last - 1)
  const earlier = book.plan.slice(0, last).reduce((sum, before) => sum + owedOf(before, 'interest'), 0n)
  const carried = carriedInto(book, last)
  slot.deferred = 0n
  slot.arrearsInterest = 0n
  slot.fixedInterest = quoted - earlier - carried + settledOf(slot, 'interest')
  const rest = book.plan.slice(0, last).reduce((sum, before) => sum + before.owing.principal, 0n)
  slot.planned =
    book.planPrincipal - rest - slot.restored + (book.fixes === 'total' ? slot.fixedInterest + carried : 0n)
  slot.basis = slot.planned
  slot.settledEarly = false
  touch(book, last)
  workOutAll(book)
}

/** No later instalments are left to take interest over from, or to give it back to: it is handed on like any other. */
function handOnDeferred(book: Book, last: number): void {
  if (!book.terms.overdueInterest) return
  for (let index = 0; index < last; index++) {
    if (book.plan[index]!.deferred === 0n) continue
    book.plan[index]!.deferred = 0n
    touch(book, index)
  }
}

/** What was paid of the old instalments stays visible; they ask for nothing more. */
function closePlan(book: Book, on: Day): void {
  for (const slot of book.plan) {
    const settled = noAmounts()
    for (const component of components) settled[component] = settledOf(slot, component)
    const anything = components.some((component) => settled[component] > 0n)
    if (!anything && slot.due > on) continue
    // What was charged back to an instalment after today is lent by the new plan.
    const restored = slot.due > on ? 0n : slot.restored
    book.extras.push({ ...slot, kind: 'closed', owing: settled, restored })
  }
  book.extras.sort((a, b) => a.due - b.due)
}

function openPlan(book: Book, on: Day, slots: Slot[], principal: bigint): void {
  book.plan = slots
  book.grace = 0
  book.planPrincipal = principal
  book.flatLent = [{ day: on, amount: principal }]
  book.lateUntil = null
  book.firstOpen = 0
  book.dirty = 0
  book.plan[0]!.lent = principal
  insertMove(book.plan[0]!, on, principal, 'lent')
}

/** A rate that counts from the day after `on`. */
function changeRate(book: Book, on: Day, percent: string): void {
  setRateFrom(book, on + 1, percent)
}

/** The rate from a day on, in the least denominator that both the old and the new rates fit: products of them grow with each change. */
export function setRateFrom(book: Book, day: Day, percent: string): void {
  const rate = percentOf(percent)
  const den = lcm(book.rateDen, rate.den)
  const scale = den / book.rateDen
  const before = book.rates.filter((step) => step.from < day)
  const scaled = before.map((step) => rateStep(step.from, step.num * scale, step.percent))
  book.rates = [...scaled, rateStep(day, rate.num * (den / rate.den), percent)]
  book.rateDen = den
  book.rateDenDouble = Number(den)
}

export function changeRateFrom(book: Book, day: Day, percent: string): void {
  setRateFrom(book, day, percent)
  const index = book.plan.findIndex((slot) => slot.due >= day)
  // A debt that is repaid asks for nothing at another rate either.
  if (index < 0 || book.outstanding === 0n) return
  replanWithoutLate(book, index)
  // Paid in full, the running instalment left its nights to later ones; asking again, it takes back what those were paid of them.
  if (!book.daily || !isOpen(book.plan[index]!)) return
  takeBackInterest(book, index)
  touch(book, index)
  workOutAll(book)
}

/** No interest on the days from `day` to `to`, both included; the instalments stay. */
export function pauseInterest(book: Book, day: Day, to: Day): void {
  if (to < day) throw new LoanProblem('pause-ends-before-it-starts', 'an interest pause ends before it starts', 'to')
  const apart = book.pauses.filter((pause) => pause.to < day - 1 || pause.from > to + 1)
  const joined = book.pauses.filter((pause) => !apart.includes(pause))
  const from = Math.min(day, ...joined.map((pause) => pause.from))
  const until = Math.max(to, ...joined.map((pause) => pause.to))
  const pauses = [...apart, { from, to: until }].sort((a, b) => a.from - b.from)
  const index = book.plan.findIndex((slot) => slot.due >= day)
  if (index < 0 || book.daily) {
    book.pauses = pauses
    if (index >= 0) reckonInterest(book, index)
  } else pauseStanding(book, index, pauses)
}

/**
 * Of interest that stands, the part that the paused days do not bear: it can stand for another balance than that of now, after
 * a re-amortisation, or be forgiven, which it stays.
 */
function pauseStanding(book: Book, first: number, pauses: Book['pauses']): void {
  workOutAll(book)
  const standing = book.plan.map((slot) => slot.fixedInterest)
  const unpaused = copyBook(book)
  reckonInterest(unpaused, first)
  book.pauses = pauses
  reckonInterest(book, first)
  for (let index = first; index < book.plan.length; index++) {
    const slot = book.plan[index]!
    const [stood, was, paused] = [standing[index] ?? null, unpaused.plan[index]!.fixedInterest, slot.fixedInterest]
    if (stood === null || was === null || paused === null) continue
    slot.fixedInterest = was === 0n ? stood : roundQuotient(stood * paused, was, book.terms.rounding)
  }
  touch(book, first)
  workOutAll(book)
}

/**
 * Arrears go into the instalments to come. With interest recalculated they are part of the balance over which those are
 * planned anew; else overdue principal moves to them in equal parts, the last taking the remainder.
 */
export function reAmortise(book: Book, on: Day): void {
  bearLateInterest(book, on)
  const first = book.plan.findIndex((slot) => slot.due > on)
  if (first < 0) throw new LoanProblem('no-coming-instalment', 'no instalment to come can take the arrears', 'on')
  // Interest alone is no balance over which instalments could be planned: it stays due where it is.
  if (principalOwed(book) === 0n) return
  planAsAsked(book, first)
  let moved = 0n
  for (let index = 0; index < first; index++) moved += moveArrears(book, index, on)
  for (const slot of book.extras) if (slot.due <= on) moved += moveDownPayment(book, slot, first, on)
  keepLateInterest(book)
  // Late interest that arrears were paid came up in the running period, which does not ask for it again.
  if (book.daily && book.terms.overdueInterest) endDeferralsBefore(book, first)
  if (book.daily && book.rates.some((step) => step.num > 0n)) replanRest(book, first, graceFrom(book, first))
  else raiseEvenly(book, first, moved)
}

function raiseEvenly(book: Book, first: number, amount: bigint): void {
  const coming = book.plan.slice(first)
  const even = roundQuotient(amount, BigInt(coming.length), book.terms.rounding)
  const part = inMultiples(even, book.terms.instalmentMultiple)
  coming.forEach((slot, index) => {
    const share = index === coming.length - 1 ? amount - part * BigInt(coming.length - 1) : part
    slot.planned += share
    slot.basis += share
  })
  reopen(book, first)
  touch(book, 0)
  workOutAll(book)
}

/** An unpaid down payment is principal in arrears like any other; it bore no interest, and does as part of the balance. */
function moveDownPayment(book: Book, apart: Slot, first: number, on: Day): bigint {
  const amount = owedOf(apart, 'principal')
  if (amount <= 0n) return 0n
  apart.owing.principal -= amount
  book.planPrincipal += amount
  book.outstanding += amount
  const slot = book.plan[first]!
  slot.lent += amount
  insertMove(slot, Math.max(on, slot.from), amount, 'lent')
  return amount
}

/** The instalment asks only for what was paid; the rest is part of the balance, as if it had not been due before. */
function moveArrears(book: Book, index: number, on: Day): bigint {
  const slot = book.plan[index]!
  const principal = owedOf(slot, 'principal')
  if (book.daily) askOnlyForSettled(book, slot)
  else slot.planned -= principal
  if (book.daily && book.terms.overdueInterest && principal > 0n) {
    insertMove(slot, slot.due, -principal)
    addMove(book, on, principal)
  }
  touch(book, index)
  return principal
}
