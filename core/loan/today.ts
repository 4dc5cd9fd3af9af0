/**
 * What an instalment that is not yet due asks for when money comes early: the interest accrued to the day, and the
 * principal that completes the instalment.
 */
import type { Day } from '../calendar.ts'
import { maxMinor, minMinor } from '../money.ts'
import { type Book, carriedInto, owedOf, periodIndex, type Slot, settledOf } from './book.ts'
import { interestUntil } from './interest.ts'
import { type Division, divide, isLastOpen, isOpen, lastOpen, workOut } from './plan.ts'

export interface Asked {
  readonly interest: bigint
  readonly principal: bigint
}

/**
 * What was found out on a day by asking one instalment after the other: hundreds of them, each reckoned from the first,
 * made a payment quadratic.
 */
export interface Known {
  /** What is carried into the current instalment and those after it, up to the last one open. */
  readonly carried: bigint[]
  /** The same by place for those after it, which any payment changes, as it does which is the last one open. */
  beyond: Map<number, bigint>
  lastOpen: number | null
  /** How far the plan was worked out for these two. */
  dirty: number
}

export function nothingKnown(): Known {
  return { carried: [], beyond: new Map(), lastOpen: null, dirty: -1 }
}

/** After a payment of the instalment so many places after the current one: what is carried into that one stands. */
export function forgetBeyond(known: Known, place: number): void {
  if (place + 1 < known.carried.length) known.carried.length = Math.max(place + 1, 0)
  forgetLast(known)
}

function forgetLast(known: Known): void {
  if (known.beyond.size > 0) known.beyond = new Map()
  known.lastOpen = null
}

/** Amounts of plan instalment `index` as of `day`, paid parts included; `day` lies before its due date. */
export function askedOn(book: Book, index: number, day: Day, known: Known = nothingKnown()): Asked {
  const current = periodIndex(book, day)
  workOut(book, Math.min(current, index))
  if (index < current || !book.daily) return scheduled(book, index)
  const division = dividedOn(book, index, day, current, known)
  const rest = settledOf(book.plan[index]!, 'principal') + book.outstanding - owedBefore(book, current)
  return { interest: division.interest, principal: minMinor(division.principal, rest) }
}

/** One instalment after the other, as each takes what the one before carries on. */
function dividedOn(book: Book, index: number, day: Day, current: number, known: Known): Division {
  if (known.dirty !== book.dirty) forgetLast(known)
  known.dirty = book.dirty
  const { carried, beyond } = known
  const last = lastOpenUpTo(book, index, known)
  if (carried.length === 0) carried.push(carriedInto(book, current))
  const before = beyond.get(index)
  let at = before !== undefined ? index : Math.min(index, Math.max(last, current), current + carried.length - 1)
  let carry = before ?? carried[at - current]!
  for (; ; at++) {
    const slot = book.plan[at]!
    const interest = accrued(book, at, current, day) + slot.deferred + slot.arrearsInterest + carry
    const division = asOf(book, at, at >= last, at > current || day <= slot.from, interest)
    if (at === index) return division
    carry = division.carry
    // The last one open takes the remainder: what it and those after it carry on is not so for long.
    if (at < last) carried[at + 1 - current] = carry
    else beyond.set(at + 1, carry)
  }
}

/** Which is the last one open matters only up to the instalment. */
function lastOpenUpTo(book: Book, index: number, known: Known): number {
  if (known.lastOpen === null && !isLastOpen(book, index)) return index + 1
  known.lastOpen ??= lastOpen(book)
  return known.lastOpen
}

/** Principal of the instalments before this one: what is due is not paid with those to come. */
function owedBefore(book: Book, end: number): bigint {
  let sum = 0n
  for (let index = book.firstOpen; index < end; index++) sum += owedOf(book.plan[index]!, 'principal')
  return sum
}

function scheduled(book: Book, index: number): Asked {
  workOut(book, index)
  const slot = book.plan[index]!
  return { interest: slot.owing.interest, principal: slot.owing.principal }
}

/**
 * An instalment divided with the interest there is on a day; `last` when none after it is open, which whoever asks for
 * hundreds of them looks up once; `future` when its period has not begun.
 */
export function asOf(book: Book, index: number, last: boolean, future: boolean, interest: bigint): Division {
  if (last) return remainder(book, index, interest, future)
  const slot = book.plan[index]!
  return divide(book, slot, future ? plannedAhead(book, slot) : slot.planned, interest)
}

/** An instalment still to come is paid as planned before the last one took the remainder. */
function plannedAhead(book: Book, slot: Slot): bigint {
  return book.fixes === 'total' && slot.basis > 0n ? slot.basis : slot.planned
}

/** Interest of a period up to a day within it; periods to come have none yet. */
export function accrued(book: Book, index: number, current: number, day: Day): bigint {
  if (index > current) return 0n
  const slot = book.plan[index]!
  // Closed with the loan, it has the interest that was asked for it.
  if (book.daily && slot.fixedInterest !== null) return slot.fixedInterest
  return interestUntil(book, slot, index === 0 ? 0n : book.plan[index - 1]!.close, day)
}

/** The last unpaid instalment asks for all that the others leave; still to come with others open, for its planned sum. */
function remainder(book: Book, index: number, interest: bigint, future: boolean): Division {
  const slot = book.plan[index]!
  const settledInterest = settledOf(slot, 'interest')
  // Nothing more is asked once all is repaid, though what accrued by its days may round to a unit above what was paid.
  if (book.outstanding === 0n && !isOpen(slot)) {
    return { interest: settledInterest, principal: settledOf(slot, 'principal'), carry: 0n }
  }
  const first = Math.min(book.firstOpen, book.dirty)
  if (future && isAnyOpen(book, first, index)) return divide(book, slot, plannedAhead(book, slot), interest)
  workOut(book, index - 1)
  let others = 0n
  for (let earlier = first; earlier < index; earlier++) others += owedOf(book.plan[earlier]!, 'principal')
  return {
    interest: maxMinor(interest, settledInterest),
    principal: settledOf(slot, 'principal') + maxMinor(book.outstanding - others, 0n),
    carry: 0n,
  }
}

/** Of the instalments from `first` to before `end`: mostly the first that is looked at. */
function isAnyOpen(book: Book, first: number, end: number): boolean {
  for (let index = first; index < end; index++) {
    workOut(book, index)
    if (isOpen(book.plan[index]!)) return true
  }
  return false
}

/** The day to which money that settles an instalment early pays its interest. */
export function settlingDay(book: Book, slot: Slot, on: Day): Day {
  const toDue = book.terms.earlyInterest === 'to-due-date' && on > slot.from && on <= slot.due
  return toDue ? slot.due : on
}
