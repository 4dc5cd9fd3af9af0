/** What a purchase would cost under each plan, before anybody signs. */

import type { Minor } from '../../core/money.ts'
import { nextStatementOn } from '../../core/program/cycle.ts'
import { offersAmount, type PlannedTerms, quotePlan, totalInterest } from '../../core/program/plan.ts'
import { annualRates } from '../../core/program/review.ts'
import type { Plan, ProgramTerms } from '../../core/program/terms.ts'
import * as lines from '../lines/service.ts'
import type { Context } from '../platform/context.ts'
import { problem } from '../platform/errors.ts'
import * as programs from '../programs/service.ts'

export interface QuoteRequest {
  readonly programId?: string
  readonly lineId?: string
  readonly amount: Minor
}

export interface PlanQuote {
  readonly plan: string
  readonly method: string
  readonly instalments: number
  readonly paidBy: 'customer' | 'merchant'
  readonly total: Minor
  readonly cost: Minor
  /** Percent a year; the leading figure of what must be shown. */
  readonly irrPercent: string
  readonly simplePercent: string
  readonly schedule: readonly {
    n: number
    dueOn: string
    principal: Minor
    interest: Minor
    total: Minor
    balanceAfter: Minor
  }[]
}

export interface Quote {
  readonly programId: string
  readonly lineId: string | null
  readonly currency: string
  readonly amount: Minor
  readonly on: string
  readonly statementOn: string
  /** Whether the line's limit allows the purchase now; null without a line. */
  readonly withinLimit: boolean | null
  readonly plans: readonly PlanQuote[]
}

export async function quote(ctx: Context, request: QuoteRequest): Promise<Quote> {
  const basis = await basisOf(ctx, request)
  const { terms, ...rest } = basis
  const on = ctx.today()
  const purchase = { amount: request.amount, on, statementOn: basis.statementOn }
  const plans = terms.plans
    .filter((plan) => offersAmount(plan, request.amount))
    .map((plan) => viewOfPlan(plan, quotePlan(terms, plan, purchase)))
  return { ...rest, currency: terms.currency, amount: request.amount, on, plans }
}

interface Basis {
  readonly programId: string
  readonly lineId: string | null
  readonly terms: ProgramTerms
  readonly statementOn: string
  readonly withinLimit: boolean | null
}

async function basisOf(ctx: Context, request: QuoteRequest): Promise<Basis> {
  if ((request.lineId === undefined) === (request.programId === undefined)) {
    throw problem('invalid-request', { detail: 'Send either `lineId` or `programId`.' })
  }
  if (request.lineId !== undefined) return basisOfLine(ctx, request.lineId, request.amount)
  const program = await programs.findActive(ctx, request.programId!)
  const statementOn = nextStatementOn(program.terms.cycle, ctx.today())
  return { programId: program.id, lineId: null, terms: program.terms, statementOn, withinLimit: null }
}

async function basisOfLine(ctx: Context, lineId: string, amount: Minor): Promise<Basis> {
  const line = await lines.find(ctx, lineId)
  const terms = await programs.termsOf(ctx, line.programId, line.termsVersion)
  return {
    programId: line.programId,
    lineId,
    terms,
    statementOn: line.nextStatementOn ?? nextStatementOn(terms.cycle, ctx.today()),
    withinLimit: line.status === 'active' && line.heldMinor + line.owedMinor + amount <= line.limitMinor,
  }
}

function viewOfPlan(plan: Plan, loan: PlannedTerms): PlanQuote {
  const cost = totalInterest(loan)
  return {
    plan: plan.code,
    method: plan.method,
    instalments: plan.instalments,
    paidBy: plan.paidBy,
    total: loan.terms.principal + cost,
    cost,
    ...(cost === 0n ? { irrPercent: '0', simplePercent: '0' } : annualRates(loan)),
    schedule: loan.instalments.map(({ n, dueOn, principal, interest, balanceAfter }) => ({
      n,
      dueOn,
      principal,
      interest,
      total: principal + interest,
      balanceAfter,
    })),
  }
}
