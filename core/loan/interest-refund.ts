/** How much interest a refund gives back. */
import type { Day } from '../calendar.ts'
import { maxMinor, minMinor } from '../money.ts'
import type { Book } from './book.ts'
import { bearLateInterest } from './late.ts'
import { LoanProblem } from './problem.ts'
import { interestOwedOn } from './settle.ts'
import type { LoanEvent, LoanTerms } from './types.ts'

export type Computed = Extract<LoanEvent, { type: 'interest-refund' }> & { readonly of: string }

export function isComputed(event: LoanEvent): event is Computed {
  return event.type === 'interest-refund' && event.of !== undefined && event.amount === 0n
}

type Fold = (events: readonly LoanEvent[]) => Book

/**
 * Interest to date without the refund, less interest to date had it and the refunds before it been repaid on the day the
 * money was lent, less interest already refunded.
 */
export function computedInterestRefund(book: Book, of: string, on: Day, fold: Fold): bigint {
  const refund = book.events.find((event) => event.id === of)
  if (refund === undefined || !('amount' in refund)) {
    throw new LoanProblem('no-such-event', `no refund has the id "${of}"`, 'of')
  }
  const standing = book.events.filter((event) => event.type !== 'reversal' && !book.reversed.has(event.id))
  const without = fold(standing.filter((event) => event.id !== of).flatMap((event) => resolved(book, event)))
  const early = fold(repaidWhenLent(book.terms, standing))
  return maxMinor(interestToDate(without, on) - interestToDate(early, on) - alreadyRefunded(book), 0n)
}

/** The events with the refunds as repayments of what was lent, disbursement by disbursement. */
function repaidWhenLent(terms: LoanTerms, standing: readonly LoanEvent[]): LoanEvent[] {
  const kept = standing.filter((event) => event.type !== 'interest-refund')
  let left = kept.reduce((sum, event) => sum + refundOf(event), 0n)
  const repaidAfter = (id: string, on: string, lent: bigint): LoanEvent[] => {
    const amount = minMinor(left, lent)
    left -= amount
    return amount > 0n ? [{ id: `early ${id}`, on, type: 'repayment', amount }] : []
  }
  const events = repaidAfter('first', terms.disbursedOn, terms.principal)
  for (const event of kept) {
    if (refundOf(event) > 0n) continue
    events.push(event)
    if (event.type === 'disbursement') events.push(...repaidAfter(event.id, event.on, event.amount))
  }
  return events
}

function refundOf(event: LoanEvent): bigint {
  return event.type === 'merchant-refund' || event.type === 'payout-refund' ? event.amount : 0n
}

/** Interest refunds as the amounts they came to, so that a fold of the past does not compute them again. */
function resolved(book: Book, event: LoanEvent): LoanEvent[] {
  if (!isComputed(event)) return [event]
  const amount = book.allocated.find((row) => row.eventId === event.id)?.amount ?? 0n
  const { id, on, type } = event
  return amount > 0n ? [{ id, on, type, amount }] : []
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
