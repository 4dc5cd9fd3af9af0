import type { Minor } from '../../core/money.ts'

export interface Part {
  readonly shard: number
  readonly amount: number | bigint
}

/** Money to a merchant or a funder, or, where a funder owes, from it. */
export interface Payout {
  readonly id: string
  readonly payeeKind: 'merchant' | 'funder'
  readonly payeeId: string
  readonly currency: string
  readonly amountMinor: Minor
  readonly direction: 'pay' | 'collect'
  readonly status: 'pending' | 'paid'
  readonly timing: string
  readonly throughOn: string
  readonly parts: readonly Part[]
  readonly file: string | null
  readonly createdAt: string
  readonly paidAt: string | null
}

export interface PayoutView {
  readonly id: string
  readonly merchantId: string | null
  readonly funderId: string | null
  readonly currency: string
  readonly amount: Minor
  readonly direction: 'pay' | 'collect'
  readonly status: 'pending' | 'paid'
  readonly timing: string
  /** Movements effective up to and including this day are in it. */
  readonly throughOn: string
  /** The line of the bank's batch file. */
  readonly file: string | null
  readonly createdAt: string
  readonly paidAt: string | null
}

export function viewOfPayout(payout: Payout): PayoutView {
  return {
    id: payout.id,
    merchantId: payout.payeeKind === 'merchant' ? payout.payeeId : null,
    funderId: payout.payeeKind === 'funder' ? payout.payeeId : null,
    currency: payout.currency,
    amount: payout.amountMinor,
    direction: payout.direction,
    status: payout.status,
    timing: payout.timing,
    throughOn: payout.throughOn,
    file: payout.file,
    createdAt: payout.createdAt,
    paidAt: payout.paidAt,
  }
}
