import type { Minor } from '../../core/money.ts'
import type { MerchantView } from '../parties/types.ts'
import type { Context } from '../platform/context.ts'

export type ChargeStatus = 'authorized' | 'captured' | 'voided' | 'expired'

/** A purchase on credit, as stored. */
export interface Charge {
  readonly shard: number
  readonly id: string
  readonly lineId: string
  readonly merchantId: string
  readonly currency: string
  readonly plan: string
  readonly amountMinor: Minor
  readonly capturedMinor: Minor
  readonly releasedMinor: Minor
  readonly refundedMinor: Minor
  readonly feeMinor: Minor
  readonly feeReturnedMinor: Minor
  readonly status: ChargeStatus
  readonly reference: string | null
  readonly authorizedOn: string
  readonly createdAt: string
  readonly expiresAt: string | null
}

export interface ChargeView {
  readonly id: string
  readonly lineId: string
  readonly merchantId: string
  readonly currency: string
  readonly plan: string
  readonly status: ChargeStatus
  readonly amount: Minor
  readonly captured: Minor
  /** Not captured and given back to the limit. */
  readonly released: Minor
  readonly refunded: Minor
  /** Kept from the merchant, less what refunds gave back. */
  readonly merchantFee: Minor
  /** Held on the limit until captured, voided or expired. */
  readonly held: Minor
  readonly reference: string | null
  /** Loans of this answer's captures; all of them on reading. */
  readonly loanIds: readonly string[]
  readonly createdAt: string
  readonly expiresAt: string | null
}

export function heldOf(charge: Charge): Minor {
  return charge.status === 'authorized' ? charge.amountMinor - charge.capturedMinor - charge.releasedMinor : 0n
}

export function viewOfCharge(charge: Charge, loanIds: readonly string[]): ChargeView {
  return {
    id: charge.id,
    lineId: charge.lineId,
    merchantId: charge.merchantId,
    currency: charge.currency,
    plan: charge.plan,
    status: charge.status,
    amount: charge.amountMinor,
    captured: charge.capturedMinor,
    released: charge.releasedMinor,
    refunded: charge.refundedMinor,
    merchantFee: charge.feeMinor - charge.feeReturnedMinor,
    held: heldOf(charge),
    reference: charge.reference,
    loanIds,
    createdAt: charge.createdAt,
    expiresAt: charge.expiresAt,
  }
}

export function rowOfNewCharge(tenantId: string, charge: Charge): Record<string, unknown> {
  return {
    ...changesOfCharge(charge),
    tenant_id: tenantId,
    line_id: charge.lineId,
    merchant_id: charge.merchantId,
    currency: charge.currency,
    plan: charge.plan,
    amount_minor: charge.amountMinor,
    reference: charge.reference,
    authorized_on: charge.authorizedOn,
    created_at: charge.createdAt,
  }
}

/** Of a charge that is stored its key and what may change. */
export function changesOfCharge(charge: Charge): Record<string, unknown> {
  return {
    shard: charge.shard,
    id: charge.id,
    captured_minor: charge.capturedMinor,
    released_minor: charge.releasedMinor,
    refunded_minor: charge.refundedMinor,
    fee_minor: charge.feeMinor,
    fee_returned_minor: charge.feeReturnedMinor,
    status: charge.status,
    expires_at: charge.expiresAt,
  }
}

/** Is told of a merchant that has newly earned money: payouts at once hang on it. */
export type AfterCapture = (ctx: Context, merchant: MerchantView) => Promise<void>

export interface RefundView {
  readonly id: string
  readonly chargeId: string
  readonly amount: Minor
  /** What came off the debt. */
  readonly debtReduced: Minor
  /** What the customer had paid already: kept as credit, or paid back. */
  readonly credited: Minor
  readonly paidBack: Minor
  readonly reference: string | null
  readonly createdAt: string
  readonly charge: ChargeView
}
