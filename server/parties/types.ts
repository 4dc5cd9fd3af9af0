/** Merchants and funders as answers show them. */

export type PayoutTiming = 'T+1' | 'T+0' | 'at-once' | 'manual'

export interface MerchantView {
  readonly id: string
  readonly name: string
  readonly reference: string | null
  readonly status: 'active' | 'suspended'
  readonly payoutTiming: PayoutTiming
  readonly feePercent: string | null
  readonly createdAt: string
}

export interface FunderView {
  readonly id: string
  readonly name: string
  readonly createdAt: string
}
