/** What settles a loan on a day, worked out on its book. */
import type { Day } from '../calendar.ts'
import { maxMinor, minMinor } from '../money.ts'
import { type Book, carriedInto, copyBook, countsNights, owedOf, periodIndex, settledOf } from './book.ts'
import { forgiveFlat, forgivesFlat } from './forgive.ts'
import { lastOpen, workOut, workOutAll } from './plan.ts'
import { accrued, asOf, settlingDay } from './today.ts'
import type { Dues } from './types.ts'

/**
 * Interest of the plan up to the day that is not yet paid; without recalculation all scheduled interest. Late interest
 * must have been reckoned to the day.
 */
export function interestOwedOn(book: Book, on: Day): bigint {
  const { plan } = book
  // With all principal repaid nothing more accrues: what the instalments ask for, to the cent, is left of the interest.
  if (!book.daily || book.outstanding === 0n) return scheduledInterest(book)
  const current = periodIndex(book, on)
  // After maturity the last instalment has taken the remainder, which decides what interest it has room for.
  if (current === plan.length) workOutAll(book)
  else workOut(book, current)
  if (countsNights(book)) return maxMinor(interestUnpaid(book, current, on), 0n)
  let owed = 0n
  let takenOver = 0n
  for (let index = 0; index < current; index++) {
    owed += owedOf(plan[index]!, 'interest')
    // Below 0 it asks for less, as those before it took that over.
    takenOver = maxMinor(takenOver + plan[index]!.deferred, 0n)
  }
  if (current === plan.length) return owed
  // What an earlier instalment takes over from later ones is counted where it accrues.
  return maxMinor(owed - takenOver + runningInterest(book, current, on, takenOver), 0n)
}

/** Interest paid beyond that of the nights until today: it pays those to come. */
export function interestPaidBeyond(book: Book, on: Day): bigint {
  if (!countsNights(book)) return 0n
  return -minMinor(interestUnpaid(book, periodIndex(book, on), on), 0n)
}

/** Interest that came up until the day, whichever instalment asks for it, less what was paid of it or let go. */
function interestUnpaid(book: Book, current: number, on: Day): bigint {
  let unpaid = book.broughtForward
  for (let index = 0; index < book.plan.length; index++) {
    const slot = book.plan[index]!
    const own =
      index < current ? slot.borne : index === current ? accrued(book, index, index, on) : (slot.fixedInterest ?? 0n)
    const cameUp = own + slot.arrearsInterest
    unpaid += cameUp - slot.paid.interest
    const letGo = slot.settled.interest - slot.paid.interest
    if (letGo === 0n) continue
    // What was let go of interest that has not come up yet says nothing of the nights until today.
    const before = book.plan[index - 1]
    const handedOn = before === undefined || before.due <= on ? carriedInto(book, index) : 0n
    unpaid -= minMinor(letGo, maxMinor(cameUp + handedOn + slot.deferred, 0n))
  }
  return unpaid
}

function scheduledInterest(book: Book): bigint {
  workOutAll(book)
  return book.plan.reduce((sum, slot) => sum + owedOf(slot, 'interest'), 0n)
}

/**
 * Accrued in the current period or carried into it and on, instalment by instalment, as money would pay it; with what they ask
 * less for because those before took it over, which is off already.
 */
function runningInterest(book: Book, current: number, on: Day, takenBefore: bigint): bigint {
  let lessFor = takenBefore
  let carry = carriedInto(book, current)
  let owed = 0n
  let takenOver = 0n
  const last = lastOpen(book)
  for (let index = current; index < book.plan.length; index++) {
    const slot = book.plan[index]!
    takenOver += maxMinor(slot.deferred, 0n)
    const own = index === current ? accrued(book, current, current, settlingDay(book, slot, on)) : 0n
    const less = slot.deferred < 0n ? minMinor(-slot.deferred, lessFor) : 0n
    lessFor -= less
    const interest = own + carry + slot.arrearsInterest + slot.deferred + less
    if (interest === 0n) continue
    const division = asOf(book, index, index >= last, index > current || on <= slot.from, interest)
    owed += division.interest - settledOf(slot, 'interest')
    carry = division.carry
  }
  // At rates at which no instalment has room for all of it, the rest settles with the others; what one of them takes over
  // from those after it is counted there.
  return owed + maxMinor(carry - takenOver, 0n)
}

export function payoffOf(book: Book, on: Day): Dues {
  if (!forgivesFlat(book)) return wholeOf(book, on)
  const forgiven = copyBook(book)
  forgiveFlat(forgiven, on)
  return wholeOf(forgiven, on)
}

function wholeOf(book: Book, on: Day): Dues {
  let principal = book.outstanding
  let interest = interestOwedOn(book, on)
  let fee = 0n
  let penalty = 0n
  for (let index = book.firstOpen; index < book.plan.length; index++) {
    const slot = book.plan[index]!
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
