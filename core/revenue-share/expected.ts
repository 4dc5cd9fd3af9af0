import { type Day, formatDay, parseDay } from '../calendar.ts'
import type { Minor } from '../money.ts'
import { roundQuotient } from '../rounding.ts'
import { assertTerms, rateOf, shareOf } from './share.ts'
import { RevenueShareProblem, type RevenueShareTerms } from './types.ts'

export interface ExpectedTerm {
  readonly days: number
  readonly endsOn: string
  readonly dailySweep: Minor
  /** Effective annual rate if sales come as expected. */
  readonly ratePercent: string | null
}

/** Beyond this the share would never repay the advance. */
const MAX_DAYS = 3_650

/** How long an advance lasts, and what it then costs a year, if every day sells the same, from the day after it. */
export function expectedTerm(terms: RevenueShareTerms, dailySales: Minor): ExpectedTerm {
  const share = assertTerms(terms)
  const dailySweep = shareOf(dailySales, share, terms)
  const total = terms.advance + terms.fixedCost
  if (dailySweep <= 0n) throw new RevenueShareProblem('no-sales', 'these sales would never repay it', 'dailySales')
  const days = roundQuotient(total, dailySweep, 'up')
  if (days > BigInt(MAX_DAYS)) {
    throw new RevenueShareProblem('no-sales', `these sales would take more than ${MAX_DAYS} days`, 'dailySales')
  }
  const start = parseDay(terms.advancedOn)
  const payments = sweepsOf(start, Number(days), dailySweep, total)
  return {
    days: Number(days),
    endsOn: payments.at(-1)!.on,
    dailySweep,
    ratePercent: rateOf(terms, payments),
  }
}

function sweepsOf(start: Day, days: number, sweep: Minor, total: Minor): { on: string; amount: Minor }[] {
  return Array.from({ length: days }, (_, k) => ({
    on: formatDay(start + k + 1),
    amount: k + 1 === days ? total - sweep * BigInt(days - 1) : sweep,
  }))
}
