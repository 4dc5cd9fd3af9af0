/** What each event does to the book. Every event type has one line here. */
import { type Day, parseDay } from '../calendar.ts'
import { formatMinor, minMinor } from '../money.ts'
import { followPrincipal, pay, usualRule } from './allocate.ts'
import {
  type Amounts,
  addPaid,
  addTo,
  addWaived,
  addWrittenOff,
  type Book,
  copyBook,
  noAmounts,
  owedOf,
  periodIndex,
  principalOwed,
  type Slot,
  settledOf,
  touch,
} from './book.ts'
import { changesDues } from './check.ts'
import { defer } from './deferral.ts'
import { forgiveFlat, forgiveRepaid, forgivesFlat } from './forgive.ts'
import { interestUntil } from './interest.ts'
import { bearLateInterest, bearLateInterestToSettle } from './late.ts'
import { disburse, extraSlot, slotAfterMaturity } from './open.ts'
import { planAsAsked, workOutAll } from './plan.ts'
import { LoanProblem, nothingChargedOff } from './problem.ts'
import { followsBalance, reAge } from './re-age.ts'
import { addCredit, chargeBack, refundPurchase, returnCredit, takeBackInterest, useCredit } from './refund.ts'
import { graceFrom, replanOpen, replanUnpaid } from './replan.ts'
import { changeRateFrom, type NewTerm, pauseInterest, reAmortise, reschedule, terminate } from './restructure.ts'
import { mayEnd, payRepaying, paySettling, quoteOf, repayWithRest } from './settle-all.ts'
import { standingFrom } from './spread.ts'
import type { AllocationRule, Component, LoanEvent } from './types.ts'

export function applyToBook(book: Book, event: LoanEvent): void {
  const on = parseDay(event.on, 'on')
  book.events.push(event)
  if (book.chargedOffOn !== null && changesDues.has(event.type)) return
  keepUpToDate(book, event)
  bookEvent(book, event, on)
  forgiveRepaid(book, on)
}

function bookEvent(book: Book, event: LoanEvent, on: Day): void {
  switch (event.type) {
    case 'disbursement':
      lendMore(book, event.amount, on)
      break
    case 'repayment':
      repay(book, event, on)
      break
    case 'payoff':
      // The quote that the money answers was asked of the loan as it stood, worked out to its end.
      workOutAll(book)
      if (forgivesFlat(book)) forgiveFlat(book, on)
      takeMoney(book, event, event.amount, on, usualRule)
      break
    case 'merchant-refund':
    case 'payout-refund':
    case 'goodwill-credit':
    case 'interest-refund':
      takeMoney(book, event, event.amount, on, ruleFor(book, event.type))
      break
    case 'purchase-refund':
      record(book, event, event.amount, refundPurchase(book, event.amount, on))
      break
    case 'chargeback':
      bearLateInterest(book, on)
      record(book, event, event.amount, chargeBack(book, event.amount, on))
      break
    case 'credit-balance-refund':
      record(book, event, event.amount, returnCredit(book, event.amount, on))
      break
    case 'fee':
    case 'penalty':
      charge(book, event.type, event.amount, on)
      break
    case 'extra-interest':
      ask(book, extraSlot(book, 'extra', on, on), 'interest', event.amount)
      break
    case 'waiver':
      waive(book, event, on)
      break
    case 'rate-change':
      changeRateFrom(book, on, event.annualRatePercent)
      break
    case 'interest-pause':
      pauseInterest(book, on, parseDay(event.to, 'to'))
      break
    case 'reschedule':
      reschedule(book, on, { ...event, firstDue: parseDay(event.firstDueOn, 'firstDueOn') })
      break
    case 're-age':
      reAgeOrReschedule(book, on, { ...event, firstDue: parseDay(event.firstDueOn, 'firstDueOn') })
      break
    case 're-amortise':
      reAmortise(book, on)
      break
    case 'deferral':
      defer(book, event, on)
      break
    case 'contract-termination':
      terminate(book, on)
      break
    case 'sale':
      book.owners = [...book.owners, { owner: event.buyer, from: event.on }]
      break
    case 'charge-off':
      chargeOff(book, event, on)
      break
    case 'recovery':
      // As if the claim had never been given up, what came in for it repaid it.
      if (book.chargedOffOn === null && hadChargeOff(book))
        takeMoney(book, event, event.amount, on, ruleFor(book, 'repayment'))
      else recover(book, event, event.amount)
      break
    case 'recalculate':
      bearLateInterest(book, on)
      break
    case 'reversal':
      return
  }
}

/**
 * The last unpaid instalment takes the remainder as it is on the day, and keeps it. Where nothing but payments on an
 * ordinary plan came before, it is the same whenever it is worked out, so that an on-time payment need not work out
 * instalments it does not touch; else it is worked out before each event, as it was when each was booked by itself.
 */
function keepUpToDate(book: Book, event: LoanEvent): void {
  if (book.plain && !isPlain(event.type)) book.plain = false
  if (!book.plain && book.chargedOffOn === null) workOutAll(book)
}

function isPlain(type: LoanEvent['type']): boolean {
  switch (type) {
    case 'repayment':
    case 'fee':
    case 'penalty':
    case 'recalculate':
    case 'reversal':
    case 'sale':
      return true
    default:
      return false
  }
}

function reAgeOrReschedule(book: Book, on: Day, term: NewTerm): void {
  // Charges alone are no balance that new instalments could follow.
  if (followsBalance(book) && principalOwed(book) > 0n) reAge(book, on, term)
  else reschedule(book, on, term)
}

export function ruleFor(book: Book, type: string): AllocationRule {
  return book.terms.allocation?.[type] ?? book.terms.allocation?.default ?? usualRule
}

interface Spread {
  readonly amounts: Amounts
  readonly overpaid: bigint
}

function record(book: Book, event: LoanEvent, amount: bigint, spread: Spread): void {
  const { principal, interest, fee, penalty } = spread.amounts
  book.allocated.push({
    eventId: event.id,
    type: event.type,
    on: event.on,
    amount,
    principal,
    interest,
    fee,
    penalty,
    overpaid: spread.overpaid,
    reversed: false,
  })
}

function takeMoney(book: Book, event: LoanEvent, amount: bigint, on: Day, rule: AllocationRule): void {
  if (book.chargedOffOn !== null) {
    recover(book, event, amount)
    return
  }
  // Asked before the money has changed anything.
  const quote = mayEnd(book, amount) ? quoteOf(book, on) : null
  // Where settling money pays interest to the due date, late principal bears it until then too.
  if (quote !== null && amount >= quote.total) bearLateInterestToSettle(book, on)
  bearLateInterest(book, on)
  const payment =
    event.type === 'payoff' ? paySettling(book, amount, on, rule) : payRepaying(book, amount, on, rule, quote)
  addCredit(book, payment.left)
  // Money that is charged back later finds no room in instalments that ended early.
  if (book.outstanding === 0n && payment.spread.principal > 0n) planAsAsked(book)
  record(book, event, amount, { amounts: payment.spread, overpaid: payment.left })
}

function repay(book: Book, event: Extract<LoanEvent, { type: 'repayment' }>, on: Day): void {
  const rule = ruleFor(book, 'repayment')
  if (event.prepay === undefined || book.chargedOffOn !== null || repaysAll(book, event.amount, on, rule)) {
    takeMoney(book, event, event.amount, on, rule)
    return
  }
  bearLateInterest(book, on)
  const dues = pay(book, event.amount, on, rule, ['past-due', 'due'])
  const amounts = dues.spread
  let left = dues.left
  workOutAll(book)
  if (event.prepay === 'lower') left = lowerInstalments(book, amounts, left, on)
  else {
    const early = repayWithRest(pay(book, left, on, shorteningRule), rule)
    for (const component of ['penalty', 'fee', 'interest', 'principal'] as const) {
      amounts[component] += early.spread[component]
    }
    left = early.left
  }
  addCredit(book, left)
  record(book, event, event.amount, { amounts, overpaid: left })
}

/** Money for all principal, or after the last due day, has nothing to shorten or to lower, and must not pass by interest. */
function repaysAll(book: Book, amount: bigint, on: Day, rule: AllocationRule): boolean {
  if (amount < book.outstanding) return false
  const trial = copyBook(book)
  bearLateInterest(trial, on)
  const { left } = pay(trial, amount, on, rule, ['past-due', 'due'])
  workOutAll(trial)
  const coming = trial.plan.findIndex((slot) => slot.due > on)
  return coming < 0 || left >= comingPrincipal(trial, coming)
}

/** Principal of the last instalments first, so that the loan ends earlier. */
const shorteningRule: AllocationRule = {
  order: ['in-advance-principal', 'in-advance-interest', 'in-advance-fee', 'in-advance-penalty'],
  surplus: 'last',
  across: 'horizontal',
}

/**
 * The surplus repays principal with the current instalment, and what is left is spread over the instalments that are
 * open; those that were paid before their day stand.
 */
function lowerInstalments(book: Book, amounts: Amounts, surplus: bigint, on: Day): bigint {
  const index = book.plan.findIndex((slot) => slot.due > on)
  workOutAll(book)
  const slot = book.plan[index]
  const prepaid = slot === undefined ? 0n : minMinor(surplus, comingPrincipal(book, index))
  if (slot === undefined || prepaid === 0n) return surplus
  const standing = standingFrom(book, index)
  amounts.principal += prepaid
  addPaid(slot, 'principal', prepaid)
  slot.paidInAdvance += prepaid
  slot.prepaid += prepaid
  followPrincipal(book, slot, index, prepaid, on)
  const open = book.plan.slice(index).filter((coming) => !standing.has(coming))
  if (!book.daily && book.terms.method !== 'flat') reckonFrom(book, slot, open, on)
  replanOpen(book, index, standing, graceFrom(book, index))
  return surplus - prepaid
}

/** Where interest stands as scheduled, that of the running period stands too, and the later ones bear less. */
function reckonFrom(book: Book, running: Slot, open: readonly Slot[], on: Day): void {
  for (const slot of open) if (slot !== running) slot.fixedInterest = null
  if (on > running.from || !open.includes(running)) return
  const index = book.plan.indexOf(running)
  const opening = index === 0 ? 0n : book.plan[index - 1]!.close
  running.fixedInterest = interestUntil(book, running, opening - running.prepaid, running.due)
}

function comingPrincipal(book: Book, index: number): bigint {
  return book.plan.slice(index).reduce((sum, slot) => sum + owedOf(slot, 'principal'), 0n)
}

function lendMore(book: Book, amount: bigint, on: Day): void {
  if (book.chargedOffOn !== null) {
    throw new LoanProblem('loan-closed', 'nothing is lent on a loan that is charged off', 'type')
  }
  const last = book.plan.length - 1
  if (on > book.plan[last]!.due) {
    throw new LoanProblem('disbursement-after-maturity', 'no instalment is left to repay a disbursement', 'on')
  }
  bearLateInterest(book, on)
  const coming = book.plan.findIndex((slot) => slot.due > on)
  const index = coming < 0 ? last : coming
  planAsAsked(book, index)
  if (book.daily) takeBackInterest(book, index)
  const down = disburse(book, on, amount)
  replanUnpaid(book, index)
  book.firstOpen = Math.min(book.firstOpen, index)
  payDown(book, down, on)
  if (book.credit === 0n) return
  const credit = book.credit
  const payment = pay(book, credit, on, ruleFor(book, 'repayment'))
  useCredit(book, credit - payment.left)
}

/** A down payment that is paid at once comes out of the customer's credit first, and pays what was due before first. */
function payDown(book: Book, down: bigint, on: Day): void {
  if (down === 0n) return
  useCredit(book, minMinor(book.credit, down))
  pay(book, down, on, ruleFor(book, 'down-payment'), ['past-due', 'due'])
}

function charge(book: Book, component: 'fee' | 'penalty', amount: bigint, on: Day): void {
  const index = periodIndex(book, on)
  if (index < book.firstOpen) book.firstOpen = index
  ask(book, book.plan[index] ?? slotAfterMaturity(book, on), component, amount)
}

type Charged = 'fee' | 'penalty' | 'interest'

function ask(book: Book, slot: Slot, component: Charged, amount: bigint): void {
  addTo(slot.owing, component, amount)
  if (book.credit > 0n) payFromOverpayments(book, slot, component)
}

/** Money taken beyond the debt pays what is asked for later, as if it had been known when the money came. */
function payFromOverpayments(book: Book, slot: Slot, component: Charged): void {
  for (let at = 0; at < book.allocated.length; at++) {
    const row = book.allocated[at]!
    const left = minMinor(owedOf(slot, component), book.credit)
    const part = givesCreditBack.has(row.type) ? 0n : minMinor(left, row.overpaid)
    if (part <= 0n) continue
    book.allocated[at] = { ...row, [component]: row[component] + part, overpaid: row.overpaid - part }
    useCredit(book, part)
    addPaid(slot, component, part)
    if (row.on < slot.dueOn) slot.paidInAdvance += part
    else if (row.on > slot.dueOn) slot.paidLate += part
  }
}

/** Of these `overpaid` is what they took out of the credit. */
const givesCreditBack: ReadonlySet<LoanEvent['type']> = new Set(['chargeback', 'credit-balance-refund'])

function waive(book: Book, event: Extract<LoanEvent, { type: 'waiver' }>, on: Day): void {
  workOutAll(book)
  let left = event.amount
  const slots: Slot[] = [...book.extras, ...book.plan].sort((a, b) => a.due - b.due)
  for (const slot of slots) {
    const part = minMinor(left, owedOf(slot, event.component))
    if (part <= 0n) continue
    left -= part
    forgive(book, slot, event.component, part, on)
  }
  if (left > 0n) {
    throw new LoanProblem(
      'waiver-exceeds-owed',
      `only ${formatMinor(event.amount - left, book.terms.currency)} of ${event.component} is owed`,
      'amount',
    )
  }
  record(book, event, event.amount, { amounts: { ...noAmounts(), [event.component]: event.amount }, overpaid: 0n })
}

/** Principal forgiven is a loss like one written off; the rest is waived. */
function forgive(book: Book, slot: Slot, component: Component, part: bigint, on: Day): void {
  const index = book.plan.indexOf(slot)
  if (component === 'principal') addWrittenOff(slot, component, part)
  else addWaived(slot, component, part)
  if (index < 0) return
  if (component === 'principal') followPrincipal(book, slot, index, part, on)
  touch(book, index)
}

/** Everything outstanding is lost: principal, and of charges what was earned; what was not yet earned lapses. */
function chargeOff(book: Book, event: LoanEvent, on: Day): void {
  bearLateInterest(book, on)
  workOutAll(book)
  const lost = noAmounts()
  for (const slot of [...book.extras, ...book.plan]) {
    for (const component of ['penalty', 'fee', 'interest', 'principal'] as const) {
      const earned = component === 'principal' || slot.due <= on
      const amount = earned ? owedOf(slot, component) : 0n
      addWrittenOff(slot, component, amount)
      lost[component] += amount
      slot.owing[component] = settledOf(slot, component)
    }
  }
  book.outstanding = 0n
  book.chargedOffOn = on
  const amount = lost.principal + lost.interest + lost.fee + lost.penalty
  record(book, event, amount, { amounts: lost, overpaid: 0n })
}

/** Which a reversal undoes. */
function hadChargeOff({ events, reversed }: Book): boolean {
  return events.some((event) => event.type === 'charge-off' && reversed.has(event.id))
}

function recover(book: Book, event: LoanEvent, amount: bigint): void {
  if (book.chargedOffOn === null) {
    throw nothingChargedOff()
  }
  book.totals.recovered += amount
  record(book, event, amount, { amounts: noAmounts(), overpaid: 0n })
}
