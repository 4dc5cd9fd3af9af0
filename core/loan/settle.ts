/** What settles a loan on a day, worked out on its book. */
import type { Day } from '../calendar.ts'
import { maxMinor } from '../money.ts'
import { type Book, owedOf, settledOf } from './book.ts'
import { workOut, workOutAll } from './plan.ts'
import { accrued, settlingDay } from './today.ts'
import type { Dues } from './types.ts'

/**
 * Interest of the plan up to the day that is not yet paid; without recalculation all scheduled interest. Late interest
 * must have been reckoned to the day.
 */
export function interestOwedOn(book: Book, on: Day): bigint {
  const { plan } = book
  if (!book.daily) return scheduledInterest(book)
  let current = 0
  while (current < plan.length && plan[current]!.due < on) current++
  workOut(book, Math.min(current, plan.length - 1))
  let owed = 0n
  for (let index = 0; index < current; index++) owed += owedOf(plan[index]!, 'interest')
  if (current === plan.length) return owed
  return owed + runningInterest(book, current, on)
}

function scheduledInterest(book: Book): bigint {
  workOutAll(book)
  return book.plan.reduce((sum, slot) => sum + owedOf(slot, 'interest'), 0n)
}

/** Accrued in the current period and carried into it, less what was paid of it or of later ones in advance. */
function runningInterest(book: Book, current: number, on: Day): bigint {
  const slot = book.plan[current]!
  const carry = current === 0 ? 0n : book.plan[current - 1]!.carry
  let interest = accrued(book, current, current, settlingDay(book, slot, on)) + carry
  for (let index = current; index < book.plan.length; index++) {
    const later = book.plan[index]!
    interest += later.arrearsInterest + later.deferred - settledOf(later, 'interest')
  }
  return maxMinor(interest, 0n)
}

export function payoffOf(book: Book, on: Day): Dues {
  let principal = book.outstanding
  let interest = interestOwedOn(book, on)
  let fee = 0n
  let penalty = 0n
  for (const slot of book.plan) {
    fee += owedOf(slot, 'fee')
    penalty += owedOf(slot, 'penalty')
  }
  for (const slot of book.extras) {
    principal += owedOf(slot, 'principal')
    interest += owedOf(slot, 'interest')
    fee += owedOf(slot, 'fee')
    penalty += owedOf(slot, 'penalty')
  }
  return { principal, interest, fee, penalty, total: principal + interest + fee + penalty }
}
