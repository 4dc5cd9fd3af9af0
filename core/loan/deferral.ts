/** Dues moved to later days. */
import { addPeriods, type Day, formatDay, parseDay } from '../calendar.ts'
import { type Measure, measureOf, sinceDay, untilDay } from '../schedule/measure.ts'
import { type Book, owedTotal, type Slot } from './book.ts'
import { bearLateInterest } from './late.ts'
import { workOutAll } from './plan.ts'
import { LoanProblem } from './problem.ts'
import { graceFrom, reckonInterest, replanRest, replanWithoutLate } from './replan.ts'
import type { LoanEvent } from './types.ts'

type Deferral = Extract<LoanEvent, { type: 'deferral' }>

/**
 * The first unpaid instalment due on or after the day and all after it are moved; arrears stay due. Interest that goes
 * on makes the instalments anew over the balance; where it stops at the old due date they stay as they are.
 */
export function defer(book: Book, event: Deferral, on: Day): void {
  bearLateInterest(book, on)
  workOutAll(book)
  const first = book.plan.findIndex((slot) => slot.due >= on && owedTotal(slot) > 0n)
  // With the principal repaid, what is left are charges: to plan instalments anew would add interest on nothing.
  if (first < 0 || book.outstanding === 0n) {
    throw new LoanProblem('no-coming-instalment', 'no instalment to come can be moved', 'on')
  }
  const days = newDueDays(book, event, first)
  if (days[0]! <= book.plan[first]!.due) {
    throw new LoanProblem('not-deferred', 'the new due date must follow the old one', 'until')
  }
  const stops = event.interest === 'stops'
  for (let index = book.plan.length - 1; index >= first; index--) {
    book.plan[index] = movedSlot(book, index, first, days, stops)
  }
  if (stops) reckonInterest(book, first)
  // What is late stays due, and is no part of those made anew.
  else if (book.lateUntil !== null) replanWithoutLate(book, first)
  // The first of them also bears what came up in the periods of those that were paid ahead.
  else replanRest(book, first, graceFrom(book, first), true)
}

/** By periods: each takes the date of the one that many places later, so that month ends and given dates are kept. */
function newDueDays(book: Book, { periods = 0, until }: Deferral, first: number): Day[] {
  const { every } = book.terms
  const moved = book.plan.slice(first)
  if (until !== undefined) return moved.map((_, index) => addPeriods(parseDay(until, 'until'), every, index))
  return moved.map((_, index) => {
    const later = book.plan[first + index + periods]
    return later === undefined ? dueAfterLast(book, first + index + periods - book.plan.length + 1) : later.due
  })
}

/** Counted on from the anchor of the loan's rule where the last due date follows it, else from that date. */
function dueAfterLast(book: Book, periods: number): Day {
  const { terms, plan } = book
  const last = plan[plan.length - 1]!.due
  const fromStart = terms.firstDueOn === null
  const anchor = parseDay(terms.firstDueOn ?? terms.disbursedOn, 'firstDueOn')
  const count = terms.instalments - (fromStart ? 0 : 1)
  if (addPeriods(anchor, terms.every, count) === last) return addPeriods(anchor, terms.every, count + periods)
  return addPeriods(last, terms.every, periods)
}

function movedSlot(book: Book, index: number, first: number, days: readonly Day[], stops: boolean): Slot {
  const slot = book.plan[index]!
  const from = index === first ? slot.from : days[index - first - 1]!
  const due = days[index - first]!
  const since = Math.max(from, slot.measure.since)
  const moved =
    index === first && stops ? untilDay(slot.measure, slot.due) : measureOfMoved(book, since, due, index > first)
  const measure = since > from ? sinceDay(moved, since) : moved
  return { ...slot, from, due, fromOn: formatDay(from), dueOn: formatDay(due), measure }
}

/** The first of the moved periods is longer than the rule says; the rest are as before where dates follow the rule. */
function measureOfMoved(book: Book, from: Day, due: Day, later: boolean): Measure {
  const { every, dayCount, interestPeriod, dueDates } = book.terms
  const regular = later && dueDates === undefined
  return measureOf({ from, due, every, regular, stated: later, stretched: !later }, dayCount, interestPeriod)
}
