/** Goods returned, money taken back, credit given back. */
import type { Day } from '../calendar.ts'
import { maxMinor, minMinor } from '../money.ts'
import { followPrincipal, pay, usualRule } from './allocate.ts'
import {
  type Amounts,
  addMove,
  addPaid,
  addWaived,
  type Book,
  countsNights,
  insertMove,
  noAmounts,
  owedOf,
  periodIndex,
  planIndex,
  principalOwed,
  type Slot,
  settledOf,
  touch,
} from './book.ts'
import { forgiveRepaid } from './forgive.ts'
import { flatInterest } from './interest.ts'
import { extraSlot, slotAfterMaturity } from './open.ts'
import { askLessForTakenOver, planAsAsked, workOut, workOutAll } from './plan.ts'
import { reckonInterest } from './replan.ts'

export interface Spread {
  readonly amounts: Amounts
  readonly overpaid: bigint
}

/**
 * That part of the price counts as not lent: the last instalments lose their principal first, and no instalment that is
 * not yet due bears interest on it. What was repaid already pays what else is owed, and then is the customer's.
 */
export function refundPurchase(book: Book, amount: bigint, on: Day): Spread {
  if (book.chargedOffOn !== null) return refundLost(book, amount)
  workOutAll(book)
  const cancelled = minMinor(amount, principalOwed(book))
  // A settled loan is not planned anew: what its settlement forgave would come back.
  const ahead = cancelled > 0n ? cancelPrincipal(book, cancelled, on) : 0n
  book.totals.refunded += cancelled
  // What it forgives is not paid by the rest of the refund.
  forgiveRepaid(book, on)
  const rest = pay(book, amount - cancelled + ahead, on, usualRule)
  addCredit(book, rest.left)
  const { spread } = rest
  const amounts = { ...spread, principal: spread.principal + cancelled, interest: spread.interest - ahead }
  return { amounts, overpaid: rest.left }
}

/** Of a debt that was given up the refund first makes good what was lost; only the rest is the customer's. */
function refundLost(book: Book, amount: bigint): Spread {
  const recovered = minMinor(amount, maxMinor(lostOf(book) - book.totals.recovered, 0n))
  book.totals.recovered += recovered
  addCredit(book, amount - recovered)
  return { amounts: noAmounts(), overpaid: amount - recovered }
}

function lostOf(book: Book): bigint {
  return [...book.extras, ...book.plan].reduce((all, { writtenOff }) => {
    return all + writtenOff.principal + writtenOff.interest + writtenOff.fee + writtenOff.penalty
  }, 0n)
}

export function addCredit(book: Book, amount: bigint): void {
  if (amount === 0n) return
  book.credit += amount
  book.totals.overpaid += amount
}

/** Gives the flat interest that was paid ahead and is not asked for any more. */
function cancelPrincipal(book: Book, amount: bigint, on: Day): bigint {
  const current = Math.max(
    0,
    book.plan.findIndex((slot) => slot.due > on || (slot.due === on && slot.from === on)),
  )
  const notDue = book.plan.every((slot) => slot.due <= on) ? book.plan.length : current
  const coming = book.plan.slice(notDue).reduce((sum, slot) => sum + owedOf(slot, 'principal'), 0n)
  const fromComing = minMinor(amount, coming)
  const planned = book.planPrincipal
  if (fromComing > 0n) cancelComing(book, fromComing, notDue)
  cancelPast(book, amount - fromComing, notDue, on)
  // Of a down payment no flat interest was asked for.
  return reckonAfterRefund(book, planned - book.planPrincipal, notDue)
}

/** As if it had been lent only until the current period began: the plan runs out of principal that much earlier. */
function cancelComing(book: Book, amount: bigint, current: number): void {
  const slot = book.plan[current]!
  book.planPrincipal -= amount
  book.outstanding -= amount
  slot.lent -= amount
  insertMove(slot, slot.from, -amount, 'lent')
  touch(book, current)
  if (book.fixes === 'principal') cancelPlanned(book, amount, current)
}

/** Where each instalment has its principal planned, the last ones lose theirs. */
function cancelPlanned(book: Book, amount: bigint, current: number): void {
  let left = amount
  for (let index = book.plan.length - 1; index >= current && left > 0n; index--) {
    const part = minMinor(left, owedOf(book.plan[index]!, 'principal'))
    book.plan[index]!.planned -= part
    left -= part
  }
}

/** Principal already due: taken off the latest of those instalments, then off what stands beside the plan. */
function cancelPast(book: Book, amount: bigint, current: number, on: Day): void {
  let left = amount
  for (let index = Math.min(current, book.plan.length) - 1; index >= 0 && left > 0n; index--) {
    workOut(book, index)
    const part = minMinor(left, maxMinor(owedOf(book.plan[index]!, 'principal'), 0n))
    if (part > 0n) cancelDue(book, index, part, on)
    left -= part
  }
  for (const slot of [...book.extras].reverse()) {
    const part = minMinor(left, owedOf(slot, 'principal'))
    slot.owing.principal -= part
    left -= part
  }
}

function cancelDue(book: Book, index: number, part: bigint, on: Day): void {
  const slot = book.plan[index]!
  slot.planned -= part
  book.planPrincipal -= part
  book.outstanding -= part
  insertMove(slot, slot.due, -part, 'lent')
  forgetLateInterest(book, part, on)
  touch(book, index)
}

/** Late interest reckoned within the current period on what is now not owed is taken back. */
function forgetLateInterest(book: Book, part: bigint, on: Day): void {
  const index = periodIndex(book, on)
  const start = book.plan[index]?.from
  if (start === undefined || book.lateUntil === null || book.lateUntil <= start || index === 0) return
  addMove(book, start, -part, 'late')
  addMove(book, book.lateUntil, part, 'late')
}

/** Interest of what is not yet due anew; flat interest on the amount that counts as lent, principal parts unchanged. */
function reckonAfterRefund(book: Book, amount: bigint, current: number): bigint {
  const isFlat = book.terms.method === 'flat'
  if (isFlat) shrinkFlat(book, amount, current)
  const ahead = isFlat ? takePaidAhead(book, current, (slot) => flatInterest(book, slot)) : 0n
  if (current < book.plan.length) reckonInterest(book, current)
  workOutAll(book)
  if (!isFlat) return 0n
  endFlatWithPrincipal(book, current)
  return ahead + takePaidAhead(book, current, (slot) => slot.fixedInterest ?? 0n)
}

/**
 * Flat interest that was paid for what now counts as never lent: it is money for what else is owed. Where it was waived,
 * it was never charged.
 */
function takePaidAhead(book: Book, current: number, interestOf: (slot: Slot) => bigint): bigint {
  let taken = 0n
  for (const slot of book.plan.slice(current)) {
    const asked = interestOf(slot) + slot.arrearsInterest + slot.deferred
    const beyond = maxMinor(settledOf(slot, 'interest') - asked, 0n)
    if (beyond === 0n) continue
    const paid = minMinor(slot.paid.interest, beyond)
    addPaid(slot, 'interest', -paid)
    addWaived(slot, 'interest', -minMinor(slot.waived.interest, beyond - paid))
    slot.paidInAdvance -= minMinor(paid, slot.paidInAdvance)
    taken += paid
    touch(book, current)
  }
  workOutAll(book)
  return taken
}

/** An instalment that was cancelled whole bears no flat fee either. */
function endFlatWithPrincipal(book: Book, current: number): void {
  for (const slot of book.plan.slice(current)) {
    if (slot.owing.principal === 0n) slot.fixedInterest = 0n
  }
  touch(book, current)
  workOutAll(book)
}

/** Money charged back was never lent again, so that more principal can be returned than flat interest is asked for. */
function shrinkFlat(book: Book, amount: bigint, current: number): void {
  const from = book.plan[current]?.from
  if (from === undefined) return
  const lent = book.flatLent.reduce((sum, lending) => sum + lending.amount, 0n)
  book.flatLent.push({ day: from, amount: -minMinor(amount, lent) })
  for (const slot of book.plan.slice(current)) {
    const saved = (slot.fixedInterest ?? 0n) - flatInterest(book, slot)
    slot.planned = maxMinor(slot.planned - saved, 0n)
  }
}

/** Money taken back from the lender is principal again, of the period of its day; credit that covers it all is used up instead. */
export function chargeBack(book: Book, amount: bigint, on: Day): Spread {
  if (amount <= book.credit) return returnCredit(book, amount, on)
  const slot = restorePrincipal(book, amount, on)
  if (book.credit > 0n) payFromCredit(book, slot, book.credit, on)
  return { amounts: { ...noAmounts(), principal: amount }, overpaid: 0n }
}

function payFromCredit(book: Book, slot: Slot, amount: bigint, on: Day): void {
  useCredit(book, amount)
  addPaid(slot, 'principal', amount)
  if (on < slot.due) slot.paidInAdvance += amount
  const index = book.plan.indexOf(slot)
  if (index < 0) return
  followPrincipal(book, slot, index, amount, on)
  touch(book, index)
}

/** Credit that pays a debt was, after all, not paid beyond it. */
export function useCredit(book: Book, amount: bigint): void {
  book.credit -= amount
  book.totals.overpaid -= amount
}

function restorePrincipal(book: Book, amount: bigint, on: Day): Slot {
  book.totals.restored += amount
  if (book.chargedOffOn !== null) {
    // The plan was written off and stays so; this came after it.
    const slot = extraSlot(book, 'extra', on, on)
    slot.owing.principal += amount
    return slot
  }
  const last = book.plan.length - 1
  const maturity = book.plan[last]!.due
  if (on > maturity) {
    const slot = slotAfterMaturity(book, on)
    slot.owing.principal += amount
    return slot
  }
  const index = on === maturity ? last : book.plan.findIndex((slot) => slot.due > on)
  planAsAsked(book, index)
  const slot = book.plan[index]!
  slot.restored += amount
  slot.settledEarly = false
  book.planPrincipal += amount
  book.outstanding += amount
  book.firstOpen = Math.min(book.firstOpen, index)
  if (book.daily) takeBackInterest(book, index)
  addMove(book, on, amount, 'restored')
  touch(book, Math.min(index, planIndex(book, on)))
  return slot
}

/** Interest of the nights until today that was paid with other instalments, as this one was closed, is its own again. */
export function takeBackInterest(book: Book, index: number): void {
  // Where the nights are counted, what is paid beyond them is handed on by itself.
  if (book.terms.overdueInterest && !countsNights(book)) askLessForTakenOver(book, index)
  const slot = book.plan[index]!
  for (const later of book.plan.slice(index + 1)) {
    const paid = minMinor(
      later.paid.interest,
      settledOf(later, 'interest') - later.arrearsInterest - (later.fixedInterest ?? 0n),
    )
    if (paid <= 0n) continue
    addPaid(later, 'interest', -paid)
    later.paidInAdvance -= minMinor(paid, later.paidInAdvance)
    addPaid(slot, 'interest', paid)
    slot.paidInAdvance += paid
    if (book.fixes === 'principal') continue
    later.planned -= paid
    slot.planned += paid
  }
}

/**
 * The customer's credit paid out. More than there is (a repayment was reversed since) is principal again, as money taken
 * back is, of which the credit pays its part.
 */
export function returnCredit(book: Book, amount: bigint, on: Day): Spread {
  const fromCredit = minMinor(amount, book.credit)
  if (fromCredit < amount) {
    chargeBack(book, amount, on)
  } else {
    book.credit -= fromCredit
    book.totals.returned += fromCredit
  }
  return { amounts: { ...noAmounts(), principal: amount - fromCredit }, overpaid: fromCredit }
}
