/** From a product's plan and an amount to the contract of one loan. */
import { formatDecimal, fraction, multiply, parseDecimal } from '../fraction.ts'
import { kept } from '../keep.ts'
import { openLoan } from '../loan/index.ts'
import type { AllocationRule, AllocationStep, LoanState, LoanTerms } from '../loan/types.ts'
import { type Minor, minMinor } from '../money.ts'
import { Problem } from '../problem.ts'
import { roundQuotient } from '../rounding.ts'
import { billDueDates } from './cycle.ts'
import type { Component, Plan, ProgramTerms } from './terms.ts'

export class PlanProblem extends Problem {}

export interface Purchase {
  readonly amount: Minor
  readonly on: string
  /** The statement that bills the first instalment. */
  readonly statementOn: string
}

/** A plan worked out for an amount: what the customer signs. */
export interface PlannedLoan {
  readonly plan: Plan
  readonly loan: LoanState
  /** Interest the merchant pays in the customer's stead. */
  readonly merchantSubsidy: Minor
}

/** Throws `unknown-plan`. */
export function findPlan(terms: ProgramTerms, code: string): Plan {
  const plan = terms.plans.find((candidate) => candidate.code === code)
  if (plan === undefined) {
    const offered = terms.plans.map((candidate) => candidate.code).join(', ')
    throw new PlanProblem('unknown-plan', `The program offers no plan "${code}"; it offers ${offered}.`, 'plan')
  }
  return plan
}

export function offersAmount(plan: Plan, amount: Minor): boolean {
  // A plan of n instalments needs at least n minor units, or instalments of nothing would be due.
  return (
    amount >= plan.minAmount &&
    (plan.maxAmount === null || amount <= plan.maxAmount) &&
    amount >= BigInt(plan.instalments)
  )
}

/** Throws `plan-not-offered` for an amount outside the plan's range. */
export function requireOffered(plan: Plan, amount: Minor): void {
  if (offersAmount(plan, amount)) return
  throw new PlanProblem('plan-not-offered', `Plan "${plan.code}" is not offered for this amount.`, 'plan')
}

/** Throws `plan-not-offered` for an amount outside the plan's range. */
export function planLoan(terms: ProgramTerms, plan: Plan, purchase: Purchase): PlannedLoan {
  requireOffered(plan, purchase.amount)
  const full = openLoan(loanTerms(terms, plan, purchase))
  if (plan.paidBy === 'customer') return { plan, loan: full, merchantSubsidy: 0n }
  const free = openLoan({ ...full.terms, annualRatePercent: '0' })
  return { plan, loan: free, merchantSubsidy: totalInterest(full) }
}

/** Interest of all instalments. */
export function totalInterest({ instalments }: Pick<LoanState, 'instalments'>): Minor {
  return instalments.reduce((sum, instalment) => sum + instalment.interest, 0n)
}

/** The contract of a loan that finances a purchase under a plan. */
export function loanTerms(terms: ProgramTerms, plan: Plan, purchase: Purchase): LoanTerms {
  // A purchase that a minimum payment may carry over bears its revolving interest by days.
  const revolves = terms.minimumPayment !== null && plan.method === 'bullet'
  const perPeriod = plan.rate.per === 'period' && !revolves
  return {
    currency: terms.currency,
    principal: purchase.amount,
    annualRatePercent: plan.rate.per === 'period' ? timesTwelve(plan.rate.percent) : plan.rate.percent,
    method: plan.method,
    instalments: plan.instalments,
    every: { n: 1, unit: 'month' },
    disbursedOn: purchase.on,
    firstDueOn: null,
    dueDates: billDueDates(terms.cycle, purchase.statementOn, plan.instalments),
    dayCount: 'actual/365',
    interestPeriod: perPeriod ? 'whole-period' : 'daily',
    interestRecalculation: 'daily',
    // Late money costs the program's late charge or revolving interest, stated apart; not more instalment interest.
    overdueInterest: false,
    // A bill's charge is for the whole bill; of later ones early money saves all.
    earlyInterest: perPeriod ? 'to-due-date' : 'to-day',
    earlyFlat: 'forgiven',
    lastInstalment: 'remainder',
    rounding: terms.rounding,
    instalmentMultiple: null,
    downPaymentPercent: null,
    downPaymentPaid: false,
    principalGrace: 0,
    interestFreePeriods: 0,
    allocation: allocationOf(terms.allocation),
  }
}

const timesTwelve = timesWhole(12n)

/** The revolving rate as percent a year of 365 days. */
export const yearlyOfDaily = timesWhole(365n)

/** Rates of plans: a handful, asked for with every purchase. Bounded, because a draft may hold any. */
function timesWhole(times: bigint): (percent: string) => string {
  const product = (percent: string) =>
    formatDecimal(multiply(parseDecimal(percent), fraction(times)), 10).replace(/\.?0+$/, '')
  return kept(product, 1_000)
}

const timings = ['past-due', 'due', 'in-advance'] as const

const usual: readonly Component[] = ['penalty', 'fee', 'interest', 'principal']

/** Null is the usual order, which need not be written into every contract. */
function allocationOf(components: readonly Component[]): LoanTerms['allocation'] {
  const isUsual = components.length === usual.length && components.every((component, at) => component === usual[at])
  return isUsual ? null : { default: allocationRule(components) }
}

/** The program's order of components, past due before due before in advance. */
function allocationRule(components: readonly Component[]): AllocationRule {
  const order = timings.flatMap((timing) => components.map((component): AllocationStep => `${timing}-${component}`))
  return { order, surplus: 'next', across: 'horizontal' }
}

/** percent of an amount, rounded once. */
export function percentOf(amount: Minor, percent: string, rounding: ProgramTerms['rounding']): Minor {
  const { num, den } = parseDecimal(percent)
  return roundQuotient(amount * num, den * 100n, rounding)
}

/** What a merchant pays of a capture. */
export function merchantFee(terms: ProgramTerms, ownPercent: string | null, captured: Minor): Minor {
  return minMinor(percentOf(captured, ownPercent ?? terms.merchantFeePercent, terms.rounding), captured)
}
