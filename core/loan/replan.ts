/** Plans instalments from a period on: how the balance is to be paid from there. */
import { maxMinor } from '../money.ts'
import { roundQuotient } from '../rounding.ts'
import { equalInstalment, inMultiples } from '../schedule/annuity.ts'
import { type Book, type Slot, settledOf, touch } from './book.ts'
import { factorOf, flatInterest } from './interest.ts'
import { workOut, workOutAll } from './plan.ts'

/** Plans the periods from `first` on, over the balance they start with; `grace` of them repay no principal. */
export function replan(book: Book, first: number, grace = 0): void {
  touch(book, first)
  if (first > 0) workOut(book, first - 1)
  const slots = book.plan.slice(first)
  const balance = balanceFor(book, first)
  for (const slot of slots) slot.fixedInterest = null
  planBy(book, slots, balance, grace)
  touch(book, first)
  workOutAll(book)
  if (book.terms.lastInstalment === 'levelled' && book.fixes === 'total') level(book, first + grace)
  if (!book.daily) freezeInterest(slots)
}

/** What the periods from `first` on have to repay: the balance they open with and what is lent within the first. */
function balanceFor(book: Book, first: number): bigint {
  const opening = first === 0 ? 0n : book.plan[first - 1]!.close
  return opening + book.plan[first]!.lent
}

function planBy(book: Book, slots: readonly Slot[], balance: bigint, grace: number): void {
  const paying = slots.slice(Math.min(grace, slots.length - 1))
  const waiting = slots.slice(0, slots.length - paying.length)
  switch (book.terms.method) {
    case 'equal-instalment':
      planEqualInstalments(book, waiting, paying, balance)
      break
    case 'flat':
      planFlat(book, waiting, paying, balance)
      break
    case 'equal-principal':
      planPrincipal(book, waiting, paying, balance)
      break
    default:
      for (const slot of slots) setPlan(slot, 0n)
      setPlan(slots[slots.length - 1]!, balance)
  }
}

function setPlan(slot: Slot, amount: bigint): void {
  slot.planned = amount
  slot.basis = amount
}

/** In the grace an instalment is the interest alone: the balance does not change, so it is known beforehand. */
function planGrace(book: Book, waiting: readonly Slot[], balance: bigint): void {
  for (const slot of waiting) {
    const { num, den } = factorOf(book, slot)
    setPlan(slot, roundQuotient(balance * num, den, book.terms.rounding))
  }
}

function planEqualInstalments(book: Book, waiting: readonly Slot[], paying: readonly Slot[], balance: bigint): void {
  const { rounding, instalmentMultiple, balloon } = book.terms
  planGrace(book, waiting, balance)
  const factors = paying.map((slot) => factorOf(book, slot))
  const instalment = equalInstalment(balance, factors, rounding, instalmentMultiple, balloon ?? 0n)
  for (const slot of paying) setPlan(slot, instalment)
}

function planFlat(book: Book, waiting: readonly Slot[], paying: readonly Slot[], balance: bigint): void {
  const { rounding, instalmentMultiple } = book.terms
  let interest = 0n
  for (const slot of [...waiting, ...paying]) {
    slot.fixedInterest = flatInterest(book, slot, book.flatBase)
    setPlan(slot, slot.fixedInterest)
  }
  for (const slot of paying) interest += slot.fixedInterest!
  const even = roundQuotient(balance + interest, BigInt(paying.length), rounding)
  for (const slot of paying) setPlan(slot, inMultiples(even, instalmentMultiple))
}

function planPrincipal(book: Book, waiting: readonly Slot[], paying: readonly Slot[], balance: bigint): void {
  for (const slot of waiting) setPlan(slot, 0n)
  const part = roundQuotient(balance, BigInt(paying.length), book.terms.rounding)
  for (const slot of paying) setPlan(slot, inMultiples(part, book.terms.instalmentMultiple))
}

/**
 * Moves the instalment by a share of what the last one differs by, where that is more than half a minor unit per
 * instalment; kept only while the difference shrinks, at most three times.
 */
function level(book: Book, first: number): void {
  for (let attempt = 0; attempt < 3; attempt++) {
    const difference = lastDifference(book, first)
    const count = BigInt(book.plan.length - first)
    if (magnitude(difference) <= count / 2n || count < 2n) return
    const before = book.plan[book.plan.length - 2]!.planned
    const moved = before + roundQuotient(difference, count, book.terms.rounding)
    const instalment = inMultiples(moved, book.terms.instalmentMultiple)
    if (instalment === before || !tryInstalment(book, first, instalment, difference)) return
  }
}

/** Sets the instalment of what is not yet paid beyond it; taken back when the difference does not shrink. */
function tryInstalment(book: Book, first: number, instalment: bigint, difference: bigint): boolean {
  const slots = book.plan.slice(first)
  const kept = slots.map((slot) => ({ planned: slot.planned, basis: slot.basis }))
  for (const slot of slots) {
    if (settledOf(slot, 'principal') + settledOf(slot, 'interest') <= instalment) setPlan(slot, instalment)
  }
  touch(book, first)
  workOutAll(book)
  if (magnitude(lastDifference(book, first)) < magnitude(difference)) return true
  slots.forEach((slot, index) => {
    slot.planned = kept[index]!.planned
    slot.basis = kept[index]!.basis
  })
  touch(book, first)
  workOutAll(book)
  return false
}

function lastDifference(book: Book, first: number): bigint {
  if (book.plan.length - first < 2) return 0n
  return instalmentOf(book.plan[book.plan.length - 1]!) - instalmentOf(book.plan[book.plan.length - 2]!)
}

function instalmentOf(slot: Slot): bigint {
  return slot.owing.principal + slot.owing.interest
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
  touch(book, first)
  workOutAll(book)
  if (!book.daily) freezeInterest(slots)
}

function refreshFlat(book: Book, slot: Slot): void {
  slot.fixedInterest = flatInterest(book, slot, book.flatBase)
}

/** Without recalculation the interest of the plan stands, whatever is paid when. */
function freezeInterest(slots: readonly Slot[]): void {
  for (const slot of slots) {
    slot.fixedInterest = maxMinor(slot.owing.interest - slot.arrearsInterest - slot.deferred, 0n)
  }
}
