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
import { PrintedJson } from '../platform/json.ts'
import * as programs from '../programs/service.ts'
import { quotePrinter } from './quote-printer.ts'

export interface QuoteRequest {
  readonly programId?: string
  readonly lineId?: string
  readonly amount: Minor
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
  /** Of each plan that is offered for this amount. */
  readonly plans: PrintedJson
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
  const { programId, lineId, terms, on, statementOn, withinLimit } = await basisOf(ctx, request)
  const { amount } = request
  let plans = ''
  for (const { plan, quotePlan } of offersOf(terms, on, statementOn)) {
    if (offersAmount(plan, amount)) plans += (plans === '' ? '[' : ',') + quotePlan(amount)
  }
  return {
    programId,
    lineId,
    currency: terms.currency,
    amount,
    on,
    statementOn,
    withinLimit,
    plans: new PrintedJson(plans === '' ? '[]' : `${plans}]`),
  }
}

/** Gives JSON. */
type QuotePlan = (amount: Minor) => string

interface Offer {
  readonly plan: Plan
  readonly quotePlan: QuotePlan
}

/** Of one day and the statement day that follows it. */
interface OffersOfDay {
  readonly on: string
  readonly statementOn: string
  readonly offers: readonly Offer[]
}

/** The latest first. */
const known = new WeakMap<ProgramTerms, readonly OffersOfDay[]>()

/** While bills close some lines of a program have their next statement a month later than others. */
const daysRemembered = 2

/**
 * Terms that are remembered are those of a version that was activated, and never change; their offers are kept beside them, those
 * of the days that were asked for last. A text of ids and days as key would have to be made and looked up for each quote.
 */
function offersOf(terms: ProgramTerms, on: string, statementOn: string): readonly Offer[] {
  const days = known.get(terms) ?? []
  const asked = days.find((day) => day.on === on && day.statementOn === statementOn)
  if (asked !== undefined) return asked.offers
  const offers = terms.plans.map((plan) => ({ plan, quotePlan: onceAsked(terms, plan, { on, statementOn }) }))
  known.set(terms, [{ on, statementOn, offers }, ...days.slice(0, daysRemembered - 1)])
  return offers
}

/** Made for the first amount that the plan is offered for. */
function onceAsked(terms: ProgramTerms, plan: Plan, dates: Omit<Purchase, 'amount'>): QuotePlan {
  let quotePlan: QuotePlan | null = null
  return (amount) => {
    quotePlan ??= quotePrinter(plan, planQuoter(terms, plan, dates))
    return quotePlan(amount)
  }
}

const nextStatements = new WeakMap<ProgramTerms, { readonly on: string; readonly statementOn: string }>()

/** The same for the day on which a new line would have its first statement. */
function statementAfter(terms: ProgramTerms, on: string): string {
  const last = nextStatements.get(terms)
  if (last?.on === on) return last.statementOn
  const statementOn = nextStatementOn(terms.cycle, on)
  nextStatements.set(terms, { on, statementOn })
  return statementOn
}

interface Basis {
  readonly programId: string
  readonly lineId: string | null
  readonly terms: ProgramTerms
  readonly on: string
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
  const { terms } = await programs.findActive(ctx, programId)
  const on = ctx.today()
  return { programId, lineId: null, terms, on, statementOn: statementAfter(terms, on), withinLimit: null }
}

async function basisOfLine(ctx: Context, lineId: string, amount: Minor): Promise<Basis> {
  const line = await lines.find(ctx, lineId)
  const terms = await programs.termsOf(ctx, line.programId, line.termsVersion)
  const on = ctx.today()
  return {
    programId: line.programId,
    lineId,
    terms,
    on,
    statementOn: line.nextStatementOn ?? statementAfter(terms, on),
    withinLimit: line.status === 'active' && line.heldMinor + line.owedMinor + amount <= line.limitMinor,
  }
}
