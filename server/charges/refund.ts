/** Goods returned: the debt falls, what was already paid comes back, the merchant gets its fee back in proportion. */
import { accounts } from '../../core/journal/accounts.ts'
import { formatMinor, type Minor, maxMinor, minMinor } from '../../core/money.ts'
import type { ProgramTerms } from '../../core/program/terms.ts'
import { roundQuotient } from '../../core/rounding.ts'
import { postReply } from '../journal/post.ts'
import type { Operation, Reply } from '../journal/types.ts'
import type { Line } from '../lines/types.ts'
import { type Movement, move } from '../loans/book.ts'
import * as loans from '../loans/service.ts'
import { listLoansOfCharge } from '../loans/store.ts'
import type { UnfoldedLoan } from '../loans/stored.ts'
import type { Loan } from '../loans/types.ts'
import type { Context } from '../platform/context.ts'
import { problem } from '../platform/errors.ts'
import * as programs from '../programs/service.ts'
import { withCharge } from './find.ts'
import type { StoredCharge } from './store.ts'
import { type Charge, changesOfCharge, type RefundView, viewOfCharge } from './types.ts'

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
    refuseAbove(charge, request.amount)
    const { operation, view } = await refundOf(ctx, line, charge, await listLoansOfCharge(ctx, charge), request)
    return postReply(ctx, line.shard, operation, 201, view)
  })
}

function refuseAbove(charge: StoredCharge, amount: Minor): void {
  const { currency, disputeId } = charge
  const left = refundableOf(charge)
  if (amount > left) {
    const detail = `${formatMinor(left, currency)} ${currency} of this charge can still be refunded.`
    throw problem('refund-above-captured', { detail, extra: { refundable: left } })
  }
  const undisputed = left - (charge.disputedMinor ?? 0n)
  if (amount > undisputed) {
    const detail = `Without what dispute ${disputeId} is about, ${formatMinor(undisputed, currency)} ${currency} can be refunded.`
    throw problem('charge-disputed', { detail, extra: { disputeId, refundable: undisputed } })
  }
}

export function refundableOf(charge: Charge): Minor {
  return charge.capturedMinor - charge.refundedMinor
}

export interface RefundMade {
  readonly operation: Operation
  readonly movements: readonly Movement[]
  readonly view: RefundView
  /** What it takes from the merchant: the amount less the fee that comes back to it with the goods. */
  readonly cost: Minor
}

/**
 * The whole write of a refund, of at most `refundableOf`. `captured`: the loans of its captures, in the order opened. `payer`: the
 * account of the merchant that it is taken from.
 */
export async function refundOf(
  ctx: Context,
  line: Line,
  charge: Charge,
  captured: readonly UnfoldedLoan[],
  request: RefundRequest,
  payer = accounts.merchantPayable(charge.merchantId),
): Promise<RefundMade> {
  const terms = await programs.termsOf(ctx, line.programId, line.termsVersion)
  const refundId = ctx.platform.ids.create('ref', line.shard)
  const refunded = refundedCharge(charge, request.amount, terms)
  const feeBack = refunded.feeReturnedMinor - charge.feeReturnedMinor
  const reference = request.reference ?? null
  const { amount } = request
  const movements = refundMovements(ctx, { charge, captured, terms, refundId, amount, feeBack, reference, payer })
  const operation = loans.operationOf(ctx, line, movements)
  const paidBack = paidBackBy(movements)
  const credited = operation.line!.credit!
  const view: RefundView = {
    id: refundId,
    chargeId: charge.id,
    amount,
    debtReduced: amount - credited - paidBack,
    credited,
    paidBack,
    reference,
    createdAt: ctx.timestamp(),
    charge: viewOfCharge(refunded, [...new Set(movements.map((movement) => movement.loan.id))]),
  }
  const rows = { charges: [changesOfCharge(refunded)], refunds: [rowOfRefund(ctx, line, view)] }
  return { operation: { ...operation, ...rows }, movements, view, cost: amount - feeBack }
}

/** What a refund would take from the merchant. */
export function costOfRefund(charge: Charge, amount: Minor, terms: ProgramTerms): Minor {
  return amount - (refundedCharge(charge, amount, terms).feeReturnedMinor - charge.feeReturnedMinor)
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
  /** Loans of its captures, in the order opened. */
  readonly captured: readonly UnfoldedLoan[]
  readonly terms: ProgramTerms
  readonly refundId: string
  readonly amount: Minor
  readonly feeBack: Minor
  readonly reference: string | null
  readonly payer: string
}

function refundMovements(ctx: Context, refundCase: RefundCase): Movement[] {
  const { captured, terms, refundId, amount, reference } = refundCase
  const movements: Movement[] = []
  let left = amount
  let feeGiven = 0n
  for (const stored of captured.toReversed()) {
    const loan = stored.folded()
    const part = minMinor(left, refundable(loan))
    if (part === 0n) continue
    left -= part
    // In proportion to the goods so far: all of it with the first loan, of a cent, would credit the merchant for that cent.
    const feeBack = (refundCase.feeBack * (amount - left)) / amount - feeGiven
    feeGiven += feeBack
    const movement = move(loan, terms, {
      type: 'charge.refunded',
      today: ctx.today(),
      loanEvent: { type: 'purchase-refund', ...loans.stamp(ctx), amount: part },
      counter: refundCase.payer,
      legs: [{ account: accounts.merchantFeeIncome(loan.programId), amount: feeBack }],
      data: { refundId, amount: part, feeBack, reference },
    })
    movements.push(movement)
    if (terms.refundSurplus === 'pay-back' && movement.credit > 0n)
      movements.push(payBack(ctx, movement, terms, refundId))
  }
  return movements
}

/** What of a loan's purchase has not been refunded yet. */
export function refundable(loan: Loan): Minor {
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
