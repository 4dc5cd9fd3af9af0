/** A credit product as data. A version of it is a contract: once activated it never changes. */

import type { Funding } from '../journal/posting.ts'
import type { Method } from '../loan/types.ts'
import type { Minor } from '../money.ts'
import type { Rounding } from '../rounding.ts'
import type { Cycle } from './cycle.ts'

export type LenderType = 'consumer-finance' | 'small-loan' | 'bank'
export type Component = 'penalty' | 'fee' | 'interest' | 'principal'

/** One way to pay for a purchase. */
export interface Plan {
  /** Stable name within the program, such as `pay-later` or `12x`. */
  readonly code: string
  readonly method: Method
  readonly instalments: number
  /**
   * `per-period`: percent of the original amount (flat) or of the balance, for each bill whatever its length.
   * `per-year`: percent a year by actual days; early money saves interest from its day.
   */
  readonly rate: { readonly per: 'period' | 'year'; readonly percent: string }
  /** Who bears the interest. A merchant pays it at capture, as a part of its fee; the customer then owes none. */
  readonly paidBy: 'customer' | 'merchant'
  readonly minAmount: Minor
  readonly maxAmount: Minor | null
}

export interface LateCharge {
  /** Days after the due date on which nothing is charged. */
  readonly graceDays: number
  /** Percent of the overdue instalment, charged once for each missed instalment. */
  readonly percent: string
  readonly floor: Minor
  readonly ceiling: Minor | null
}

export interface MinimumPayment {
  /** Percent of the principal newly billed; arrears, interest and charges are always due in full. */
  readonly percent: string
  readonly floor: Minor
  /** Interest a day on principal carried beyond its due date, in percent. */
  readonly revolvingDailyPercent: string
}

export interface ProgramTerms {
  readonly currency: string
  readonly rulePack: string
  readonly lenderType: LenderType
  readonly limit: { readonly min: Minor; readonly max: Minor; readonly initial: Minor }
  readonly cycle: Cycle
  readonly plans: readonly Plan[]
  readonly minimumPayment: MinimumPayment | null
  readonly lateCharge: LateCharge | null
  readonly allocation: readonly Component[]
  readonly rounding: Rounding
  /** Percent of a capture that a merchant without a fee of its own pays. */
  readonly merchantFeePercent: string
  /** Whether a refund gives the merchant its fee back in proportion. */
  readonly refundsReturnFee: boolean
  /** What happens to money a refund leaves over: kept as credit for later dues, or paid back at once. */
  readonly refundSurplus: 'credit' | 'pay-back'
  readonly holdDays: number
  readonly funding: Funding
  /** Days past due at which a line stops buying, and at which a loan may be written off. */
  readonly suspendAfterDays: number
  readonly writeOffAfterDays: number
}
