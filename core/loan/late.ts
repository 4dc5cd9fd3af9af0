/** Late principal keeps bearing interest: from its due date, or from where that was last reckoned, to the day of an event. */
import type { Day } from '../calendar.ts'
import { type Book, insertMove, owedOf, owesAnything, periodIndex, planIndex, touch } from './book.ts'
import { workOut, workOutAll, workOutToPay } from './plan.ts'
import { settlingDay } from './today.ts'

export function bearLateInterest(book: Book, on: Day): void {
  const { plan, terms } = book
  if (!book.daily || !terms.overdueInterest) return
  const until = Math.min(on, plan[plan.length - 1]!.due)
  if (book.lateUntil !== null && until <= book.lateUntil) return
  const open = plan[book.firstOpen]
  if (open === undefined || open.due >= until) return
  skipPaid(book)
  let isAnyLate = false
  for (let index = book.firstOpen; index < plan.length && plan[index]!.due < until; index++) {
    workOutToPay(book, index)
    if (keepBearing(book, index, until)) isAnyLate = true
  }
  if (!isAnyLate) return
  book.lateUntil = until
  // Interest taken over was reckoned with a part of what is late.
  if (tookOver(book)) workOutAll(book)
}

function tookOver({ plan }: Book): boolean {
  for (let index = 0; index < plan.length; index++) if (plan[index]!.deferred !== 0n) return true
  return false
}

/** Both ends at once: between them the plan would look as if the late principal were never to be paid. */
function keepBearing(book: Book, index: number, until: Day): boolean {
  const slot = book.plan[index]!
  const principal = owedOf(slot, 'principal')
  if (principal <= 0n) return false
  const from = Math.max(slot.due, book.lateUntil ?? slot.due)
  if (from >= until) return false
  // Never into an instalment before it that is due on the same day: that one may be paid.
  const at = Math.max(index, planIndex(book, from))
  insertMove(book.plan[at]!, from, principal, 'late')
  insertMove(book.plan[planIndex(book, until)]!, until, -principal, 'late')
  touch(book, at)
  return true
}

/** What late principal bore stays, whatever is planned later: it is part of what a new plan was made over. */
export function keepLateInterest(book: Book): void {
  for (const slot of book.plan) {
    if (slot.moves.some((move) => move.kind === 'late')) {
      slot.moves = slot.moves.map((move) => (move.kind === 'late' ? { ...move, kind: 'paid' } : move))
    }
  }
  touch(book, 0)
}

/** Late principal to the day on which money that settles the loan pays interest. */
export function bearLateInterestToSettle(book: Book, on: Day): void {
  const current = book.plan[periodIndex(book, on)]
  bearLateInterest(book, current === undefined ? on : settlingDay(book, current, on))
}

/** Moves the mark of the first instalment that still owes anything. */
export function skipPaid(book: Book): void {
  const { plan } = book
  while (book.firstOpen < plan.length) {
    workOut(book, book.firstOpen)
    const slot = plan[book.firstOpen]!
    if (owesAnything(slot)) return
    book.firstOpen++
  }
}
