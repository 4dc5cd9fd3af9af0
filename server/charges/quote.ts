/** What a purchase would cost under each plan, before anybody signs. */

import type { Minor } from '../../core/money.ts'
import { nextStatementOn } from '../../core/program/cycle.ts'
import { offersAmount, type Purchase } from '../../core/program/plan.ts'
import { planQuoter } from '../../core/program/quote.ts'
import type { Plan, ProgramTerms } from '../../core/program/terms.ts'
import * as lines from '../lines/service.ts'
import type { LookedAhead } from '../platform/arrival.ts'
import type { Ahead, Context } from '../platform/context.ts'
import { problem } from '../platform/errors.ts'
import type { PrintedJson } from '../platform/json.ts'
import * as programs from '../programs/service.ts'
import { schedulePrinter } from './schedule-printer.ts'

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
  /** Rows of an instalment each. */
  readonly schedule: PrintedJson
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

/** Of a line its program is known only when the line is. */
export function lookAhead(
  ahead: Ahead,
  { programId, lineId }: Pick<QuoteRequest, 'programId' | 'lineId'>,
): LookedAhead {
  if (lineId !== undefined) lines.lookAhead(ahead, lineId)
  else if (programId !== undefined) return programs.lookAhead(ahead, programId)
}

export async function quote(ctx: Context, request: QuoteRequest): Promise<Quote> {
  const { programId, lineId, terms, termsVersion, statementOn, withinLimit } = await basisOf(ctx, request)
  const { amount } = request
  const on = ctx.today()
  const plans = terms.plans
    .filter((plan) => offersAmount(plan, amount))
    .map((plan) => quoterOf(`${programId}/${termsVersion}/${plan.code}`, terms, plan, { on, statementOn })(amount))
  return { programId, lineId, currency: terms.currency, amount, on, statementOn, withinLimit, plans }
}

type QuotePlan = (amount: Minor) => PlanQuote

const quoters = new Map<string, QuotePlan>()
const remembered = 1_000

/** `product` names a plan of one version of terms. Those never change once activated, so remembering can't answer wrongly. */
function quoterOf(product: string, terms: ProgramTerms, plan: Plan, dates: Omit<Purchase, 'amount'>): QuotePlan {
  const key = `${product}/${dates.on}/${dates.statementOn}`
  const known = quoters.get(key)
  if (known !== undefined) return known
  const made = viewer(terms, plan, dates)
  if (quoters.size >= remembered) quoters.clear()
  quoters.set(key, made)
  return made
}

interface Basis {
  readonly programId: string
  readonly lineId: string | null
  readonly terms: ProgramTerms
  readonly termsVersion: number
  readonly statementOn: string
  readonly withinLimit: boolean | null
}

function basisOf(ctx: Context, request: QuoteRequest): Promise<Basis> {
  if ((request.lineId === undefined) === (request.programId === undefined)) {
    throw problem('invalid-request', { detail: 'Send either `lineId` or `programId`.' })
  }
  if (request.lineId !== undefined) return basisOfLine(ctx, request.lineId, request.amount)
  return basisOfProgram(ctx, request.programId!)
}

async function basisOfProgram(ctx: Context, programId: string): Promise<Basis> {
  const { version, terms } = await programs.findActive(ctx, programId)
  const statementOn = nextStatementOn(terms.cycle, ctx.today())
  return { programId, lineId: null, terms, termsVersion: version, statementOn, withinLimit: null }
}

async function basisOfLine(ctx: Context, lineId: string, amount: Minor): Promise<Basis> {
  const line = await lines.find(ctx, lineId)
  const terms = await programs.termsOf(ctx, line.programId, line.termsVersion)
  return {
    programId: line.programId,
    lineId,
    terms,
    termsVersion: line.termsVersion,
    statementOn: line.nextStatementOn ?? nextStatementOn(terms.cycle, ctx.today()),
    withinLimit: line.status === 'active' && line.heldMinor + line.owedMinor + amount <= line.limitMinor,
  }
}

function viewer(terms: ProgramTerms, plan: Plan, dates: Omit<Purchase, 'amount'>): QuotePlan {
  const { code, method, instalments, paidBy } = plan
  const quotePlan = planQuoter(terms, plan, dates)
  const printSchedule = schedulePrinter()
  return (amount) => {
    const { cost, irrPercent, simplePercent, instalments: rows } = quotePlan(amount)
    const total = amount + cost
    const schedule = printSchedule(rows)
    return { plan: code, method, instalments, paidBy, total, cost, irrPercent, simplePercent, schedule }
  }
}
