/** Holds, on their way to a loan or back to the limit. */
import { accounts } from '../../core/journal/accounts.ts'
import { encodeTerms } from '../../core/loan/index.ts'
import { formatMinor, type Minor, minMinor } from '../../core/money.ts'
import { findPlan, merchantFee, planLoan } from '../../core/program/plan.ts'
import type { Plan, ProgramTerms } from '../../core/program/terms.ts'
import { postReply } from '../journal/post.ts'
import type { Operation, Reply } from '../journal/types.ts'
import type { Line } from '../lines/types.ts'
import { intoDispute, type Regrouped } from '../loans/age.ts'
import { type Movement, open, rowOfNewLoan } from '../loans/book.ts'
import type { Loan } from '../loans/types.ts'
import * as merchants from '../parties/merchants.ts'
import type { MerchantView } from '../parties/types.ts'
import type { Context } from '../platform/context.ts'
import { problem } from '../platform/errors.ts'
import * as programs from '../programs/service.ts'
import { eventOf, find, underLine, withCharge } from './find.ts'
import type { StoredCharge } from './store.ts'
import { type AfterCapture, type Charge, type ChargeView, changesOfCharge, heldOf, viewOfCharge } from './types.ts'

/** The bill that a purchase of today goes on. */
export function requireStatement(line: Line): string {
  if (line.nextStatementOn === null) throw problem('line-not-active', { extra: { lineStatus: line.status } })
  return line.nextStatementOn
}

interface CaptureCase {
  readonly line: Line
  readonly terms: ProgramTerms
  readonly charge: Charge
  readonly merchant: MerchantView
  readonly amount: Minor
  /** What of a hold goes back to the limit with its last capture. */
  readonly released: Minor
}

/** Turns held money, or a purchase in one step, into a loan; the merchant is owed it less the fee. */
export function captureOf(
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
export async function capture(
  ctx: Context,
  chargeId: string,
  request: CaptureRequest,
  afterCapture: AfterCapture,
): Promise<Reply<ChargeView>> {
  const ahead = await find(ctx, chargeId)
  const seller = merchants.find(ctx, ahead.merchantId)
  // Where the line is not found nobody waits for the merchant.
  seller.catch(() => {})
  const reply = await underLine(ctx, ahead, async (line, charge) =>
    captureHeld(ctx, line, charge, await seller, request),
  )
  if (!reply.replayed) await afterCapture(ctx, await seller)
  return reply
}

async function captureHeld(
  ctx: Context,
  line: Line,
  charge: StoredCharge,
  merchant: MerchantView,
  request: CaptureRequest,
): Promise<Reply<ChargeView>> {
  refuseUnlessHeld(ctx, charge, 'capture')
  const held = heldOf(charge)
  const amount = request.amount ?? held
  if (amount > held) {
    const detail = `${formatMinor(held, charge.currency)} ${charge.currency} is still held, less than the amount to capture.`
    throw problem('capture-above-held', { detail, extra: { held } })
  }
  const terms = await programs.termsOf(ctx, line.programId, line.termsVersion)
  requireStatement(line)
  refuseTooSmall(findPlan(terms, charge.plan), charge, amount)
  const released = request.final === true ? held - amount : 0n
  const { charge: captured, movement } = captureOf(ctx, { line, terms, charge, merchant, amount, released })
  const { loan, events } = disputedAs(charge, movement.loan, ctx.today())
  const operation: Operation = {
    line: { id: line.id, version: line.version, held: -(amount + released), owed: movement.owed },
    charges: [changesOfCharge(captured)],
    loans: [rowOfNewLoan(ctx.tenantId, loan, ctx.today())],
    events: [movement.event, ...events],
  }
  return postReply(ctx, line.shard, operation, 200, viewOfCharge(captured, [movement.loan.id]))
}

/** The rest of an order that is disputed is not asked for either. */
function disputedAs({ disputeId }: StoredCharge, loan: Loan, on: string): Regrouped {
  return disputeId === null ? { loan, events: [] } : intoDispute(loan, on)
}

/** Of fewer minor units than instalments some of them would be of nothing. What a hold has left of that can only be voided. */
function refuseTooSmall({ code, instalments }: Plan, charge: Charge, amount: Minor): void {
  const least = BigInt(instalments)
  if (amount >= least) return
  const [needed, held] = [least, heldOf(charge)].map(
    (minor) => `${formatMinor(minor, charge.currency)} ${charge.currency}`,
  )
  throw problem('plan-not-offered', {
    detail: `A capture under plan "${code}" is at least ${needed}, a minor unit for each of its instalments; ${held} is held.`,
    remedy: 'Capture at least `least` at once; where less than that is held, void it.',
    extra: { least, held: heldOf(charge) },
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
    charges: [changesOfCharge(released)],
    events: [eventOf(charge, `charge.${as}`, { released: held })],
  }
  return postReply(ctx, line.shard, operation, 200, viewOfCharge(released, []))
}

function refuseUnlessHeld(ctx: Context, charge: Charge, verb: string): void {
  if (charge.status !== 'authorized') {
    throw problem('charge-wrong-state', {
      detail: `Can't ${verb} a charge that is ${charge.status}.`,
      extra: { chargeStatus: charge.status },
    })
  }
  const expiresAt = charge.expiresAt
  if (expiresAt !== null && Temporal.Instant.compare(Temporal.Instant.from(expiresAt), ctx.now()) <= 0) {
    throw problem('hold-expired', { detail: `The hold ran out at ${expiresAt}.` })
  }
}
