/**
 * The instalment that leaves nothing when every open instalment asks for it, exact until its one rounding. The ordinary
 * one is a closed formula of balance and periods (`core/schedule/annuity.ts`); this one begins in the midst of a period,
 * passes instalments that ask for nothing more, and finds others paid in part. Balance and interest are followed from due
 * date to due date as `fixed + slope × instalment`, over one denominator.
 */
import { gcd } from '../fraction.ts'
import { maxMinor } from '../money.ts'
import { roundQuotient } from '../rounding.ts'
import { type Book, carriedInto, countsNights, noMoves, type Slot, settledOf } from './book.ts'
import { growth, interestUntil } from './interest.ts'

/** Of the instalments from a place on: those that stand as they were paid, that pay no principal yet, and the rest. */
export interface Spread {
  readonly first: number
  readonly standing: ReadonlySet<Slot>
  readonly waiting: ReadonlySet<Slot>
  readonly paying: readonly Slot[]
}

/** What is asked for on top of what is planned, as an instalment is divided. */
export function besides(book: Book, slot: Slot): bigint {
  return slot.restored + (book.fixes === 'total' ? slot.deferred + slot.arrearsInterest : 0n)
}

/** What was paid of the planned amount: of the principal alone, where interest comes on top of it. */
export function paidToward(book: Book, slot: Slot): bigint {
  const interest = book.fixes === 'total' ? settledOf(slot, 'interest') : 0n
  return settledOf(slot, 'principal') + interest - besides(book, slot) - slot.prepaid
}

export interface Even {
  readonly instalment: bigint
  /** Open ones that ask for principal alone and leave their interest to the next, as there is no room for it. */
  readonly early: ReadonlySet<Slot>
  /** Those that stand as they were paid: in full, beyond the instalment, or so far that it has no room for the interest. */
  readonly standing: ReadonlySet<Slot>
}

/**
 * Instalments paid beyond the one that is found stand too, and those that have no room for their interest leave it to the
 * next; it is found again with them, and they stay so.
 */
export function evenInstalment(book: Book, spread: Spread): Even {
  const standing = new Set(spread.standing)
  const early = new Set<Slot>()
  for (;;) {
    const paying = spread.paying.filter((slot) => !standing.has(slot))
    if (paying.length === 0) return { instalment: 0n, early, standing }
    const ending = withItsCases(book, { ...spread, standing, paying }, early)
    const { instalment } = ending
    const met = paying.filter((slot) => paidToward(book, slot) > instalment || ending.crowded.includes(slot))
    const stands = paying.length === 1 ? [] : met
    const leaves = ending.early.filter((slot) => !early.has(slot))
    if (stands.length + leaves.length === 0) return { instalment, early, standing }
    for (const slot of stands) standing.add(slot)
    for (const slot of leaves) early.add(slot)
  }
}

/** How interest and principal share an instalment depends on it: found again with those of the one before, until it stays. */
function withItsCases(book: Book, spread: Spread, early: ReadonlySet<Slot>): Ending {
  let ending = leavesNothing(book, spread, early, null)
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const next = leavesNothing(book, spread, early, ending.instalment)
    if (next.instalment === ending.instalment) return next
    ending = next
  }
  return ending
}

const mostAttempts = 40

interface Ending {
  readonly instalment: bigint
  /** Open instalments whose principal was paid so far that there is no room for what interest they should ask for. */
  readonly crowded: readonly Slot[]
  readonly early: readonly Slot[]
}

interface Linear {
  readonly fixed: bigint
  readonly slope: bigint
}

const plus = (a: Linear, b: Linear): Linear => ({ fixed: a.fixed + b.fixed, slope: a.slope + b.slope })
const minus = (a: Linear, b: Linear): Linear => ({ fixed: a.fixed - b.fixed, slope: a.slope - b.slope })
const times = (a: Linear, by: bigint): Linear => (by === 1n ? a : { fixed: a.fixed * by, slope: a.slope * by })
const whole = (amount: bigint, denominator: bigint): Linear => ({ fixed: amount * denominator, slope: 0n })
const zero: Linear = { fixed: 0n, slope: 0n }

/** From the balance that the first opens with to the last that is open, which must repay what is left then. */
function leavesNothing(book: Book, spread: Spread, principalFirst: ReadonlySet<Slot>, tried: bigint | null): Ending {
  const { first, standing, waiting, paying } = spread
  const before = first === 0 ? null : book.plan[first - 1]!
  const last = paying[paying.length - 1]!
  const crowded: Slot[] = []
  const early: Slot[] = []
  let denominator = 1n
  let balance = whole(before?.close ?? 0n, 1n)
  let carry = whole(carriedInto(book, first), 1n)
  let late = before?.late ?? 0n
  for (let index = first; ; index++) {
    const slot = book.plan[index]!
    const own = ownInterest(book, slot, balance, denominator)
    const moved = slot.moves.reduce((sum, { amount }) => sum + amount, 0n)
    balance = plus(times(balance, own.scale), whole(moved, denominator * own.scale))
    denominator *= own.scale
    const besideOwn = whole(slot.arrearsInterest + slot.deferred, denominator)
    const interest = plus(plus(own.interest, times(carry, own.scale)), besideOwn)
    const asIfTried = tried === null ? null : at(interest, tried)
    late += lateOf(slot)
    const repaid = whole(book.daily ? settledOf(slot, 'principal') : 0n, denominator)
    const isOpen = !standing.has(slot) && !waiting.has(slot)
    const stranded = slot === last ? strandedAfter(book, index) : 0n
    if (isOpen && tried !== null && asIfTried !== null) {
      const room = (tried + besides(book, slot) - stranded) * denominator - asIfTried
      if (hasNoRoom(room, settledOf(slot, 'principal') - slot.prepaid, denominator)) crowded.push(slot)
      if (hasNoRoom(room + slot.prepaid * denominator, settledOf(slot, 'principal'), denominator)) early.push(slot)
    }
    if (slot === last) {
      const others = late + (book.daily ? 0n : paidAfter(book, index))
      const taken = whole(stranded - others, denominator)
      // What was paid beyond all interest to come repays nothing.
      const due = asIfTried !== null && asIfTried < 0n ? zero : interest
      const owed = plus(plus(plus(due, balance), repaid), taken)
      const instalment = solve(owed, besides(book, slot) + slot.prepaid + balloonOf(book, index), denominator, book)
      return { instalment, crowded, early }
    }
    const asked = standing.has(slot)
      ? paidAsks(book, slot, interest, denominator, tried)
      : waiting.has(slot)
        ? { principal: whole(slot.restored + slot.prepaid, denominator), carry: zero }
        : openAsks(book, slot, principalFirst.has(slot), interest, denominator, tried, asIfTried)
    balance = minus(balance, minus(asked.principal, repaid))
    carry = asked.carry
  }
}

/** Principal that was paid takes the place of the interest: without what lowered the instalments, or with it. */
function hasNoRoom(room: bigint, paid: bigint, denominator: bigint): boolean {
  return paid > 0n && paid * denominator > maxMinor(room, 0n)
}

/** Where interest stands as scheduled, principal paid ahead is part of the balance until its own due date. */
function paidAfter(book: Book, index: number): bigint {
  return book.plan.slice(index + 1).reduce((sum, slot) => sum + settledOf(slot, 'principal'), 0n)
}

/** Interest that instalments after the last open one have come up with and do not ask for: that one takes it. */
function strandedAfter(book: Book, index: number): bigint {
  let balance = book.daily ? 0n : paidAfter(book, index)
  let carry = 0n
  for (const slot of book.plan.slice(index + 1)) {
    const own = slot.fixedInterest ?? interestUntil(book, { ...slot, moves: noMoves }, balance, slot.due)
    carry = maxMinor(carry + own + slot.arrearsInterest + slot.deferred - settledOf(slot, 'interest'), 0n)
    if (!book.daily) balance -= settledOf(slot, 'principal')
  }
  return carry
}

/** owed = instalment + besides, both sides over the denominator. */
function solve(owed: Linear, beside: bigint, denominator: bigint, { terms }: Book): bigint {
  return roundQuotient(owed.fixed - beside * denominator, denominator - owed.slope, terms.rounding)
}

export function balloonOf({ plan, terms }: Book, index: number): bigint {
  return index === plan.length - 1 ? (terms.balloon ?? 0n) : 0n
}

/** Late principal and what comes back to a later instalment bear interest here and are not asked for here. */
function lateOf(slot: Slot): bigint {
  const within = slot.moves.filter(({ kind }) => kind === 'late' || kind === 'restored')
  return within.reduce((sum, { amount }) => sum + amount, -slot.restored)
}

interface Own {
  readonly interest: Linear
  /** By what the denominator grows. */
  readonly scale: bigint
}

function ownInterest(book: Book, slot: Slot, balance: Linear, denominator: bigint): Own {
  if (slot.fixedInterest !== null) return { interest: whole(slot.fixedInterest, denominator), scale: 1n }
  const rate = growth(book, slot, slot.from, slot.due)
  if (rate === 0n) return { interest: zero, scale: 1n }
  const scale = book.rateDen * BigInt(slot.measure.denominator)
  let moved = 0n
  for (const { day, amount } of slot.moves) moved += amount * growth(book, slot, day, slot.due)
  // In the least terms: over hundreds of periods the denominators multiply.
  const divisor = gcd(gcd(scale, rate), moved < 0n ? -moved : moved)
  const interest = plus(times(balance, rate / divisor), whole(moved / divisor, denominator))
  return { interest, scale: scale / divisor }
}

interface Asked {
  readonly principal: Linear
  /** Interest that it leaves to the next. */
  readonly carry: Linear
}

/** An instalment that stands asks for what was paid of it, whatever interest comes up. */
function paidAsks(book: Book, slot: Slot, interest: Linear, denominator: bigint, tried: bigint | null): Asked {
  return {
    principal: whole(settledOf(slot, 'principal'), denominator),
    carry: handedOn(book, minus(interest, whole(settledOf(slot, 'interest'), denominator)), tried),
  }
}

/** The same cases as in `divide`: interest first, unless what was paid leaves it no room. */
function openAsks(
  book: Book,
  slot: Slot,
  principalFirst: boolean,
  interest: Linear,
  denominator: bigint,
  tried: bigint | null,
  asIfTried: bigint | null,
): Asked {
  const pot: Linear = { fixed: (besides(book, slot) + slot.prepaid) * denominator, slope: denominator }
  const isPaid = asIfTried !== null && asIfTried <= settledOf(slot, 'interest') * denominator
  if (principalFirst || isPaid) {
    const paid = whole(settledOf(slot, 'interest'), denominator)
    return { principal: minus(pot, paid), carry: handedOn(book, minus(interest, paid), tried) }
  }
  const hasRoom = tried === null || asIfTried === null || at(pot, tried) >= asIfTried
  return hasRoom ? { principal: minus(pot, interest), carry: zero } : { principal: zero, carry: minus(interest, pot) }
}

/** Its value times the denominator. */
function at({ fixed, slope }: Linear, instalment: bigint): bigint {
  return fixed + slope * instalment
}

/** What was paid beyond is handed on only where nights are counted. */
function handedOn(book: Book, amount: Linear, tried: bigint | null): Linear {
  return tried !== null && at(amount, tried) < 0n && !countsNights(book) ? zero : amount
}
