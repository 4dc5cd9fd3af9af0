/** Purchases on credit: authorized, captured into loans, voided, expired, refunded. */
import { accounts } from '../../core/journal/accounts.ts'
import { encodeTerms } from '../../core/loan/index.ts'
import { formatMinor, type Minor, maxMinor, minMinor } from '../../core/money.ts'
import { findPlan, merchantFee, planLoan, requireOffered } from '../../core/program/plan.ts'
import type { ProgramTerms } from '../../core/program/terms.ts'
import { roundQuotient } from '../../core/rounding.ts'
import { once, postReply } from '../journal/post.ts'
import type { JournalEvent, Operation, Reply } from '../journal/types.ts'
import * as lines from '../lines/service.ts'
import { type Line, viewOfLine } from '../lines/types.ts'
import { type Movement, move, open, rowOfLoan } from '../loans/book.ts'
import * as loans from '../loans/service.ts'
import { listLoansOfCharge } from '../loans/store.ts'
import type { Loan } from '../loans/types.ts'
import * as merchants from '../parties/merchants.ts'
import type { Context } from '../platform/context.ts'
import { Problem, problem } from '../platform/errors.ts'
import * as programs from '../programs/service.ts'
import { decideCharge } from '../risk/decide.ts'
import * as store from './store.ts'
import { type Charge, type ChargeView, heldOf, type RefundView, rowOfCharge, viewOfCharge } from './types.ts'

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

/** What happens, in the order it happens; the limit itself is checked where it is written. */
export async function authorize(ctx: Context, order: NewCharge): Promise<Reply<ChargeView>> {
  return once(ctx, lines.shardOfLine(order.lineId), () => lines.retryConflicts(() => decideAndPost(ctx, order)))
}

async function decideAndPost(ctx: Context, order: NewCharge): Promise<Reply<ChargeView>> {
  const [line, merchant] = await Promise.all([lines.find(ctx, order.lineId), merchants.find(ctx, order.merchantId)])
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
    charges: [rowOfCharge(ctx.tenantId, capture.charge)],
    loans: [rowOfLoan(ctx.tenantId, capture.movement.loan, ctx.today())],
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
    const { available, limit } = viewOfLine(line)
    const money = (amount: Minor) => formatMinor(amount, line.currency)
    const detail = `${money(available)} of a limit of ${money(limit)} ${line.currency} is available.`
    throw problem('limit-exceeded', { detail, extra: { available } })
  }
}

function refuseMismatch(line: Line, merchant: merchants.MerchantView, order: NewCharge): void {
  if (order.currency !== line.currency) {
    throw problem('currency-mismatch', { detail: `The line is in ${line.currency}, the order in ${order.currency}.` })
  }
  if (merchant.status !== 'active') throw problem('merchant-suspended')
  if (line.status !== 'active') throw problem('line-not-active', { extra: { status: line.status } })
}

function requireStatement(line: Line): string {
  if (line.nextStatementOn === null) throw problem('line-not-active', { extra: { status: line.status } })
  return line.nextStatementOn
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
    createdAt: ctx.now().toString(),
    expiresAt: ctx
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
    charges: [rowOfCharge(ctx.tenantId, charge)],
    events: [event],
  }
  return postReply(ctx, line.shard, operation, 201, viewOfCharge(charge, []))
}

function eventOf(charge: Charge, type: string, data: Record<string, unknown>): JournalEvent {
  const { lineId, id: chargeId, merchantId, currency, reference } = charge
  return { type, lineId, chargeId, merchantId, currency, legs: [], data: { ...data, reference } }
}

interface CaptureCase {
  readonly line: Line
  readonly terms: ProgramTerms
  readonly charge: Charge
  readonly merchant: merchants.MerchantView
  readonly amount: Minor
  /** What of a hold goes back to the limit with its last capture. */
  readonly released: Minor
}

/** Turns held money, or a purchase in one step, into a loan; the merchant is owed it less the fee. */
function captureOf(
  ctx: Context,
  { line, terms, charge, merchant, amount, released }: CaptureCase,
): { charge: Charge; movement: Movement } {
  // The amount was held to the plan's range as a whole; a part of it may be smaller.
  const plan = { ...findPlan(terms, charge.plan), minAmount: 0n, maxAmount: null }
  const planned = planLoan(terms, plan, { amount, on: ctx.today(), statementOn: requireStatement(line) })
  const fee = merchantFee(terms, merchant.feePercent, amount)
  const kept = minMinor(fee + planned.merchantSubsidy, amount)
  const payable = accounts.merchantPayable(merchant.id)
  const loan = {
    shard: line.shard,
    id: ctx.platform.ids.create('loa', line.shard),
    lineId: line.id,
    chargeId: charge.id,
    merchantId: merchant.id,
    programId: line.programId,
    termsVersion: line.termsVersion,
    currency: line.currency,
    plan: plan.code,
    terms: planned.loan.terms,
    events: [],
    eventSeqs: [],
    postedOn: ctx.today(),
    funding: terms.funding,
    openedOn: ctx.today(),
    state: planned.loan,
  }
  const movement = open(loan, terms, {
    type: 'charge.captured',
    today: ctx.today(),
    counter: payable,
    legs: [{ account: accounts.merchantFeeIncome(line.programId), amount: -kept }],
    data: {
      amount,
      released,
      fee,
      subsidy: planned.merchantSubsidy,
      plan: plan.code,
      programId: line.programId,
      termsVersion: line.termsVersion,
      loanTerms: encodeTerms(planned.loan.terms),
      reference: charge.reference,
    },
  })
  const capturedMinor = charge.capturedMinor + amount
  const releasedMinor = charge.releasedMinor + released
  const done = capturedMinor + releasedMinor === charge.amountMinor
  return {
    charge: {
      ...charge,
      capturedMinor,
      releasedMinor,
      feeMinor: charge.feeMinor + kept,
      status: done ? 'captured' : 'authorized',
      expiresAt: done ? null : charge.expiresAt,
    },
    movement,
  }
}

export interface CaptureRequest {
  readonly amount?: Minor
  /** Gives what is not captured back to the limit. */
  readonly final?: boolean
}

/** Full, partial, several: each capture makes a loan of its own. */
export function capture(ctx: Context, chargeId: string, request: CaptureRequest): Promise<Reply<ChargeView>> {
  return withCharge(ctx, chargeId, async (line, charge) => {
    refuseUnlessHeld(ctx, charge, 'capture')
    const held = heldOf(charge)
    const amount = request.amount ?? held
    if (amount > held) {
      const detail = `${formatMinor(held, charge.currency)} ${charge.currency} is still held, less than the amount to capture.`
      throw problem('capture-above-held', { detail, extra: { held } })
    }
    const merchant = await merchants.find(ctx, charge.merchantId)
    const terms = await programs.termsOf(ctx, line.programId, line.termsVersion)
    const released = request.final === true ? held - amount : 0n
    const { charge: captured, movement } = captureOf(ctx, { line, terms, charge, merchant, amount, released })
    const operation: Operation = {
      line: { id: line.id, version: line.version, held: -(amount + released), owed: movement.owed },
      charges: [rowOfCharge(ctx.tenantId, captured)],
      loans: [rowOfLoan(ctx.tenantId, movement.loan, ctx.today())],
      events: [movement.event],
    }
    return postReply(ctx, line.shard, operation, 200, viewOfCharge(captured, [movement.loan.id]))
  })
}

/** Gives what is held back to the limit. */
export function voidCharge(ctx: Context, chargeId: string): Promise<Reply<ChargeView>> {
  return withCharge(ctx, chargeId, async (line, charge) => {
    refuseUnlessHeld(ctx, charge, 'void')
    return release(ctx, line, charge, 'voided')
  })
}

/** Gives a hold back whose time has run out; nothing where somebody else dealt with it meanwhile. */
export async function expire(ctx: Context, chargeId: string): Promise<boolean> {
  const reply = await withCharge<ChargeView | null>(ctx, chargeId, async (line, charge) => {
    if (charge.status !== 'authorized') return { status: 200, body: null, replayed: false }
    return release(ctx, line, charge, 'expired')
  })
  return reply.body !== null
}

function release(ctx: Context, line: Line, charge: Charge, as: 'voided' | 'expired'): Promise<Reply<ChargeView>> {
  const held = heldOf(charge)
  const released: Charge = {
    ...charge,
    releasedMinor: charge.releasedMinor + held,
    status: charge.capturedMinor > 0n ? 'captured' : as,
    expiresAt: null,
  }
  const operation: Operation = {
    line: { id: line.id, version: line.version, held: -held },
    charges: [rowOfCharge(ctx.tenantId, released)],
    events: [eventOf(charge, `charge.${as}`, { released: held })],
  }
  return postReply(ctx, line.shard, operation, 200, viewOfCharge(released, []))
}

function refuseUnlessHeld(ctx: Context, charge: Charge, verb: string): void {
  if (charge.status !== 'authorized') {
    throw problem('charge-wrong-state', {
      detail: `Can't ${verb} a charge that is ${charge.status}.`,
      extra: { status: charge.status },
    })
  }
  const expiresAt = charge.expiresAt
  if (expiresAt !== null && Temporal.Instant.compare(Temporal.Instant.from(expiresAt), ctx.now()) <= 0) {
    throw problem('hold-expired', { detail: `The hold ran out at ${expiresAt}.` })
  }
}

export interface RefundRequest {
  readonly amount: Minor
  readonly reference?: string
}

/**
 * Full, partial, several, after any number of repayments. The loans of the last captures go first; in each, the last
 * instalments. What the customer had already paid becomes credit, or is paid back, as the program says.
 */
export function refund(ctx: Context, chargeId: string, request: RefundRequest): Promise<Reply<RefundView>> {
  return withCharge(ctx, chargeId, async (line, charge) => {
    const left = charge.capturedMinor - charge.refundedMinor
    if (request.amount > left) {
      const detail = `${formatMinor(left, charge.currency)} ${charge.currency} of this charge can still be refunded.`
      throw problem('refund-above-captured', { detail, extra: { refundable: left } })
    }
    const terms = await programs.termsOf(ctx, line.programId, line.termsVersion)
    const refundId = ctx.platform.ids.create('ref', line.shard)
    const refunded = refundedCharge(charge, request.amount, terms)
    const feeBack = refunded.feeReturnedMinor - charge.feeReturnedMinor
    const movements = await refundMovements(ctx, {
      charge,
      terms,
      refundId,
      amount: request.amount,
      feeBack,
      reference: request.reference ?? null,
    })
    const operation = loans.operationOf(ctx, line, movements)
    const paidBack = paidBackBy(movements)
    const credited = operation.line!.credit!
    const view: RefundView = {
      id: refundId,
      chargeId,
      amount: request.amount,
      debtReduced: request.amount - credited - paidBack,
      credited,
      paidBack,
      reference: request.reference ?? null,
      createdAt: ctx.now().toString(),
      charge: viewOfCharge(refunded, [...new Set(movements.map((movement) => movement.loan.id))]),
    }
    const rows = { charges: [rowOfCharge(ctx.tenantId, refunded)], refunds: [rowOfRefund(ctx, line, view)] }
    return postReply(ctx, line.shard, { ...operation, ...rows }, 201, view)
  })
}

function refundedCharge(charge: Charge, amount: Minor, terms: ProgramTerms): Charge {
  const refundedMinor = charge.refundedMinor + amount
  const target = terms.refundsReturnFee
    ? roundQuotient(charge.feeMinor * refundedMinor, charge.capturedMinor, terms.rounding)
    : 0n
  return { ...charge, refundedMinor, feeReturnedMinor: maxMinor(target, charge.feeReturnedMinor) }
}

interface RefundCase {
  readonly charge: Charge
  readonly terms: ProgramTerms
  readonly refundId: string
  readonly amount: Minor
  readonly feeBack: Minor
  readonly reference: string | null
}

async function refundMovements(ctx: Context, refundCase: RefundCase): Promise<Movement[]> {
  const { charge, terms, refundId, amount, reference } = refundCase
  const captured = (await listLoansOfCharge(ctx, charge.shard, charge.lineId, charge.id)).toReversed()
  const movements: Movement[] = []
  let left = amount
  let { feeBack } = refundCase
  for (const loan of captured) {
    const part = minMinor(left, refundable(loan))
    if (part === 0n) continue
    const movement = move(loan, terms, {
      type: 'charge.refunded',
      today: ctx.today(),
      loanEvent: { type: 'purchase-refund', ...loans.stamp(ctx), amount: part },
      counter: accounts.merchantPayable(charge.merchantId),
      legs: [{ account: accounts.merchantFeeIncome(loan.programId), amount: feeBack }],
      data: { refundId, amount: part, feeBack, reference },
    })
    movements.push(movement)
    if (terms.refundSurplus === 'pay-back' && movement.credit > 0n)
      movements.push(payBack(ctx, movement, terms, refundId))
    left -= part
    feeBack = 0n
  }
  return movements
}

/** What of a loan's purchase has not been refunded yet. */
function refundable(loan: Loan): Minor {
  const refunded = loan.events.reduce((sum, event) => sum + (event.type === 'purchase-refund' ? event.amount : 0n), 0n)
  return loan.terms.principal - refunded
}

function payBack(ctx: Context, refunded: Movement, terms: ProgramTerms, refundId: string): Movement {
  return move(refunded.loan, terms, {
    type: 'customer.paid-back',
    today: ctx.today(),
    loanEvent: { type: 'credit-balance-refund', ...loans.stamp(ctx), amount: refunded.credit },
    counter: accounts.bank,
    data: { refundId, amount: refunded.credit },
  })
}

function paidBackBy(movements: readonly Movement[]): Minor {
  return movements
    .filter((movement) => movement.event.type === 'customer.paid-back')
    .reduce((sum, movement) => sum - movement.credit, 0n)
}

function rowOfRefund(ctx: Context, line: Line, refund: RefundView): Record<string, unknown> {
  return {
    shard: line.shard,
    id: refund.id,
    tenant_id: ctx.tenantId,
    charge_id: refund.chargeId,
    line_id: line.id,
    amount_minor: refund.amount,
    debt_minor: refund.debtReduced,
    credit_minor: refund.credited,
    paid_back_minor: refund.paidBack,
    reference: refund.reference,
    created_at: refund.createdAt,
  }
}

export async function find(ctx: Context, chargeId: string): Promise<Charge> {
  const charge = await store.findCharge(ctx, chargeId)
  if (charge === undefined) throw problem('not-found', { detail: `There is no charge ${chargeId}.` })
  return charge
}

export async function view(ctx: Context, chargeId: string): Promise<ChargeView> {
  const charge = await find(ctx, chargeId)
  const opened = await listLoansOfCharge(ctx, charge.shard, charge.lineId, charge.id)
  return viewOfCharge(
    charge,
    opened.map((loan) => loan.id),
  )
}

export async function listOf(ctx: Context, line: Line, after: string, limit: number): Promise<ChargeView[]> {
  const charges = await store.listCharges(ctx, line.shard, line.id, after, limit)
  return charges.map((charge) => viewOfCharge(charge, []))
}

async function withCharge<Body>(
  ctx: Context,
  chargeId: string,
  work: (line: Line, charge: Charge) => Promise<Reply<Body>>,
): Promise<Reply<Body>> {
  const { lineId } = await find(ctx, chargeId)
  return lines.withLine(ctx, lineId, async (line) => work(line, await find(ctx, chargeId)))
}
