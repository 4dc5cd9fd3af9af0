/** What a purchase would cost under a plan: as `planLoan`, for a purchase that nobody has made yet. */
import type { Instalment, LoanTerms } from '../loan/types.ts'
import type { Minor } from '../money.ts'
import { type CnRates, cnRatesOn } from '../rates/index.ts'
import { scheduler } from '../schedule/index.ts'
import { loanTerms, type Purchase, requireOffered, totalInterest } from './plan.ts'
import { annualRates } from './review.ts'
import type { Plan, ProgramTerms } from './terms.ts'

export interface PlanQuote extends CnRates {
  readonly instalments: readonly Instalment[]
  /** Interest the customer pays. */
  readonly cost: Minor
}

/** Throws `plan-not-offered` for an amount outside the plan's range. */
export type QuotePlan = (amount: Minor) => PlanQuote

const free: CnRates = { irrPercent: '0', simplePercent: '0' }

/**
 * Quotes of a plan for purchases of one day: its dates, rates by period and the time between payments are the same for every
 * amount and worked out once, which is two thirds of a quote.
 */
export function planQuoter(terms: ProgramTerms, plan: Plan, dates: Omit<Purchase, 'amount'>): QuotePlan {
  // Any amount: the schedule takes that of each quote.
  const contract = loanTerms(terms, plan, { ...dates, amount: 1n })
  const paid = plan.paidBy === 'customer' ? contract : { ...contract, annualRatePercent: '0' }
  const scheduleFor = scheduler(paid)
  const ratesFor = ratesOf(paid)
  return (amount) => {
    requireOffered(plan, amount)
    const instalments = scheduleFor(amount)
    const cost = totalInterest({ instalments })
    return { instalments, cost, ...(cost === 0n ? free : ratesFor(amount, instalments)) }
  }
}

/** The annual rates of the contract's loans: their instalments are due on its days, but for those that are of nothing, or of an opened loan that has other. */
function ratesOf(terms: LoanTerms): (principal: Minor, instalments: readonly Instalment[]) => CnRates {
  const days = terms.dueDates ?? []
  const rates = days.length === 0 ? null : cnRatesOn(terms.disbursedOn, days)
  return (principal, instalments) => {
    const isOnDays =
      instalments.length === days.length &&
      instalments.every((instalment, index) => instalment.dueOn === days[index] && costOf(instalment) > 0n)
    if (rates === null || !isOnDays) return annualRates({ terms: { ...terms, principal }, instalments })
    return rates(principal, (index) => costOf(instalments[index]!))
  }
}

const costOf = ({ principal, interest, fee }: Instalment): Minor => principal + interest + fee
