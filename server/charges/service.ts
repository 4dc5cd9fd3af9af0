/** Purchases on credit: decided, then held or captured in one step. */
import { formatMinor, type Minor } from '../../core/money.ts'
import { findPlan, requireOffered } from '../../core/program/plan.ts'
import type { ProgramTerms } from '../../core/program/terms.ts'
import { once, postReply } from '../journal/post.ts'
import type { Operation, Reply } from '../journal/types.ts'
import * as lines from '../lines/service.ts'
import { availableOf, type Line } from '../lines/types.ts'
import { rowOfNewLoan } from '../loans/book.ts'
import { listLoansOfCharge } from '../loans/store.ts'
import * as merchants from '../parties/merchants.ts'
import type { MerchantView } from '../parties/types.ts'
import type { Introduction } from '../platform/auth.ts'
import type { Ahead, Context } from '../platform/context.ts'
import { Problem, problem } from '../platform/errors.ts'
import * as programs from '../programs/service.ts'
import { decideCharge } from '../risk/decide.ts'
import { captureOf, requireStatement } from './capture.ts'
import { eventOf, find } from './find.ts'
import * as store from './store.ts'
import { type AfterCapture, type Charge, type ChargeView, rowOfNewCharge, viewOfCharge } from './types.ts'

export interface NewCharge {
  readonly lineId: string
  readonly merchantId: string
  readonly amount: Minor
  readonly currency: string
  readonly plan: string
  /** True: a purchase in one step, authorized and captured. */
  readonly capture: boolean
  readonly reference?: string
}

/** What a purchase is decided on besides its caller. */
export function lookAhead(
  ahead: Ahead,
  { lineId, merchantId }: Pick<NewCharge, 'lineId' | 'merchantId'>,
): Promise<Introduction> {
  lines.lookAheadForPurchase(ahead, lineId)
  return merchants.lookAhead(ahead, merchantId)
}

/** What happens, in the order it happens; the limit itself is checked where it is written. */
export async function authorize(
  ctx: Context,
  order: NewCharge,
  afterCapture: AfterCapture,
): Promise<Reply<ChargeView>> {
  const shard = lines.shardOfLine(order.lineId)
  const merchant = merchants.find(ctx, order.merchantId)
  const reply = await once(ctx, shard, () => lines.retryConflicts(() => decideAndPost(ctx, order, merchant)))
  if (order.capture && !reply.replayed) await afterCapture(ctx, await merchant)
  return reply
}

async function decideAndPost(
  ctx: Context,
  order: NewCharge,
  seller: Promise<MerchantView>,
): Promise<Reply<ChargeView>> {
  const [line, merchant] = await Promise.all([lines.findAged(ctx, order.lineId), seller])
  const terms = await programs.termsOf(ctx, line.programId, line.termsVersion)
  refuseMismatch(line, merchant, order)
  const plan = findPlan(terms, order.plan)
  const statementOn = requireStatement(line)
  requireOffered(plan, order.amount)
  const decision = await decideCharge(ctx, { terms, amount: order.amount, daysPastDue: line.daysPastDue })
  if (decision.outcome === 'decline') throw declined(decision.reasons)

  const charge = newCharge(ctx, line, order, terms)
  if (!order.capture) return withinLimit(line, hold(ctx, line, charge))
  const capture = captureOf(ctx, { line, terms, charge, merchant, amount: order.amount, released: 0n })
  const operation: Operation = {
    line: { id: line.id, spend: order.amount, statementOn, owed: capture.movement.owed },
    charges: [rowOfNewCharge(ctx.tenantId, capture.charge)],
    loans: [rowOfNewLoan(ctx.tenantId, capture.movement.loan, ctx.today())],
    events: [capture.movement.event],
  }
  const view = viewOfCharge(capture.charge, [capture.movement.loan.id])
  return withinLimit(line, postReply(ctx, line.shard, operation, 201, view))
}

/** Adds the figures to the database's refusal: those read before it, so another purchase may have come in between. */
async function withinLimit<Body>(line: Line, posted: Promise<Reply<Body>>): Promise<Reply<Body>> {
  try {
    return await posted
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'limit-exceeded' || error.parts.detail !== undefined) throw error
    const available = availableOf(line)
    const money = (amount: Minor) => formatMinor(amount, line.currency)
    const detail = `${money(available)} of a limit of ${money(line.limitMinor)} ${line.currency} is available.`
    throw problem('limit-exceeded', { detail, extra: { available } })
  }
}

function refuseMismatch(line: Line, merchant: MerchantView, order: NewCharge): void {
  if (order.currency !== line.currency) {
    throw problem('currency-mismatch', { detail: `The line is in ${line.currency}, the order in ${order.currency}.` })
  }
  if (merchant.status !== 'active') throw problem('merchant-suspended')
  if (line.status !== 'active') throw problem('line-not-active', { extra: { lineStatus: line.status } })
}

function declined(reasons: readonly { code: string; text: string }[]) {
  return problem('charge-declined', { detail: reasons.map((reason) => reason.text).join(' '), extra: { reasons } })
}

function newCharge(ctx: Context, line: Line, order: NewCharge, terms: ProgramTerms): Charge {
  return {
    shard: line.shard,
    id: ctx.platform.ids.create('chg', line.shard),
    lineId: line.id,
    merchantId: order.merchantId,
    currency: line.currency,
    plan: order.plan,
    amountMinor: order.amount,
    capturedMinor: 0n,
    releasedMinor: 0n,
    refundedMinor: 0n,
    feeMinor: 0n,
    feeReturnedMinor: 0n,
    status: 'authorized',
    reference: order.reference ?? null,
    authorizedOn: ctx.today(),
    createdAt: ctx.timestamp(),
    // A purchase in one step holds nothing.
    expiresAt: order.capture
      ? null
      : ctx
          .now()
          .add({ hours: 24 * terms.holdDays })
          .toString(),
  }
}

function hold(ctx: Context, line: Line, charge: Charge): Promise<Reply<ChargeView>> {
  const { amountMinor: amount } = charge
  const event = eventOf(charge, 'charge.authorized', { amount, plan: charge.plan, expiresAt: charge.expiresAt })
  const operation: Operation = {
    line: { id: line.id, spend: amount, held: amount },
    charges: [rowOfNewCharge(ctx.tenantId, charge)],
    events: [event],
  }
  return postReply(ctx, line.shard, operation, 201, viewOfCharge(charge, []))
}

export async function view(ctx: Context, chargeId: string): Promise<ChargeView> {
  const charge = await find(ctx, chargeId)
  const opened = await listLoansOfCharge(ctx, charge)
  return viewOfCharge(
    charge,
    opened.map((loan) => loan.id),
  )
}

export async function listOf(ctx: Context, line: Line, after: string, limit: number): Promise<ChargeView[]> {
  const charges = await store.listCharges(ctx, line.shard, line.id, after, limit)
  return charges.map((charge) => viewOfCharge(charge, []))
}
