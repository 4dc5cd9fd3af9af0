import type { Funding } from '../../core/journal/posting.ts'
import type { LoanEvent, LoanLedger, LoanState, LoanStatus, LoanTerms } from '../../core/loan/types.ts'
import type { Minor } from '../../core/money.ts'
import type { Bucket } from '../../core/program/late.ts'

/** Where collection has come to; of a loan whose charge is disputed nothing is asked until that is decided. */
export type LoanBucket = Bucket | 'disputed'

export const loanStatuses = ['active', 'paid', 'overpaid', 'charged-off'] as const satisfies readonly LoanStatus[]

/** A loan as stored: its contract, what happened since, and how far the books have followed. */
export interface Loan {
  readonly shard: number
  readonly id: string
  readonly lineId: string
  readonly chargeId: string | null
  readonly merchantId: string | null
  readonly programId: string
  readonly termsVersion: number
  readonly currency: string
  readonly plan: string
  readonly terms: LoanTerms
  readonly events: readonly LoanEvent[]
  /** Journal rows of the disbursement and of each event, in the order booked. */
  readonly eventSeqs: readonly bigint[]
  /** Counters posted to the journal so far, reckoned to `postedOn`. */
  readonly posted: LoanLedger
  readonly postedOn: string
  readonly funding: Funding
  readonly bucket: LoanBucket
  readonly openedOn: string
  readonly nextActionOn: string | null
  /** The fold of terms and events. */
  readonly state: LoanState
}

export interface InstalmentView {
  readonly n: number
  readonly dueOn: string
  readonly principal: Minor
  readonly interest: Minor
  readonly fee: Minor
  readonly penalty: Minor
  readonly total: Minor
  readonly paid: Minor
  readonly outstanding: Minor
  readonly balanceAfter: Minor
  readonly status: 'upcoming' | 'due' | 'past-due' | 'paid'
}

export interface LoanView {
  readonly id: string
  readonly lineId: string
  readonly chargeId: string | null
  readonly merchantId: string | null
  readonly programId: string
  readonly plan: string
  readonly currency: string
  readonly status: LoanState['status']
  readonly principal: Minor
  readonly principalOutstanding: Minor
  readonly openedOn: string
  readonly daysPastDue: number
  readonly bucket: LoanBucket
  readonly nextDueOn: string | null
  /** What settles the loan today. */
  readonly payoff: Minor
  readonly instalments: readonly InstalmentView[]
  readonly funders: readonly {
    readonly funderId: string
    readonly basisPoints: number
    readonly principalOutstanding: Minor
  }[]
}
