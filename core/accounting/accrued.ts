import { type Day, parseDay } from '../calendar.ts'
import type { Minor } from '../money.ts'
import { type Rounding, roundQuotient } from '../rounding.ts'

/** Interest of one period: earned evenly by its days. */
export interface InterestPeriodAmount {
  readonly fromOn: string
  readonly dueOn: string
  readonly interest: Minor
}

/**
 * Interest earned up to the end of a day: periods that have ended in full, the running one by its days. The running
 * part is rounded as a cumulative amount, so that the accruals of any days add up to the period's interest.
 */
export function accruedInterest(
  periods: readonly InterestPeriodAmount[],
  on: string,
  rounding: Rounding = 'half-even',
): Minor {
  const day = parseDay(on, 'on')
  return periods.reduce((sum, period) => sum + earnedOf(period, day, rounding), 0n)
}

/** What a journal books for the days after one date up to another. */
export function accruedBetween(
  periods: readonly InterestPeriodAmount[],
  after: string,
  upTo: string,
  rounding: Rounding = 'half-even',
): Minor {
  return accruedInterest(periods, upTo, rounding) - accruedInterest(periods, after, rounding)
}

function earnedOf(period: InterestPeriodAmount, day: Day, rounding: Rounding): Minor {
  const from = parseDay(period.fromOn)
  const due = parseDay(period.dueOn)
  if (day >= due) return period.interest
  if (day <= from) return 0n
  return roundQuotient(period.interest * BigInt(day - from), BigInt(due - from), rounding)
}
