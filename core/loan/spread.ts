/**
 * Spreads what is still owed evenly over the instalments that are open. Those paid in full before their day stand as they
 * were paid and ask for nothing more. Interest runs on the balance as it is, so that an open instalment also bears what
 * comes up in the periods of those before it that stand.
 */
import { maxMinor } from '../money.ts'
import { roundQuotient } from '../rounding.ts'
import { inMultiples } from '../schedule/annuity.ts'
import { type Book, carriedInto, type Slot, setPlan, settledOf, touch } from './book.ts'
import { type Even, evenInstalment, paidToward, type Spread } from './even-instalment.ts'
import { flatInterest, interestUntil } from './interest.ts'
import { isOpen, workOut } from './plan.ts'

/** The instalments from `first` on that are paid in full, as they were worked out last. */
export function standingFrom(book: Book, first: number): Set<Slot> {
  const standing = new Set<Slot>()
  for (let index = first; index < book.plan.length; index++) {
    const slot = book.plan[index]!
    const settled = settledOf(slot, 'principal') + settledOf(slot, 'interest')
    if (settled > 0n && !isOpen(slot)) standing.add(slot)
  }
  return standing
}

/**
 * Plans the open instalments from `first` on; `grace` of them repay no principal. All money that has come must be in the
 * book already. The caller works the plan out.
 */
export function spreadOverOpen(book: Book, first: number, standing: ReadonlySet<Slot>, grace: number): void {
  const slots = book.plan.slice(first)
  const open = slots.filter((slot) => !standing.has(slot))
  const waiting = new Set(
    slots.slice(0, grace).filter((slot) => open.indexOf(slot) < open.length - 1 && open.includes(slot)),
  )
  const paying = open.filter((slot) => !waiting.has(slot))
  // What periods had no instalment for is part of what all of them bear now.
  for (const slot of open) slot.deferred = 0n
  const spread = { first, standing, waiting, paying }
  if (book.terms.method === 'flat') for (const slot of open) slot.fixedInterest = flatInterest(book, slot)
  const { instalment, early, standing: met } = evenAmount(book, spread)
  for (const slot of slots) if (!waiting.has(slot)) setPlan(slot, met.has(slot) ? asPaid(book, slot) : instalment)
  // Interest that stands as scheduled would be asked for beside what was paid: it goes to the next that has room.
  if (!book.daily && book.terms.method === 'equal-instalment') {
    for (const slot of open) slot.settledEarly = met.has(slot) || early.has(slot)
    for (const slot of standing) slot.settledEarly = true
  }
  for (const slot of waiting) setPlan(slot, interestAlone(book, slot))
  const last = paying.findLast((slot) => !met.has(slot))
  if (last === undefined || (instalment > 0n && inParts(book))) return
  // Nothing is planned of the others, and the last, which takes what they leave, must not be taken for one of them.
  setPlan(last, maxMinor(principalFor(book, first, met), 1n))
}

/** Flat interest is that of its instalment, whatever was paid of the principal. */
function asPaid(book: Book, slot: Slot): bigint {
  if (book.terms.method !== 'flat') return paidToward(book, slot)
  return settledOf(slot, 'principal') - slot.restored - slot.prepaid + slot.fixedInterest!
}

function inParts({ terms }: Book): boolean {
  return terms.method !== 'interest-only' && terms.method !== 'bullet'
}

/** In the grace an instalment asks for its interest, which no principal planned before it changes. */
function interestAlone(book: Book, slot: Slot): bigint {
  if (book.fixes === 'principal') return 0n
  if (slot.fixedInterest !== null) return slot.fixedInterest
  const index = book.plan.indexOf(slot)
  touch(book, index)
  workOut(book, index - 1)
  const opening = book.plan[index - 1]?.close ?? 0n
  return interestUntil(book, slot, opening, slot.due) + carriedInto(book, index)
}

const noSlots: ReadonlySet<Slot> = new Set()

/** Never below 0, in the multiples of the contract. */
function evenAmount(book: Book, spread: Spread): Even {
  const { instalmentMultiple, method } = book.terms
  if (!inParts(book)) return { instalment: 0n, early: noSlots, standing: spread.standing }
  const even = method === 'equal-instalment' ? evenInstalment(book, spread) : evenPart(book, spread)
  return { ...even, instalment: inMultiples(maxMinor(even.instalment, 0n), instalmentMultiple) }
}

/** Principal, with flat interest where that is part of the instalment, in equal parts. */
function evenPart(book: Book, spread: Spread): Even {
  const standing = new Set(spread.standing)
  for (;;) {
    const rest = spread.paying.filter((slot) => !standing.has(slot))
    if (rest.length === 0) return { instalment: 0n, early: noSlots, standing }
    let sum = principalFor(book, spread.first, standing)
    if (book.fixes === 'total') for (const slot of rest) sum += slot.fixedInterest!
    const instalment = roundQuotient(sum, BigInt(rest.length), book.terms.rounding)
    const met = rest.filter((slot) => paidToward(book, slot) > instalment || leavesNoRoom(book, slot, instalment))
    if (met.length === 0 || rest.length === 1) return { instalment, early: noSlots, standing }
    for (const slot of met) standing.add(slot)
  }
}

/** Principal paid of it leaves the flat interest no room. */
function leavesNoRoom(book: Book, slot: Slot, instalment: bigint): boolean {
  if (book.fixes !== 'total') return false
  const room = instalment + slot.restored - slot.fixedInterest!
  return settledOf(slot, 'principal') - slot.prepaid > maxMinor(room, 0n)
}

/** Principal that the open instalments from `first` on are planned for: of all that is lent, what no other asks for. */
export function principalFor(book: Book, first: number, standing: ReadonlySet<Slot> = noSlots): bigint {
  let rest = book.planPrincipal
  for (const slot of book.plan.slice(0, first)) rest -= slot.owing.principal
  for (const slot of book.plan.slice(first)) {
    rest -= standing.has(slot) ? settledOf(slot, 'principal') : slot.restored + slot.prepaid
  }
  return rest
}
