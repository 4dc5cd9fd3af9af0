/** What happens as a debt grows old: buckets, late charges within the cap, revolving interest. */
import { daysBetween } from '../calendar.ts'
import { divide, fraction, multiply, parseDecimal, roundFraction } from '../fraction.ts'
import type { Instalment, LoanState } from '../loan/types.ts'
import { type Minor, maxMinor, minMinor } from '../money.ts'
import { unpaidComponent, unpaidOf } from './bill.ts'
import { percentOf } from './plan.ts'
import type { LateCharge, ProgramTerms } from './terms.ts'

/** First day past due of each bucket; M1 is 1 to 30 days, the names are those of card portfolios. */
const buckets = [
  { code: 'M7+', from: 181 },
  { code: 'M6', from: 151 },
  { code: 'M5', from: 121 },
  { code: 'M4', from: 91 },
  { code: 'M3', from: 61 },
  { code: 'M2', from: 31 },
  { code: 'M1', from: 1 },
] as const

export type Bucket = (typeof buckets)[number]['code'] | 'current'

export function bucketOf(daysPastDue: number): Bucket {
  return buckets.find((bucket) => daysPastDue >= bucket.from)?.code ?? 'current'
}

/** Days past due on which a reminder is due, besides the day a bucket changes. */
const reminderDays = [1, 7, 15]

export function isReminderDay(daysPastDue: number): boolean {
  return reminderDays.includes(daysPastDue)
}

type AgeingTerms = Pick<ProgramTerms, 'lateCharge' | 'suspendAfterDays'>

/** By terms, which never change: every purchase asks. */
const known = new WeakMap<AgeingTerms, readonly number[]>()

/** Days past due on which something happens to an overdue loan, ascending. */
export function milestones(terms: AgeingTerms): readonly number[] {
  const days = known.get(terms) ?? milestonesOf(terms)
  known.set(terms, days)
  return days
}

function milestonesOf({ lateCharge, suspendAfterDays }: AgeingTerms): readonly number[] {
  const days = new Set([...reminderDays, ...buckets.map((bucket) => bucket.from)])
  // The day before: its close leaves behind what the purchases of the day itself are decided on.
  if (suspendAfterDays > 1) days.add(suspendAfterDays - 1)
  if (lateCharge !== null) days.add(lateCharge.graceDays + 1)
  return [...days].toSorted((a, b) => a - b)
}

/**
 * The late charge of an instalment on the day after its days of grace, before the cap. Once per missed instalment, on
 * what is unpaid of its principal and interest.
 */
export function lateCharge(late: LateCharge, instalment: Instalment, rounding: ProgramTerms['rounding']): Minor {
  const unpaid = unpaidOf(instalment) - unpaidComponent(instalment, 'penalty')
  if (unpaid <= 0n) return 0n
  const charge = maxMinor(percentOf(unpaid, late.percent, rounding), late.floor)
  return late.ceiling === null ? charge : minMinor(charge, late.ceiling)
}

/**
 * How much more a loan may cost on a date before its all-in cost reaches `capPercent` a year of the principal actually
 * outstanding, by simple interest (actual/365): cap × Σ balance × days, less everything charged so far.
 */
export function costRoom(state: LoanState, on: string, capPercent: string): Minor {
  const allowed = roundFraction(
    divide(multiply(fraction(principalDays(state, on)), parseDecimal(capPercent)), fraction(36_500n)),
    'down',
  )
  return maxMinor(allowed - chargedBy(state, on), 0n)
}

/** Σ outstanding principal × days from disbursement to a date, in minor-unit days. */
export function principalDays(state: LoanState, on: string): bigint {
  const repaid = state.allocated
    .filter((money) => !money.reversed && money.on <= on)
    .reduce((sum, money) => sum + money.principal * BigInt(daysBetween(money.on, on)), 0n)
  return state.terms.principal * BigInt(Math.max(daysBetween(state.terms.disbursedOn, on), 0)) - repaid
}

/** Late charges count from the day they fall, although the next bill asks for them. */
function chargedBy(state: LoanState, on: string): Minor {
  return state.instalments.reduce((sum, { dueOn, interest, fee, penalty }) => {
    return sum + penalty + (dueOn <= on ? interest + fee : 0n)
  }, 0n)
}

/** What must be paid of a bill: everything but the part of newly billed principal that may be carried over. */
export function minimumDue(bill: { readonly total: Minor; readonly newPrincipal: Minor }, terms: ProgramTerms): Minor {
  if (terms.minimumPayment === null) return bill.total
  const rest = bill.total - bill.newPrincipal
  const part = percentOf(bill.newPrincipal, terms.minimumPayment.percent, terms.rounding)
  return minMinor(bill.total, maxMinor(rest + part, terms.minimumPayment.floor))
}
