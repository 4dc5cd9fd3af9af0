/** Flat charges that early settlement saves. */
import type { Day } from '../calendar.ts'
import { maxMinor, minMinor } from '../money.ts'
import { type Book, owedOf, principalOwed, touch } from './book.ts'
import { workOutAll } from './plan.ts'

export function forgivesFlat(book: Book): boolean {
  return book.terms.method === 'flat' && book.terms.earlyFlat === 'forgiven'
}

/** With all principal repaid or returned the loan is settled, whatever did it: nobody could pay what a settlement forgives. */
export function forgiveRepaid(book: Book, on: Day): void {
  if (forgivesFlat(book) && book.chargedOffOn === null && principalOwed(book) === 0n) forgiveFlat(book, on)
}

/** Whoever settles owes no charge of a period that has not begun; the charge of the running one stays whole. */
export function forgiveFlat(book: Book, on: Day): void {
  workOutAll(book)
  const first = book.plan.findIndex((slot) => slot.from >= on)
  if (first < 0) return
  for (const slot of book.plan.slice(first)) {
    // Arrears that a new plan carries on were charged before it, and stay.
    const saved = minMinor(owedOf(slot, 'interest'), slot.fixedInterest ?? 0n)
    slot.fixedInterest = (slot.fixedInterest ?? 0n) - saved
    slot.planned = maxMinor(slot.planned - saved, 0n)
  }
  touch(book, first)
  workOutAll(book)
}
