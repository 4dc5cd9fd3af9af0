/**
 * A customer says that something is wrong with a purchase. Until that is decided nobody gains by waiting: what a refund would
 * take from the merchant is set aside, and the customer is not asked for the loans of the purchase. Upheld, it is refunded;
 * rejected or withdrawn, all goes on as if nothing had been, but that no late charge falls for what was held back.
 */
import { accounts } from '../../core/journal/accounts.ts'
import { mergeLegs } from '../../core/journal/legs.ts'
import { formatMinor, type Minor, maxMinor } from '../../core/money.ts'
import { unpaidComponent } from '../../core/program/bill.ts'
import { find as findCharge, withCharge } from '../charges/find.ts'
import { costOfRefund, type RefundMade, refundable, refundableOf, refundOf } from '../charges/refund.ts'
import type { Charge, RefundView } from '../charges/types.ts'
import { postReplyWith } from '../journal/post.ts'
import type { JournalEvent, Operation, Reply } from '../journal/types.ts'
import * as lines from '../lines/service.ts'
import type { Line } from '../lines/types.ts'
import { intoDispute, outOfDispute, type Regrouped } from '../loans/age.ts'
import { changesOfLoan, move } from '../loans/book.ts'
import * as loans from '../loans/service.ts'
import { listLoansOfCharge } from '../loans/store.ts'
import type { StoredLoan } from '../loans/stored.ts'
import type { Context } from '../platform/context.ts'
import { problem } from '../platform/errors.ts'
import * as programs from '../programs/service.ts'
import * as store from './store.ts'
import {
  type Dispute,
  type DisputeOutcome,
  type DisputeReason,
  type DisputeRefund,
  type DisputeView,
  viewOfDispute,
} from './types.ts'

export interface NewDispute {
  /** Absent: all that was captured and has not been refunded. */
  readonly amount?: Minor
  readonly reason: DisputeReason
  readonly reference?: string
}

export function open(ctx: Context, chargeId: string, request: NewDispute): Promise<Reply<DisputeView>> {
  return withCharge(ctx, chargeId, async (line, charge) => {
    if (charge.disputeId !== null) {
      const detail = `Dispute ${charge.disputeId} of this charge is not decided yet.`
      throw problem('charge-disputed', { detail, extra: { disputeId: charge.disputeId } })
    }
    const disputable = refundableOf(charge)
    const amount = request.amount ?? disputable
    if (amount > disputable || amount === 0n) {
      const detail = `${formatMinor(disputable, charge.currency)} ${charge.currency} of this charge can be disputed.`
      throw problem('dispute-above-captured', { detail, extra: { disputable } })
    }
    const terms = await programs.termsOf(ctx, line.programId, line.termsVersion)
    const dispute: Dispute = {
      shard: line.shard,
      id: ctx.platform.ids.create('dsp', line.shard),
      chargeId,
      lineId: line.id,
      merchantId: charge.merchantId,
      currency: charge.currency,
      amountMinor: amount,
      reason: request.reason,
      reference: request.reference ?? null,
      status: 'open',
      withheldMinor: maxMinor(costOfRefund(charge, amount, terms), 0n),
      note: null,
      openedOn: ctx.today(),
      createdAt: ctx.timestamp(),
      resolvedOn: null,
      resolvedAt: null,
      refund: null,
    }
    const regrouped = (await listLoansOfCharge(ctx, charge)).map((loan) => intoDispute(loan.folded(), ctx.today()))
    const event = eventOf(dispute, 'charge.disputed', dispute.withheldMinor, { reason: dispute.reason })
    const operation = { line: { id: line.id, version: line.version }, ...writeOf(ctx, [event], regrouped) }
    return postReplyWith(
      ctx,
      operation,
      201,
      viewOfDispute(dispute),
      async (db) => {
        // Only now, when nobody else writes to the shard: a customer may have been erased a moment ago.
        if (await store.isOfErasedCustomer(db, dispute)) {
          throw problem('customer-erased', { detail: 'The customer of this charge was erased. Refund it instead.' })
        }
        await store.insertDispute(db, ctx.tenantId, dispute)
      },
      line.shard,
    )
  })
}

export interface Resolution {
  readonly outcome: DisputeOutcome
  /** What of it is upheld; absent: all. */
  readonly amount?: Minor
  readonly note?: string
}

export async function resolve(ctx: Context, disputeId: string, request: Resolution): Promise<Reply<DisputeView>> {
  if (request.amount !== undefined && request.outcome !== 'upheld') {
    throw problem('invalid-request', { detail: '`amount` says what is upheld; it goes with no other outcome.' })
  }
  const { lineId } = await find(ctx, disputeId)
  const reply = await lines.withLine(ctx, lineId, async (line) => {
    const dispute = await find(ctx, disputeId)
    refuseUnlessOpen(dispute, request)
    const { operation, resolved } = await resolutionOf(ctx, line, dispute, request)
    const kept = { ...viewOfDispute(resolved), note: null }
    return postReplyWith(ctx, operation, 200, kept, (db) => store.markResolved(db, resolved), line.shard)
  })
  // Neither the journal nor the kept answer has the note, which says something of the customer: it would outlive an
  // erasure there. A retry brings it along.
  return { ...reply, body: { ...reply.body, note: request.note ?? null } }
}

function refuseUnlessOpen({ id, status, amountMinor, currency }: Dispute, { amount }: Resolution): void {
  if (status !== 'open')
    throw problem('dispute-resolved', { detail: `Dispute ${id} is ${status}.`, extra: { disputeStatus: status } })
  if (amount !== undefined && amount > amountMinor) {
    const detail = `The dispute is about ${formatMinor(amountMinor, currency)} ${currency}.`
    throw problem('dispute-above-disputed', { detail, extra: { disputed: amountMinor } })
  }
}

/** A refund takes of what was set aside, so that the merchant is not paid less today for what comes back tomorrow. The rest goes back. */
async function resolutionOf(
  ctx: Context,
  line: Line,
  dispute: Dispute,
  { outcome, amount = dispute.amountMinor, note }: Resolution,
): Promise<{ operation: Operation; resolved: Dispute }> {
  const charge = await findCharge(ctx, dispute.chargeId)
  const captured = await listLoansOfCharge(ctx, charge)
  const upheld = outcome === 'upheld' ? await uphold(ctx, line, charge, captured, dispute, amount) : null
  const after = new Map(captured.map((loan) => [loan.id, loan.folded()]))
  for (const { loan } of upheld?.movements ?? []) after.set(loan.id, loan)
  const regrouped = [...after.values()].map((loan) => outOfDispute(loan, ctx.today()))
  const event = eventOf(dispute, 'dispute.resolved', (upheld?.cost ?? 0n) - dispute.withheldMinor, {
    outcome,
    ...(upheld === null ? {} : { upheld: amount, refundId: upheld.view.id }),
  })
  const { loans, events } = writeOf(ctx, [event, ...(upheld?.operation.events ?? [])], regrouped)
  const write = upheld?.operation ?? { line: { id: line.id, version: line.version } }
  return {
    operation: { ...write, loans, events },
    resolved: {
      ...dispute,
      status: outcome,
      note: note ?? null,
      resolvedOn: ctx.today(),
      resolvedAt: ctx.timestamp(),
      refund: upheld === null ? null : partOf(upheld.view),
    },
  }
}

/**
 * What was bought for nothing costs nothing: of a loan whose goods have all come back by it, what is unpaid of its charges is
 * waived. What was paid of them stays paid, as with any refund.
 */
async function uphold(
  ctx: Context,
  line: Line,
  charge: Charge,
  captured: readonly StoredLoan[],
  dispute: Dispute,
  amount: Minor,
): Promise<RefundMade> {
  const payer = accounts.merchantDisputed(charge.merchantId)
  const made = await refundOf(ctx, line, charge, captured, { amount, reference: dispute.id }, payer)
  const terms = await programs.termsOf(ctx, line.programId, line.termsVersion)
  const movements = [...made.movements]
  const data = { disputeId: dispute.id }
  for (const { loan: returned } of made.movements) {
    let loan = movements.findLast((movement) => movement.loan.id === returned.id)!.loan
    if (refundable(loan) > 0n) continue
    for (const component of ['interest', 'fee', 'penalty'] as const) {
      const unpaid = loan.state.instalments.reduce((sum, row) => sum + unpaidComponent(row, component), 0n)
      if (unpaid === 0n || loan.state.status !== 'active') continue
      const loanEvent = { type: 'waiver', ...loans.stamp(ctx), component, amount: unpaid } as const
      const movement = move(loan, terms, { type: 'loan.waived', today: ctx.today(), loanEvent, data })
      movements.push(movement)
      loan = movement.loan
    }
  }
  const { charges, refunds } = made.operation
  return {
    ...made,
    movements,
    operation: { ...loans.operationOf(ctx, line, movements), charges: charges!, refunds: refunds! },
  }
}

function partOf({ id, amount, debtReduced, credited, paidBack }: RefundView): DisputeRefund {
  return { id, amount, debtReduced, credited, paidBack }
}

function writeOf(ctx: Context, events: readonly JournalEvent[], regrouped: readonly Regrouped[]) {
  return {
    loans: regrouped.map(({ loan }) => changesOfLoan(loan, ctx.today())),
    events: [...events, ...regrouped.flatMap((moved) => moved.events)],
  }
}

/** `aside`: what of the merchant's money is set aside by it, or given back (negative). */
function eventOf(dispute: Dispute, type: string, aside: Minor, data: Record<string, unknown>): JournalEvent {
  const { id: disputeId, lineId, chargeId, merchantId, currency, amountMinor: amount } = dispute
  const legs = mergeLegs([
    { account: accounts.merchantPayable(merchantId), amount: aside },
    { account: accounts.merchantDisputed(merchantId), amount: -aside },
  ])
  return { type, lineId, chargeId, merchantId, currency, legs, data: { disputeId, amount, ...data } }
}

async function find(ctx: Context, disputeId: string): Promise<Dispute> {
  const dispute = await store.findDispute(ctx, disputeId)
  if (dispute === undefined) throw problem('not-found', { detail: `There is no dispute ${disputeId}.` })
  return dispute
}

export async function view(ctx: Context, disputeId: string): Promise<DisputeView> {
  return viewOfDispute(await find(ctx, disputeId))
}

/** Of a line all of them, or of all lines what is to be decided. */
export async function list(ctx: Context, lineId: string | null, after: string, limit: number): Promise<DisputeView[]> {
  if (lineId === null) return (await store.listOpenDisputes(ctx, after, limit)).map(viewOfDispute)
  const line = await lines.find(ctx, lineId)
  return (await store.listDisputesOfLine(ctx, line.shard, line.id, after, limit)).map(viewOfDispute)
}
