/** Works the plan out: what each instalment asks for, given the balance, what was planned and what was paid. */
import { maxMinor, minMinor } from '../money.ts'
import { type Book, bearAgain, carriedInto, countsNights, owedOf, reopen, type Slot, settledOf, touch } from './book.ts'
import { interestUntil } from './interest.ts'

/** Works periods out up to and including `last`; those before `dirty` stand. */
export function workOut(book: Book, last: number): void {
  if (last < book.dirty) return
  let left = book.outstanding
  for (let index = Math.min(book.firstOpen, book.dirty); index < book.dirty; index++) {
    left -= owedOf(book.plan[index]!, 'principal')
  }
  for (let index = book.dirty; index < last; index++) {
    workOutSlot(book, index, left)
    left -= owedOf(book.plan[index]!, 'principal')
  }
  workOutSlot(book, last, left)
  book.dirty = last + 1
}

/** Works the whole plan out and gives the last unpaid instalment the remainder of the principal. */
export function workOutAll(book: Book): void {
  workOut(book, book.plan.length - 1)
  if (book.settled) return
  const last = lastOpen(book)
  deferStrandedInterest(book, last)
  giveRemainder(book)
  // The remainder can repay what bore interest in periods that have no instalment to pay it, and open one that can.
  const now = lastOpen(book)
  if ((now === last || bearsLate(book)) && deferStrandedInterest(book, now)) giveRemainder(book)
  book.settled = true
}

export function isOpen(slot: Slot): boolean {
  return slot.owing.principal + slot.owing.interest > settledOf(slot, 'principal') + settledOf(slot, 'interest')
}

/** Works an instalment out far enough to pay it: the last unpaid one with the remainder it takes. */
export function workOutToPay(book: Book, index: number): void {
  workOut(book, index)
  if (!book.settled && isLastOpen(book, index)) workOutAll(book)
}

export function isLastOpen(book: Book, index: number): boolean {
  for (let later = index + 1; later < book.plan.length; later++) if (isOpen(book.plan[later]!)) return false
  return true
}

/** Index of the last instalment with something unpaid as far as they are worked out, or −1. */
export function lastOpen(book: Book): number {
  let index = book.plan.length - 1
  while (index >= 0 && !isOpen(book.plan[index]!)) index--
  return index
}

/**
 * The last instalment that is open takes what all of them together do not ask for; where it has no room for that, as it is
 * due before some of it was lent, the final one does.
 */
function giveRemainder(book: Book): void {
  const final = book.plan.length - 1
  for (let pass = 0, taker = -1, before = 0n; pass <= final + 2; pass++) {
    // Interest that the last instalment has no room for must not take the remainder's place, nor be asked for nowhere.
    const noRoom = interestWithoutRoom(book)
    const rest = maxMinor(book.planPrincipal - principalDue(book), 0n)
    if (rest + noRoom === 0n) return
    taker = taker >= 0 && rest === before && noRoom === 0n ? final : lastOpenOrFinal(book)
    before = rest
    const slot = book.plan[taker]!
    slot.planned = plannedNow(book, slot) + rest + noRoom
    bearAgain(slot)
    reopen(book, taker)
    touch(book, taker)
    workOut(book, final)
  }
}

function interestWithoutRoom(book: Book): bigint {
  const last = book.fixes === 'total' ? lastOpen(book) : -1
  return last < 0 ? 0n : maxMinor(book.plan[last]!.carry, 0n)
}

/** The last instalment that payments have not met: where it asks for nothing yet it can take the remainder. */
function lastOpenOrFinal(book: Book): number {
  for (let index = book.plan.length - 1; index >= 0; index--) {
    const slot = book.plan[index]!
    const untouched = slot.planned > 0n && settledOf(slot, 'principal') + settledOf(slot, 'interest') === 0n
    if (isOpen(slot) || untouched) return index
  }
  return book.plan.length - 1
}

/**
 * Makes the plan what the instalments came to ask for: principal that comes back or is lent later finds no room in those
 * before `end` that ended early.
 */
export function planAsAsked(book: Book, end = book.plan.length): void {
  workOutAll(book)
  for (const slot of book.plan.slice(0, end)) {
    const asked = maxMinor(plannedNow(book, slot), 0n)
    if (asked < slot.planned) slot.planned = asked
  }
}

/** The plan that would ask for what the instalment does: less where little was left, more where more was paid. */
function plannedNow(book: Book, slot: Slot): bigint {
  const interest = book.fixes === 'total' ? slot.owing.interest - slot.deferred - slot.arrearsInterest : 0n
  return slot.owing.principal - slot.restored + interest
}

export function principalDue(book: Book): bigint {
  let sum = 0n
  for (let index = 0; index < book.plan.length; index++) sum += book.plan[index]!.owing.principal
  return sum
}

/**
 * Interest of periods after the last unpaid instalment has no instalment to fall into: that one takes it; and it asks for
 * less where those after it were paid interest that is no longer handed on to them, as happens where late principal bears it.
 */
function deferStrandedInterest(book: Book, last: number): boolean {
  if (last < 0) return false
  const isLate = bearsLate(book)
  if (isLate) giveBackUnused(book, last)
  let stranded = 0n
  for (let index = last + 1; index < book.plan.length; index++) {
    const slot = book.plan[index]!
    stranded += slot.carry - carriedInto(book, index)
    if (isLate && !countsNights(book)) stranded -= settledBeyond(book, index)
  }
  if (isLate) for (let index = 0; index < last; index++) stranded -= book.plan[index]!.deferred
  else stranded = maxMinor(stranded, 0n)
  const slot = book.plan[last]!
  if (slot.deferred === stranded) return false
  // What it hands on as paid beyond pays those periods too; what it took over before it hands on less for already.
  if (slot.deferred === 0n && slot.carry < 0n && slot.carry + stranded <= 0n) return false
  slot.deferred = stranded
  touch(book, last)
  workOut(book, book.plan.length - 1)
  return true
}

function bearsLate({ daily, terms }: Book): boolean {
  return daily && terms.overdueInterest
}

/** An instalment that was the last one open took interest over; what it was not paid of that, it hands on like any other. */
function giveBackUnused(book: Book, last: number): void {
  for (let index = 0; index < book.plan.length; index++) {
    const slot = book.plan[index]!
    if (slot.deferred === 0n || index === last) continue
    const unused = unpaidOfDeferred(book, index)
    if (unused > 0n || (unused < 0n && index > last)) {
      slot.deferred -= unused
      touch(book, index)
    }
    // What was paid of it is handed on as well: the next one asks for that much less, not the last.
    if (slot.deferred > 0n && countsNights(book)) endDeferral(book, index)
    workOut(book, book.plan.length - 1)
  }
}

/** The interest that came up for it otherwise is paid first. */
function unpaidOfDeferred(book: Book, index: number): bigint {
  const slot = book.plan[index]!
  if (slot.deferred <= 0n) return slot.deferred
  const otherwise = maxMinor(cameUp(slot, carriedInto(book, index)) - slot.deferred, 0n)
  return minMinor(slot.deferred, maxMinor(slot.deferred + otherwise - settledOf(slot, 'interest'), 0n))
}

/** Interest paid of an instalment beyond what came up for it, and so much of what was let go. */
function settledBeyond(book: Book, index: number, letGo = 0n): bigint {
  const slot = book.plan[index]!
  const settled = settledOf(slot, 'interest')
  if (settled === 0n) return 0n
  const beyond = maxMinor(settled - cameUp(slot, carriedInto(book, index)), 0n)
  return minMinor(beyond, slot.paid.interest + minMinor(settled - slot.paid.interest, letGo))
}

/** Nothing more is asked of the instalment. What it had of the interest of others is handed on with its own, as far as it was not paid. */
export function askOnlyForSettled(book: Book, slot: Slot): void {
  slot.settledEarly = true
  slot.planned = settledOf(slot, 'principal') - slot.restored
  if (book.fixes === 'total') slot.planned += settledOf(slot, 'interest') - slot.arrearsInterest - slot.deferred
  slot.basis = slot.planned
}

/**
 * Interest that an instalment took over from later ones stays with it as far as it was let go, which is the answer; where the
 * nights are not counted, as far as it was settled. The rest is handed on: each of those of a new plan would take it over again.
 */
function endDeferral(book: Book, index: number): bigint {
  const tookOver = maxMinor(book.plan[index]!.deferred, 0n)
  deferOnly(book, index, 0n)
  workOut(book, index)
  const settled = settledBeyond(book, index, tookOver)
  // What was paid beyond is handed on as it is. What settling money pays to the due date is its price: none of it was taken over.
  const kept = countsNights(book) ? settled - settledBeyond(book, index) : minMinor(settled, tookOver)
  deferOnly(book, index, kept)
  return kept
}

/** Of those from `from` to before `end`; what stays with them all. */
export function endDeferrals(book: Book, end: number, from = 0): bigint {
  let sum = 0n
  for (let index = from; index < end; index++) sum += endDeferral(book, index)
  return sum
}

/** The instalment at `first`, or those after it, ask for interest again that earlier ones had taken over: for what was not paid of it. */
export function endDeferralsBefore(book: Book, first: number): void {
  // Those that a re-ageing ended gave up what they had taken over on its day, and the last of them hands on the less for it.
  const from = book.plan.findLastIndex(({ kind }) => kind === 'ended') + 1
  deferOnly(book, first, -endDeferrals(book, first, from))
}

/**
 * An instalment that is opened again asks for so much less interest as earlier ones took over from it and were paid, except what
 * another asks less for already.
 */
export function askLessForTakenOver(book: Book, reopened: number): void {
  let takenOver = 0n
  for (let index = 0; index < reopened; index++) {
    takenOver += book.plan[index]!.deferred - maxMinor(unpaidOfDeferred(book, index), 0n)
  }
  if (takenOver > 0n) deferOnly(book, reopened, -takenOver)
}

/** The instalment goes on asking for as much as it did. */
export function deferOnly(book: Book, index: number, amount: bigint): void {
  const slot = book.plan[index]!
  if (slot.deferred === amount) return
  if (book.fixes === 'total') slot.planned += slot.deferred - amount
  slot.basis = slot.planned
  slot.deferred = amount
  touch(book, index)
}

/** `left` is what is outstanding beyond what earlier instalments are owed. */
function workOutSlot(book: Book, index: number, left: bigint): void {
  const slot = book.plan[index]!
  const previous = index === 0 ? null : book.plan[index - 1]!
  const opening = previous === null ? 0n : previous.close
  slot.borne = slot.fixedInterest ?? interestUntil(book, slot, opening, slot.due)
  const division = divide(
    book,
    slot,
    slot.planned,
    cameUp(slot, previous === null ? book.broughtForward : previous.carry),
  )
  slot.owing.interest = division.interest
  slot.owing.principal = division.principal
  slot.carry = division.carry
  closeAt(book, slot, opening, previous === null ? 0n : previous.late, left)
}

/** Interest of the period, and what falls to its instalment besides. */
function cameUp({ borne, arrearsInterest, deferred }: Slot, carried: bigint): bigint {
  return borne + arrearsInterest + deferred + carried
}

export interface Division {
  interest: bigint
  principal: bigint
  carry: bigint
}

/** Divides an instalment into interest and principal, given what the plan asks for and what interest has come up. */
export function divide(book: Book, slot: Slot, planned: bigint, interest: bigint): Division {
  const settledInterest = settledOf(slot, 'interest')
  const settledPrincipal = settledOf(slot, 'principal')
  const pot = planned + slot.restored + (book.fixes === 'total' ? slot.deferred + slot.arrearsInterest : interest)
  const early =
    slot.settledEarly ||
    (settledPrincipal > 0n && book.fixes === 'total' && book.daily && settledPrincipal > pot - interest)
  const dueInterest = maxMinor(early ? settledInterest : minMinor(interest, pot), settledInterest)
  const rest = book.fixes === 'total' ? pot - dueInterest : planned + slot.restored
  return {
    interest: dueInterest,
    principal: maxMinor(rest, settledPrincipal),
    carry: interest === dueInterest ? 0n : carryOf(book, slot, interest - dueInterest, interest),
  }
}

function carryOf(book: Book, slot: Slot, rest: bigint, interest: bigint): bigint {
  return rest < 0n && countsNights(book) ? paidBeyond(slot, interest) : maxMinor(rest, 0n)
}

/** Below 0: interest that was paid beyond what came up by then, as where goods came back or a pause was put in, pays the next nights. */
function paidBeyond(slot: Slot, interest: bigint): bigint {
  const beyond = settledOf(slot, 'interest') - maxMinor(interest, 0n)
  return minMinor(interest, 0n) - minMinor(beyond, slot.paid.interest)
}

/**
 * The balance after the due date. An instalment never asks for more principal than bears interest by then, nor for more
 * than the earlier and what is paid of the later ones leave.
 */
function closeAt(book: Book, slot: Slot, opening: bigint, late: bigint, left: bigint): void {
  const { moves } = slot
  let balance = opening
  let stays = late - slot.restored
  for (let index = 0; index < moves.length; index++) {
    const { amount, kind } = moves[index]!
    balance += amount
    if (kind === 'late' || kind === 'restored') stays += amount
  }
  slot.late = stays
  const settled = settledOf(slot, 'principal')
  const whole = book.daily ? balance + settled : balance
  const room = minMinor(whole - stays, left + settled)
  if (slot.owing.principal > room) slot.owing.principal = maxMinor(room, settled)
  slot.close = maxMinor(whole - slot.owing.principal, 0n)
}
