import type { Minor } from '../../core/money.ts'

/** Who sent the money: the customer, a partner for it, a debit the customer agreed to, or its own credit. */
export type RepaymentSource = 'customer' | 'partner' | 'autopay' | 'credit'

export interface Allocation {
  readonly loanId: string
  readonly eventId: string
  readonly amount: Minor
  readonly principal: Minor
  readonly interest: Minor
  readonly fee: Minor
  readonly penalty: Minor
}

/** As stored. */
export interface Repayment {
  readonly shard: number
  readonly id: string
  readonly lineId: string
  readonly loanId: string | null
  readonly currency: string
  readonly amountMinor: Minor
  readonly source: RepaymentSource
  readonly effectiveOn: string
  readonly status: 'booked' | 'reversed'
  readonly allocations: readonly Allocation[]
  /** What was more than owed and is kept for later dues. */
  readonly creditMinor: Minor
  readonly reference: string | null
  readonly createdAt: string
}

export interface RepaymentView {
  readonly id: string
  readonly lineId: string
  readonly loanId: string | null
  readonly currency: string
  readonly amount: Minor
  readonly source: RepaymentSource
  readonly effectiveOn: string
  readonly status: 'booked' | 'reversed'
  readonly allocations: readonly Allocation[]
  readonly credited: Minor
  readonly reference: string | null
  readonly createdAt: string
}

export function viewOfRepayment(repayment: Repayment): RepaymentView {
  return {
    id: repayment.id,
    lineId: repayment.lineId,
    loanId: repayment.loanId,
    currency: repayment.currency,
    amount: repayment.amountMinor,
    source: repayment.source,
    effectiveOn: repayment.effectiveOn,
    status: repayment.status,
    allocations: repayment.allocations,
    credited: repayment.creditMinor,
    reference: repayment.reference,
    createdAt: repayment.createdAt,
  }
}

export function rowOfNewRepayment(tenantId: string, repayment: Repayment): Record<string, unknown> {
  return {
    shard: repayment.shard,
    id: repayment.id,
    tenant_id: tenantId,
    line_id: repayment.lineId,
    loan_id: repayment.loanId,
    currency: repayment.currency,
    amount_minor: repayment.amountMinor,
    source: repayment.source,
    effective_on: repayment.effectiveOn,
    status: repayment.status,
    allocations: repayment.allocations,
    credit_minor: repayment.creditMinor,
    reference: repayment.reference,
    created_at: repayment.createdAt,
  }
}

/** Of a repayment that is stored its key and the one thing that may change. */
export function changesOfRepayment({ shard, id, status }: Repayment): Record<string, unknown> {
  return { shard, id, status }
}
