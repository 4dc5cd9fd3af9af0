/** The product review gate: what a program's terms cost at worst, held against the rules in force. */
import { compare, parseDecimal } from '../fraction.ts'
import type { LoanState } from '../loan/types.ts'
import type { Minor } from '../money.ts'
import { cnRates } from '../rates/index.ts'
import { allInCapOn, findRulePack, inForce, type RulePack } from '../rules/packs.ts'
import { dueOnOf, interestFreeDaysMax, monthBefore, nextStatementOn, statementAfter } from './cycle.ts'
import { planLoan } from './plan.ts'
import type { Plan, ProgramTerms } from './terms.ts'

export interface Breach {
  readonly rule: string
  readonly plan: string | null
  readonly detail: string
  readonly source: string
}

export interface PlanCost {
  readonly plan: string
  readonly irrPercent: string
  readonly simplePercent: string
}

export interface Review {
  readonly on: string
  readonly rulePack: string
  readonly capPercent: string | null
  readonly interestFreeDaysMax: number
  /**
   * Dearest case of each plan: bought on the statement day, so that the first bill comes soonest, or a month before it is
   * due, as 31 days bear more interest than the twelfth of a year they count for; in the dearest month.
   */
  readonly costs: readonly PlanCost[]
  readonly breaches: readonly Breach[]
}

/** Annualised cost of a loan as contracted, by the conventions of the People's Bank of China. */
export function annualRates({ terms, instalments }: Pick<LoanState, 'terms' | 'instalments'>): {
  irrPercent: string
  simplePercent: string
} {
  return cnRates({
    advances: [{ amount: terms.principal, on: terms.disbursedOn }],
    payments: instalments.map((instalment) => ({
      amount: instalment.principal + instalment.interest + instalment.fee,
      on: instalment.dueOn,
    })),
  })
}

export function reviewProgram(terms: ProgramTerms, on: string): Review {
  const pack = findRulePack(terms.rulePack)
  if (pack === undefined) {
    const detail = `There is no rule pack "${terms.rulePack}".`
    return {
      on,
      rulePack: terms.rulePack,
      capPercent: null,
      interestFreeDaysMax: interestFreeDaysMax(terms.cycle),
      costs: [],
      breaches: [{ rule: 'rule-pack', plan: null, detail, source: 'program terms' }],
    }
  }
  const cap = allInCapOn(pack, terms.lenderType, on)
  const costs = terms.plans.map((plan) => costOf(terms, plan, on))
  return {
    on,
    rulePack: pack.code,
    capPercent: cap?.percent ?? null,
    interestFreeDaysMax: interestFreeDaysMax(terms.cycle),
    costs,
    breaches: [
      ...costs.flatMap((cost) => overCap(cost, cap)),
      ...terms.plans.flatMap((plan) => tooLong(plan, pack, on)),
      ...revolvingOverCap(terms, cap),
      ...thinShares(terms, pack, on),
      ...limitTooHigh(terms, pack, on),
    ],
  }
}

/** A purchase large enough that rounding does not colour the rate. */
const sample: Minor = 1_000_000n

/** Four years have every month, also a February of 28 days, before which a bill of the next month comes three days sooner. */
const statementsAhead = 48

function costOf(terms: ProgramTerms, plan: Plan, on: string): PlanCost {
  if (plan.paidBy === 'merchant') return { plan: plan.code, irrPercent: '0', simplePercent: '0' }
  const bounds = { ...plan, minAmount: 0n, maxAmount: null }
  let statementOn = nextStatementOn(terms.cycle, on)
  let dearest: ReturnType<typeof annualRates> | null = null
  for (let index = 0; index < statementsAhead; index++) {
    for (const boughtOn of [statementOn, monthBefore(dueOnOf(terms.cycle, statementOn))]) {
      const { loan } = planLoan(terms, bounds, { amount: sample, on: boughtOn, statementOn })
      const rates = annualRates(loan)
      if (dearest === null || exceeds(rates.irrPercent, dearest.irrPercent)) dearest = rates
    }
    statementOn = statementAfter(statementOn)
  }
  return { plan: plan.code, ...dearest! }
}

function exceeds(percent: string, cap: string): boolean {
  return compare(parseDecimal(percent), parseDecimal(cap)) > 0
}

function overCap(cost: PlanCost, cap: RulePack['allInCap'][number] | undefined): Breach[] {
  if (cap === undefined || !exceeds(cost.irrPercent, cap.percent)) return []
  const detail = `Plan ${cost.plan} costs up to ${cost.irrPercent} % a year, above ${cap.percent} %; lower its rate.`
  return [{ rule: 'all-in-cap', plan: cost.plan, detail, source: cap.source }]
}

function revolvingOverCap(terms: ProgramTerms, cap: RulePack['allInCap'][number] | undefined): Breach[] {
  if (cap === undefined || terms.minimumPayment === null) return []
  const daily = parseDecimal(terms.minimumPayment.revolvingDailyPercent)
  const yearly = { num: daily.num * 365n, den: daily.den }
  if (compare(yearly, parseDecimal(cap.percent)) <= 0) return []
  const detail = `Revolving interest of ${terms.minimumPayment.revolvingDailyPercent} % a day is above ${cap.percent} % a year.`
  return [{ rule: 'all-in-cap', plan: null, detail, source: cap.source }]
}

function tooLong(plan: Plan, pack: RulePack, on: string): Breach[] {
  const longest = inForce(pack.instalmentMonthsMax, on)
  if (longest === undefined || plan.instalments <= longest.months) return []
  const detail = `Plan ${plan.code} runs ${plan.instalments} months, above ${longest.months}.`
  return [{ rule: 'instalment-months', plan: plan.code, detail, source: longest.source }]
}

function thinShares(terms: ProgramTerms, pack: RulePack, on: string): Breach[] {
  const least = inForce(pack.jointShareMin, on)
  if (least === undefined) return []
  return terms.funding.shares
    .filter((share) => share.basisPoints < least.basisPoints)
    .map((share) => ({
      rule: 'joint-share',
      plan: null,
      detail: `Funder ${share.funderId} carries ${share.basisPoints} of 10,000 parts, below ${least.basisPoints}.`,
      source: least.source,
    }))
}

function limitTooHigh(terms: ProgramTerms, pack: RulePack, on: string): Breach[] {
  const highest = inForce(pack.consumerLimit, on)
  if (highest === undefined || terms.currency !== highest.currency || terms.limit.max <= highest.amount) return []
  const detail = `The highest limit is ${terms.limit.max} ${terms.currency} minor units, above ${highest.amount} for a consumer.`
  return [{ rule: 'consumer-limit', plan: null, detail, source: highest.source }]
}
