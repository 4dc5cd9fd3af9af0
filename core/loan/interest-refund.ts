/** How much interest a refund gives back. */
import type { Day } from '../calendar.ts'
import { maxMinor } from '../money.ts'
import type { Book } from './book.ts'
import { bearLateInterest } from './late.ts'
import { LoanProblem } from './problem.ts'
import { interestOwedOn } from './settle.ts'
import type { LoanEvent } from './types.ts'

type Fold = (events: readonly LoanEvent[]) => Book

/**
 * Interest to date without the refund, less interest to date had the refund been repaid on the day of disbursement,
 * less interest already refunded.
 */
export function computedInterestRefund(book: Book, of: string, on: Day, fold: Fold): bigint {
  const events = book.events.filter((event) => event.type !== 'interest-refund')
  const refund = events.find((event) => event.id === of)
  if (refund === undefined || !('amount' in refund)) {
    throw new LoanProblem('no-such-event', `no refund has the id "${of}"`, 'of')
  }
  const others = events.filter((event) => event.id !== of)
  const early: LoanEvent = { id: of, on: book.terms.disbursedOn, type: 'repayment', amount: refund.amount }
  const saved = interestToDate(fold(others), on) - interestToDate(fold([early, ...others]), on)
  return maxMinor(saved - alreadyRefunded(book), 0n)
}

function interestToDate(book: Book, on: Day): bigint {
  bearLateInterest(book, on)
  const paid = [...book.plan, ...book.extras].reduce((sum, slot) => sum + slot.paid.interest, 0n)
  return paid + interestOwedOn(book, on)
}

function alreadyRefunded(book: Book): bigint {
  return book.allocated
    .filter((row) => row.type === 'interest-refund' && !row.reversed)
    .reduce((sum, row) => sum + row.amount, 0n)
}
