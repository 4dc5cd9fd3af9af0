import type { Minor } from '../../core/money.ts'

export const disputeReasons = [
  'not-received',
  'not-as-described',
  'unauthorized',
  'duplicate',
  'wrong-amount',
  'refund-not-received',
  'other',
] as const
export type DisputeReason = (typeof disputeReasons)[number]

export const disputeStatuses = ['open', 'upheld', 'rejected', 'withdrawn'] as const
export type DisputeStatus = (typeof disputeStatuses)[number]
export type DisputeOutcome = Exclude<DisputeStatus, 'open'>

/** What a customer says is wrong with a charge, as stored. */
export interface Dispute {
  readonly shard: number
  readonly id: string
  readonly chargeId: string
  readonly lineId: string
  readonly merchantId: string
  readonly currency: string
  readonly amountMinor: Minor
  readonly reason: DisputeReason
  readonly reference: string | null
  readonly status: DisputeStatus
  /** Of the merchant's money, until it is decided: what a refund of the amount would have taken when it was opened. */
  readonly withheldMinor: Minor
  /** Why it was decided so. Here only, and erased with the customer. */
  readonly note: string | null
  readonly openedOn: string
  readonly createdAt: string
  readonly resolvedOn: string | null
  readonly resolvedAt: string | null
  readonly refund: DisputeRefund | null
}

/** From when to when a charge was in dispute. */
export interface Decided {
  readonly openedOn: string
  readonly resolvedOn: string
}

/** The refund by which it was upheld. */
export interface DisputeRefund {
  readonly id: string
  readonly amount: Minor
  readonly debtReduced: Minor
  readonly credited: Minor
  readonly paidBack: Minor
}

export interface DisputeView {
  readonly id: string
  readonly chargeId: string
  readonly lineId: string
  readonly merchantId: string
  readonly currency: string
  readonly amount: Minor
  readonly reason: DisputeReason
  readonly reference: string | null
  readonly status: DisputeStatus
  /** Set aside of the merchant's money now: nothing once it is decided. */
  readonly withheld: Minor
  readonly refund: DisputeRefund | null
  readonly note: string | null
  readonly openedOn: string
  readonly createdAt: string
  readonly resolvedOn: string | null
  readonly resolvedAt: string | null
}

export function viewOfDispute(dispute: Dispute): DisputeView {
  const { shard: _, amountMinor, withheldMinor, refund, ...said } = dispute
  return { ...said, amount: amountMinor, withheld: dispute.status === 'open' ? withheldMinor : 0n, refund }
}
