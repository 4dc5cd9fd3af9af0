/** What the auditor is told of the world's contracts, in its own words. */
import type { PlanFacts } from './state.ts'

export interface ProgramFacts {
  readonly id: string
  readonly version: number
  readonly statementDay: number
  readonly dueDay: number
  readonly plans: readonly PlanFacts[]
  readonly firstLimit: number
  readonly highestLimit: number
  readonly late: {
    readonly graceDays: number
    readonly percent: string
    readonly floor: number
    readonly ceiling: number
  }
  /** Of a bill, what has to be paid for the rest of its purchases to be carried over, at so many percent a day. */
  readonly minimum: { readonly percent: string; readonly floor: number; readonly dailyPercent: string } | null
  /** All that a loan may cost a year. */
  readonly capPercent: string
  readonly merchantFeePercent: string
  readonly refundsReturnFee: boolean
  readonly surplus: 'credit' | 'pay-back'
  readonly holdDays: number
  readonly funders: readonly { readonly id: string; readonly basisPoints: number }[]
  readonly serviceFeeBasisPoints: number
  readonly suspendAfterDays: number
  readonly writeOffAfterDays: number
}

export interface MerchantFacts {
  readonly id: string
  readonly timing: 'T+1' | 'T+0' | 'at-once' | 'manual'
  readonly feePercent: string | null
}

/** The world as the auditor knows it says no: with the code that the server should give. */
export class Refused extends Error {
  readonly code: string

  constructor(code: string) {
    super(code)
    this.code = code
  }
}
