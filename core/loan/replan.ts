/** Plans instalments from a period on: how the balance is to be paid from there. */
import type { Day } from '../calendar.ts'
import { maxMinor, minMinor } from '../money.ts'
import { roundQuotient } from '../rounding.ts'
import { inMultiples } from '../schedule/annuity.ts'
import {
  type Book,
  bearAgain,
  carriedInto,
  copyBook,
  insertMove,
  type MoveKind,
  noMoves,
  nothing,
  owedOf,
  type Pause,
  reopen,
  type Slot,
  setPlan,
  settledOf,
  touch,
} from './book.ts'
import { balloonOf, paidToward } from './even-instalment.ts'
import { flatInterest } from './interest.ts'
import { paidOf, planBy } from './methods.ts'
import { isOpen, workOut, workOutAll } from './plan.ts'
import { principalFor, spreadOverOpen, standingFrom } from './spread.ts'

/**
 * Plans the periods from `first` on, over the balance they start with; `grace` of them repay no principal. Interest that
 * earlier instalments hand on is either inside the new ones or comes out of the last.
 */
export function replan(book: Book, first: number, grace = 0, withCarried = false): void {
  reopen(book, first)
  touch(book, first)
  if (first > 0) workOut(book, first - 1)
  const slots = book.plan.slice(first)
  const balance = balanceFor(book, first)
  for (const slot of slots) slot.fixedInterest = null
  // What was paid beyond pays the new instalments, whatever makes them anew.
  const carried = carriedInto(book, first)
  planBy(book, slots, balance, grace, withCarried || carried < 0n ? carried : 0n)
  touch(book, first)
  workOutAll(book)
  if (book.terms.lastInstalment === 'levelled' && book.fixes === 'total') level(book, first + grace)
  if (!book.daily) freezeInterest(book, first)
}

/** The same over the balance as it is: instalments that were paid before their day stand as they were paid. */
export function replanRest(book: Book, first: number, grace = 0, withCarried = false): void {
  const standing = standingFrom(book, first)
  const coming = book.plan.slice(first)
  if (coming.every((slot) => slot.settled === nothing)) {
    replan(book, first, grace, withCarried)
    return
  }
  for (const slot of coming) if (!standing.has(slot)) slot.fixedInterest = null
  replanOpen(book, first, standing, grace)
}

/** What is still owed, spread over the instalments that do not stand as they were paid. Interest that is fixed stays. */
export function replanOpen(book: Book, first: number, standing: ReadonlySet<Slot>, grace = 0): void {
  reopen(book, first)
  touch(book, first)
  if (first > 0) workOut(book, first - 1)
  spreadOverOpen(book, first, standing, grace)
  touch(book, first)
  workOutAll(book)
  if (book.terms.lastInstalment === 'levelled' && book.fixes === 'total') level(book, first + grace, standing)
  if (!book.daily) freezeInterest(book, first)
}

/** Plans as if nothing had been paid, so that money paid early does not change what is asked for later. */
export function replanUnpaid(book: Book, first: number): void {
  const unpaid = copyBook(book)
  // Where interest follows the balance, levelling alone gives money taken back its place, as in the other system's tables.
  const isLevelled = book.terms.lastInstalment === 'levelled' && book.fixes === 'total' && book.daily
  const kept: readonly MoveKind[] = isLevelled ? ['lent'] : ['lent', 'restored']
  for (const slot of unpaid.plan) forgetPayments(slot, kept)
  unpaid.outstanding = unpaid.planPrincipal
  unpaid.firstOpen = 0
  touch(unpaid, 0)
  replan(unpaid, first, graceFrom(book, first))
  leaveOneToCome(book, unpaid, first, book.plan.length - 1)
  takePlan(book, unpaid, first)
}

/** Where the new plan asks no more of the instalments to come than was paid of them, what is lent or not due yet is for one of them. */
function leaveOneToCome(book: Book, planned: Book, first: number, taker: number): void {
  const coming = book.plan.slice(first)
  if (coming.some((slot, at) => planned.plan[first + at]!.planned - slot.prepaid > paidToward(book, slot))) return
  setPlan(planned.plan[taker]!, maxMinor(paidToward(book, book.plan[taker]!), 0n) + 1n)
}

/** Plans over the balance as scheduled: interest on what is late does not make the new instalments larger. */
export function replanWithoutLate(book: Book, first: number): void {
  if (book.lateUntil === null) {
    replanFromOpening(book, first)
    return
  }
  // Nor is interest paid of it paid beyond what is scheduled, to be handed on.
  const scheduled: Book = { ...copyBook(book), terms: { ...book.terms, earlyInterest: 'to-due-date' } }
  for (const slot of scheduled.plan) slot.moves = slot.moves.filter((move) => move.kind !== 'late')
  touch(scheduled, 0)
  replanFromOpening(scheduled, first)
  // What late interest leaves no room for in arrears goes to an instalment to come, even where nothing was scheduled for those.
  if (scheduled.plan.slice(first).every((slot) => slot.planned <= 0n)) setPlan(scheduled.plan.at(-1)!, 1n)
  const open = book.plan.findLastIndex((slot) => owedOf(slot, 'principal') > 0n)
  if (open >= first) leaveOneToCome(book, scheduled, first, open)
  takePlan(book, scheduled, first)
}

/**
 * Over the balance that the first period opens with. What was paid of the instalments within that period is part of it and
 * changes nothing; those that were paid before it began are not, and stand as they were paid. Lowered instalments stay lowered.
 */
function replanFromOpening(book: Book, first: number): void {
  if (first > 0) workOut(book, first - 1)
  const isLowered = book.plan.slice(first).some((slot) => slot.prepaid > 0n)
  const isPaidBefore = principalFor(book, first) > balanceFor(book, first) && standingFrom(book, first).size > 0
  if (!isLowered && !isPaidBefore) {
    replan(book, first, graceFrom(book, first))
    if (!asksForLessThanPaid(book, first)) return
  }
  replanRest(book, first, graceFrom(book, first))
}

/** Principal that was paid in part before its period began is not in the balance, and what is left of it would be due earlier. */
function asksForLessThanPaid(book: Book, first: number): boolean {
  if (book.fixes === 'total') return false
  return book.plan.slice(first).some((slot) => settledOf(slot, 'principal') > slot.planned + slot.restored)
}

/** Instalments from a place on that repay no principal by the contract. */
export function graceFrom(book: Book, first: number): number {
  return Math.max(0, book.grace - first)
}

function takePlan(book: Book, from: Book, first: number): void {
  for (let index = first; index < book.plan.length; index++) {
    const slot = book.plan[index]!
    const { planned, basis, fixedInterest } = from.plan[index]!
    slot.planned = planned
    slot.basis = basis
    bearAgain(slot)
    slot.fixedInterest = fixedInterest
  }
  reopen(book, first)
  touch(book, first)
  workOutAll(book)
}

function forgetPayments(slot: Slot, kept: readonly MoveKind[]): void {
  slot.paid = nothing
  slot.settled = nothing
  slot.moves = slot.moves.filter(({ kind }) => kept.includes(kind))
  slot.settledEarly = false
  slot.deferred = 0n
}

/**
 * Plans new instalments like those of a new loan over the balance they start with, whose first period is `fresh`; then
 * levels them over what they do bear, carried interest and an odd first period included. An interest pause that reaches
 * into them saves interest and leaves the instalment.
 */
export function planLikeNew(book: Book, first: number, fresh: Slot): void {
  reopen(book, first)
  touch(book, first)
  workOut(book, first - 1)
  const slots = book.plan.slice(first)
  const planned = plannedAlone(book, [fresh, ...slots.slice(1)], balanceFor(book, first))
  for (const [index, slot] of slots.entries()) setPlan(slot, askedFor(planned.plan[index]!))
  const { pauses } = book
  book.pauses = until(pauses, slots[0]!.from)
  touch(book, first)
  workOutAll(book)
  level(book, first)
  book.pauses = pauses
  touch(book, first)
  workOutAll(book)
}

/** These periods as a loan of their own, with nothing that came before. */
function plannedAlone(book: Book, slots: readonly Slot[], balance: bigint): Book {
  const alone = copyBook({
    ...book,
    plan: [...slots],
    extras: [],
    pauses: [],
    planPrincipal: balance,
    outstanding: balance,
    broughtForward: 0n,
    lateUntil: null,
    firstOpen: 0,
    dirty: 0,
  })
  const opening = alone.plan[0]!
  opening.lent = balance
  opening.moves = noMoves
  insertMove(opening, opening.from, balance, 'lent')
  replan(alone, 0)
  return alone
}

function until(pauses: readonly Pause[], day: Day): Pause[] {
  return pauses.filter(({ from }) => from <= day).map(({ from, to }) => ({ from, to: Math.min(to, day) }))
}

/** What the periods from `first` on have to repay: the balance they open with and what is lent within the first. */
function balanceFor(book: Book, first: number): bigint {
  const slot = book.plan[first]!
  const opening = first === 0 ? 0n : book.plan[first - 1]!.close - restoredBefore(book.plan[first - 1]!, slot)
  return opening + slot.lent - slot.prepaid
}

/** What came back on the day that the first begins with is in that balance, and asked for on top of what is planned. */
function restoredBefore({ due, moves }: Slot, slot: Slot): bigint {
  if (slot.restored === 0n) return 0n
  const cameBack = moves.reduce(
    (sum, move) => (move.kind === 'restored' && move.day === due ? sum + move.amount : sum),
    0n,
  )
  return minMinor(cameBack, slot.restored)
}

/**
 * Moves the instalment by a share of what the last one differs by, where that is more than half a minor unit per
 * instalment; kept only while the difference shrinks, at most three times. Instalments paid beyond it do not count.
 */
function level(book: Book, first: number, standing: ReadonlySet<Slot> = new Set()): void {
  const slots = book.plan.slice(first).filter((slot) => !standing.has(slot))
  for (let attempt = 0; attempt < 3; attempt++) {
    const pair = lastOpenPair(book, slots)
    if (pair === null) return
    const difference = differenceOf(book, pair)
    if (magnitude(difference) <= BigInt(Math.floor(slots.length / 2))) return
    const before = instalmentOf(book, pair.before)
    const beyond = slots.filter((slot) => paidOf(slot) > before).length
    const share = roundQuotient(difference, BigInt(Math.max(1, slots.length - beyond)), book.terms.rounding)
    const instalment = inMultiples(before + share, book.terms.instalmentMultiple)
    if (instalment === before || !tryInstalment(book, slots, instalment, pair)) return
  }
}

interface Pair {
  readonly before: Slot
  readonly last: Slot
}

/**
 * The last two neighbouring instalments that are both unpaid. Of a plan of which nothing was paid the last is compared also
 * where rounding has left it nothing: it differs by the whole instalment. But not where one before it takes a remainder
 * beyond the instalment, as in a new plan that bears more than it was made for: then that is what is to be levelled.
 */
function lastOpenPair(book: Book, slots: readonly Slot[]): Pair | null {
  const [first, final] = [slots[0], slots[slots.length - 1]]
  const taker = slots.findLast(isOpen)
  if (first !== undefined && final !== undefined && taker !== undefined && taker !== final) {
    const isWithin = instalmentOf(book, taker) <= instalmentOf(book, first)
    if (isWithin && slots.every((slot) => slot.settled === nothing)) return { before: first, last: final }
  }
  for (let index = slots.length - 1; index > 0; index--) {
    const [before, last] = [slots[index - 1]!, slots[index]!]
    if (isOpen(last) && isOpen(before)) return { before, last }
  }
  return null
}

/** Sets the instalment wherever it covers what was paid; taken back when the difference does not shrink. */
function tryInstalment(book: Book, slots: readonly Slot[], instalment: bigint, before: Pair): boolean {
  const difference = differenceOf(book, before)
  const kept = slots.map((slot) => ({ planned: slot.planned, basis: slot.basis, early: slot.settledEarly }))
  const first = book.plan.indexOf(slots[0]!)
  for (const slot of slots) if (paidOf(slot) <= instalment) setPlan(slot, instalment)
  touch(book, first)
  workOutAll(book)
  const pair = lastOpenPair(book, slots)
  // An instalment that is left with nothing to ask for differs by all of it.
  const isEmptied = before.last.owing.principal + before.last.owing.interest === 0n
  const differs = isEmptied ? instalment : pair === null ? 0n : differenceOf(book, pair)
  if (magnitude(differs) < magnitude(difference)) {
    // Levelled, the last instalment is planned as what it comes to.
    const final = slots[slots.length - 1]!
    if (paidOf(final) === 0n) final.basis = askedFor(final) + final.prepaid
    return true
  }
  slots.forEach((slot, index) => {
    slot.planned = kept[index]!.planned
    slot.basis = kept[index]!.basis
    slot.settledEarly = kept[index]!.early
  })
  touch(book, first)
  workOutAll(book)
  return false
}

function differenceOf(book: Book, { before, last }: Pair): bigint {
  return instalmentOf(book, last) - instalmentOf(book, before)
}

/** Without the balloon, which is left to the last on purpose. */
function instalmentOf(book: Book, slot: Slot): bigint {
  return askedFor(slot) - balloonOf(book, book.plan.indexOf(slot))
}

/** The instalment without what was charged back into it, or prepaid with it. */
function askedFor(slot: Slot): bigint {
  return slot.owing.principal + slot.owing.interest - slot.restored - slot.prepaid
}

function magnitude(amount: bigint): bigint {
  return amount < 0n ? -amount : amount
}

/** Interest anew from a period on, with the instalments as planned: after a pause, a chargeback, a refund. */
export function reckonInterest(book: Book, first: number): void {
  const slots = book.plan.slice(first)
  for (const slot of slots) {
    if (book.terms.method === 'flat') refreshFlat(book, slot)
    else slot.fixedInterest = null
  }
  reopen(book, first)
  touch(book, first)
  workOutAll(book)
  if (!book.daily) freezeInterest(book, first)
}

function refreshFlat(book: Book, slot: Slot): void {
  slot.fixedInterest = flatInterest(book, slot)
}

/** Without recalculation the interest that each period bears stands, whatever is paid when; what is handed on is not its own. */
function freezeInterest(book: Book, first: number): void {
  let carried = carriedInto(book, first)
  for (const slot of book.plan.slice(first)) {
    const own = slot.owing.interest + slot.carry - carried - slot.arrearsInterest - slot.deferred
    slot.fixedInterest = maxMinor(own, 0n)
    carried = slot.carry
  }
}
