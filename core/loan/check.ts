/** Refuses terms and events that mean nothing, naming the field. */
import { parseDay } from '../calendar.ts'
import { parseDecimal } from '../fraction.ts'
import { currencyDecimals, formatMinor } from '../money.ts'
import { roundingNames } from '../rounding.ts'
import { isComputed } from './interest-refund.ts'
import { LoanProblem, nothingChargedOff } from './problem.ts'
import type { LoanEvent, LoanState, LoanTerms } from './types.ts'

/** Bounds that keep a calculation in milliseconds; far beyond any product. */
export const limits = {
  instalments: 1200,
  everyUnits: 1200,
  amount: 10n ** 18n,
  ratePercent: 1_000_000n,
} as const

/** Each time anew: a WeakSet of the terms that have been checked cost more, 1–2 µs each, mostly in garbage collection. */
export function checkTerms(terms: LoanTerms): void {
  currencyDecimals(terms.currency)
  checkAmount(terms.principal, 'principal')
  checkRate(terms.annualRatePercent, 'annualRatePercent')
  checkCount(terms.instalments, 1, limits.instalments, 'instalments')
  checkCount(terms.every.n, 1, limits.everyUnits, 'every.n')
  parseDay(terms.disbursedOn, 'disbursedOn')
  checkCount(terms.principalGrace, 0, terms.instalments - 1, 'principalGrace')
  checkCount(terms.interestFreePeriods, 0, terms.instalments, 'interestFreePeriods')
  checkOptional(terms)
}

function checkOptional(terms: LoanTerms): void {
  if (!roundingNames.includes(terms.rounding)) throw new LoanProblem('unknown-rounding', 'no such rounding', 'rounding')
  if (terms.instalmentMultiple !== null) checkAmount(terms.instalmentMultiple, 'instalmentMultiple')
  if (terms.downPaymentPercent !== null) checkPercentPart(terms.downPaymentPercent, 'downPaymentPercent')
  if (terms.dueDates !== undefined && terms.dueDates.length !== terms.instalments) {
    throw new LoanProblem('wrong-number-of-due-dates', `${terms.instalments} due dates are needed`, 'dueDates')
  }
  const { balloon } = terms
  if (balloon === undefined) return
  if (balloon < 0n || balloon > terms.principal || terms.method !== 'equal-instalment') {
    throw new LoanProblem(
      'balloon-not-possible',
      'a balloon is part of the principal of an equal-instalment loan',
      'balloon',
    )
  }
}

export function checkAmount(amount: bigint, field: string): void {
  if (typeof amount !== 'bigint' || amount <= 0n)
    throw new LoanProblem('not-positive', `${field} must be above zero`, field)
  if (amount > limits.amount) throw new LoanProblem('too-large', `${field} is beyond 10^18 minor units`, field)
}

function checkRate(text: string, field: string): void {
  const rate = decimalOf(text, field)
  if (rate.num < 0n) throw new LoanProblem('negative-rate', `${field} must not be negative`, field)
  if (rate.num > limits.ratePercent * rate.den) throw new LoanProblem('too-large', `${field} is beyond reason`, field)
}

function checkPercentPart(text: string, field: string): void {
  const part = decimalOf(text, field)
  if (part.num < 0n || part.num >= 100n * part.den) {
    throw new LoanProblem('percent-out-of-range', `${field} must be from 0 to below 100`, field)
  }
}

function decimalOf(text: string, field: string): { num: bigint; den: bigint } {
  try {
    return parseDecimal(text)
  } catch {
    throw new LoanProblem('malformed-decimal', `${field}: "${text}" is not a decimal number like "17.52"`, field)
  }
}

function checkCount(count: number, min: number, max: number, field: string): void {
  if (!Number.isInteger(count) || count < min || count > max) {
    throw new LoanProblem('out-of-range', `${field} must be a whole number from ${min} to ${max}`, field)
  }
}

/** What can be said of an event without its loan's history. */
export function checkEvent(terms: LoanTerms, event: LoanEvent): void {
  if (event.on < terms.disbursedOn) {
    throw new LoanProblem('before-loan', `${event.type} on ${event.on} is before the loan (${terms.disbursedOn})`, 'on')
  }
  if ('amount' in event && !isComputed(event)) checkAmount(event.amount, 'amount')
  if ('annualRatePercent' in event && event.annualRatePercent !== undefined) {
    checkRate(event.annualRatePercent, 'annualRatePercent')
  }
  if (event.type === 'deferral') checkDeferral(event)
  if (event.type === 'sale' && event.buyer === '') {
    throw new LoanProblem('no-buyer', 'a sale names its buyer', 'buyer')
  }
  if ('instalments' in event) checkCount(event.instalments, 1, limits.instalments, 'instalments')
}

function checkDeferral({ periods, until }: Extract<LoanEvent, { type: 'deferral' }>): void {
  if ((periods === undefined) === (until === undefined)) {
    throw new LoanProblem('deferral-unclear', 'a deferral is by a number of periods or until a day', 'periods')
  }
  if (periods !== undefined) checkCount(periods, 1, limits.everyUnits, 'periods')
  if (until !== undefined) parseDay(until, 'until')
}

/**
 * Changes of what a loan asks for, and when: of one that is charged off they change nothing, as all of it is given up. A
 * charge would be owed and could not be paid, as money that still comes is a recovery.
 */
export const changesDues: ReadonlySet<LoanEvent['type']> = new Set<LoanEvent['type']>([
  'rate-change',
  'interest-pause',
  'reschedule',
  're-age',
  're-amortise',
  'deferral',
  'contract-termination',
  'fee',
  'penalty',
  'extra-interest',
])

const needsDebt: ReadonlySet<LoanEvent['type']> = new Set<LoanEvent['type']>([
  ...changesDues,
  'disbursement',
  'repayment',
  'payoff',
  'waiver',
  'sale',
  'charge-off',
])

/** What the history forbids a new event; a fold of the past is not refused for it. */
export function checkNewEvent(state: LoanState, event: LoanEvent): void {
  if (state.events.some((other) => other.id === event.id)) {
    throw new LoanProblem('duplicate-event', `an event with the id "${event.id}" exists`, 'id')
  }
  const latest = state.events[state.events.length - 1]
  const isLatest = latest === undefined || event.on >= latest.on
  const isPaid = state.status === 'paid' || state.status === 'overpaid'
  const isLost = state.status === 'charged-off' && changesDues.has(event.type)
  if (isLatest && (isLost || (isPaid && needsDebt.has(event.type)))) {
    throw new LoanProblem('loan-closed', `the loan is ${state.status}; a ${event.type} has nothing to act on`, 'type')
  }
  if (state.status === 'charged-off' && event.type === 'charge-off') {
    throw new LoanProblem('already-charged-off', 'the loan is charged off', 'type')
  }
  if (isLatest && event.type === 'recovery' && state.status !== 'charged-off') {
    throw nothingChargedOff()
  }
  if (isLatest && event.type === 'credit-balance-refund' && event.amount > state.creditBalance) {
    throw new LoanProblem(
      'exceeds-credit',
      `the credit balance is ${formatMinor(state.creditBalance, state.terms.currency)}`,
      'amount',
    )
  }
}
