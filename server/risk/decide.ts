/**
 * What risk says. Every automated decision is an outcome with reasons a person can be told; who decides (today these
 * transparent rules, later scorecards and models) is named in it.
 */
import { type Minor, maxMinor, minMinor } from '../../core/money.ts'
import type { ProgramTerms } from '../../core/program/terms.ts'
import type { Context } from '../platform/context.ts'

export interface Reason {
  readonly code: string
  /** In words for the customer. */
  readonly text: string
}

export interface Decision {
  readonly outcome: 'approve' | 'decline'
  readonly reasons: readonly Reason[]
  /** Who decided, so that a decision can be repeated. */
  readonly policy: string
}

export interface LimitDecision extends Decision {
  readonly limit: Minor
}

/** What the applicant or the scene partner tells; each is optional, none is trusted beyond these rules. */
export interface Profile {
  readonly monthlyIncome?: Minor
  readonly monthlySpend?: Minor
  readonly ordersLastYear?: number
  readonly age?: number
}

export interface Application {
  readonly terms: ProgramTerms
  readonly kind: 'consumer' | 'business'
  readonly profile: Profile
  /** Other lines of the same customer. */
  readonly linesOpen: number
  readonly daysPastDue: number
}

const policy = 'simple-1'

/** A line's first limit. Declines name every reason, not only the first. */
export async function decideLine(_ctx: Context, application: Application): Promise<LimitDecision> {
  const against = refusals(application)
  if (against.length > 0) return { outcome: 'decline', limit: 0n, reasons: against, policy }
  const { limit, reason } = firstLimit(application.terms, application.profile)
  return { outcome: 'approve', limit, reasons: [reason], policy }
}

function refusals({ profile, daysPastDue }: Application): Reason[] {
  const reasons: Reason[] = []
  if (profile.age !== undefined && profile.age < 18) {
    reasons.push({ code: 'under-age', text: 'Credit is for people of 18 and older.' })
  }
  if (daysPastDue > 0) reasons.push({ code: 'past-due', text: 'An amount on another line is past due.' })
  if (profile.monthlyIncome === 0n) reasons.push({ code: 'no-income', text: 'No income was stated to repay from.' })
  return reasons
}

/** Two months' spending or half a month's income, whichever is lower, within the program's range; else its initial limit. */
function firstLimit(terms: ProgramTerms, profile: Profile): { limit: Minor; reason: Reason } {
  const { min, max, initial } = terms.limit
  const bounds = [
    ...(profile.monthlySpend === undefined ? [] : [profile.monthlySpend * 2n]),
    ...(profile.monthlyIncome === undefined ? [] : [profile.monthlyIncome / 2n]),
  ]
  if (bounds.length === 0) {
    return {
      limit: initial,
      reason: { code: 'initial-limit', text: 'The first limit of the product, without further data.' },
    }
  }
  const affordable = bounds.reduce(minMinor)
  const limit = maxMinor(min, minMinor(max, affordable))
  return {
    limit,
    reason: {
      code: 'affordable',
      text: 'Twice the monthly spending or half the monthly income, within the product’s range.',
    },
  }
}

export interface ChargeCase {
  readonly terms: ProgramTerms
  readonly amount: Minor
  readonly daysPastDue: number
}

/** Whether a purchase may go ahead, besides what the limit itself allows. */
export async function decideCharge(_ctx: Context, purchase: ChargeCase): Promise<Decision> {
  if (purchase.daysPastDue >= purchase.terms.suspendAfterDays) {
    const text = `An amount is ${purchase.daysPastDue} days past due; pay it to buy again.`
    return { outcome: 'decline', reasons: [{ code: 'past-due', text }], policy }
  }
  return { outcome: 'approve', reasons: [], policy }
}
