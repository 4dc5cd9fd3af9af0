/**
 * The vocabulary of a loan. A loan is a fold: `state = events.reduce(apply, open(terms))`; nothing else is remembered.
 * Amounts are `Minor` (bigint minor units of `terms.currency`), rates are exact decimal strings in percent per year.
 */
import type { Minor } from '../money.ts'

export type Method = 'equal-instalment' | 'equal-principal' | 'flat' | 'interest-only' | 'bullet'
export type DayCount = '30/360' | '30E/360' | 'actual/365' | 'actual/360' | 'actual/actual' | 'actual/365.25'
export type Unit = 'day' | 'week' | 'month' | 'year'
export type Component = 'penalty' | 'fee' | 'interest' | 'principal'
export type Timing = 'past-due' | 'due' | 'in-advance'
export type AllocationStep = `${Timing}-${Component}`
export type Surplus = 'next' | 'last' | 'next-last' | 're-amortise'

export interface AllocationRule {
  readonly order: readonly AllocationStep[]
  readonly surplus: Surplus
  readonly across: 'horizontal' | 'vertical'
}

/** The contract of one loan: with its events, everything that can be known of it. Plain data, safe to store as JSON. */
export interface LoanTerms {
  readonly currency: string
  readonly principal: Minor
  /** Percent per year as a decimal string, for example "7" or "17.52". */
  readonly annualRatePercent: string
  readonly method: Method
  readonly instalments: number
  readonly every: { readonly n: number; readonly unit: Unit }
  readonly disbursedOn: string
  /** Due date of the first instalment; null means one period after disbursement. */
  readonly firstDueOn: string | null
  /** All due dates, where they follow no rule (a bill's due days moved by holidays); overrides `every` and `firstDueOn`. */
  readonly dueDates?: readonly string[]
  readonly dayCount: DayCount
  /**
   * `whole-period`: every period bears exactly every/12 of the rate, however long its first one is (bill instalments);
   * `same-as-period`: a longer or shorter first one bears more or less, by its days.
   */
  readonly interestPeriod: 'daily' | 'same-as-period' | 'whole-period'
  readonly interestRecalculation: 'none' | 'daily'
  readonly overdueInterest: boolean
  readonly earlyInterest: 'to-day' | 'to-due-date'
  /** Flat charges of periods not begun when the loan is settled early; absent: charged. */
  readonly earlyFlat?: 'charged' | 'forgiven'
  readonly lastInstalment: 'remainder' | 'levelled'
  readonly rounding: RoundingName
  readonly instalmentMultiple: Minor | null
  readonly downPaymentPercent: string | null
  readonly downPaymentPaid: boolean
  readonly principalGrace: number
  /** Of a bullet, periods of its one instalment. */
  readonly interestFreePeriods: number
  /** Principal left to the last instalment of an equal-instalment loan; absent: none. */
  readonly balloon?: Minor
  readonly allocation: Readonly<Record<string, AllocationRule>> | null
}

export type RoundingName = 'half-even' | 'half-up' | 'half-down' | 'up' | 'down'

interface EventBase {
  /** Unique within the loan; `reversal` names it. */
  readonly id: string
  /** Effective date, YYYY-MM-DD. */
  readonly on: string
}

/** What can happen to a loan after its first disbursement. */
export type LoanEvent = EventBase &
  (
    | { readonly type: 'disbursement'; readonly amount: Minor }
    /** Money in. `prepay` says what a surplus over today's dues does to the rest; absent: the allocation rule decides. */
    | { readonly type: 'repayment'; readonly amount: Minor; readonly prepay?: 'shorten' | 'lower' }
    /** Pays everything as of `on`: the amount must equal `payoffOn(state, on).total`. Closes the loan. */
    | { readonly type: 'payoff'; readonly amount: Minor }
    | { readonly type: 'merchant-refund' | 'payout-refund' | 'goodwill-credit'; readonly amount: Minor }
    /** Interest given back for the refund `of`, undone with it; without an amount (0) the loan computes it. */
    | { readonly type: 'interest-refund'; readonly amount: Minor; readonly of?: string }
    /** Goods returned: that part of the price counts as not lent from `on`; cancels the last instalments first. */
    | { readonly type: 'purchase-refund'; readonly amount: Minor }
    | { readonly type: 'chargeback'; readonly amount: Minor }
    /** Due on `on`; `knownOn`, where earlier, is the day from which it can be paid in advance. */
    | { readonly type: 'fee' | 'penalty'; readonly amount: Minor; readonly knownOn?: string }
    /** Interest computed outside the schedule (revolving interest of a bill), due on `on`. */
    | { readonly type: 'extra-interest'; readonly amount: Minor }
    | { readonly type: 'waiver'; readonly component: Component; readonly amount: Minor }
    | { readonly type: 'reversal'; readonly of: string }
    | { readonly type: 'rate-change'; readonly annualRatePercent: string }
    | { readonly type: 'interest-pause'; readonly to: string }
    /** New due dates and number for what is not yet paid; arrears are spread over the new instalments. */
    | {
        readonly type: 'reschedule'
        readonly instalments: number
        readonly firstDueOn: string
        readonly annualRatePercent?: string
      }
    | { readonly type: 're-age'; readonly instalments: number; readonly firstDueOn: string }
    | { readonly type: 're-amortise' }
    /**
     * Instalments due on or after `on` and not yet paid are moved: by a number of periods, or the first of them to
     * `until` and the rest by the rule from there. Interest goes on over the longer period, or stops on the old due date.
     */
    | {
        readonly type: 'deferral'
        readonly interest: 'continues' | 'stops'
        readonly periods?: number
        readonly until?: string
      }
    /** What `payoffOn(state, on)` quotes becomes due on `on`, in one instalment that bears no more interest. */
    | { readonly type: 'contract-termination' }
    /** The claim goes to another funder at the end of `on`; nothing changes for the customer. See `ownersOn`. */
    | { readonly type: 'sale'; readonly buyer: string }
    | { readonly type: 'charge-off' }
    /** Of a loan that is charged off; once that is reversed, a repayment. */
    | { readonly type: 'recovery'; readonly amount: Minor }
    | { readonly type: 'credit-balance-refund'; readonly amount: Minor }
    | { readonly type: 'recalculate' }
  )

/** One instalment as it stands. What is owed of a component is `x - xPaid - xWaived - xWrittenOff`. */
export interface Instalment {
  readonly n: number
  readonly fromOn: string
  readonly dueOn: string
  readonly principal: Minor
  readonly interest: Minor
  readonly fee: Minor
  readonly penalty: Minor
  readonly principalPaid: Minor
  readonly interestPaid: Minor
  readonly feePaid: Minor
  readonly penaltyPaid: Minor
  readonly interestWaived: Minor
  readonly feeWaived: Minor
  readonly penaltyWaived: Minor
  readonly principalWrittenOff: Minor
  readonly interestWrittenOff: Minor
  readonly feeWrittenOff: Minor
  readonly penaltyWrittenOff: Minor
  readonly paidInAdvance: Minor
  readonly paidLate: Minor
  /** Principal still owed on the loan after this instalment, as scheduled. */
  readonly balanceAfter: Minor
  /** A down payment, a chargeback after maturity, an extra interest day: not part of the regular schedule. */
  readonly extra: boolean
}

/** How one money event was spread. */
export interface Allocated {
  readonly eventId: string
  readonly type: LoanEvent['type']
  readonly on: string
  readonly amount: Minor
  readonly principal: Minor
  readonly interest: Minor
  readonly fee: Minor
  readonly penalty: Minor
  /** Money beyond everything owed; becomes the customer's credit. */
  readonly overpaid: Minor
  readonly reversed: boolean
}

/** Who owns the claim, from the end of which day. */
export interface Ownership {
  readonly owner: string
  readonly from: string
}

export type LoanStatus = 'active' | 'paid' | 'overpaid' | 'charged-off'

export interface LoanState {
  readonly terms: LoanTerms
  /** Events in the order in which they take effect: by `on`, rates and pauses of a day first, then as booked. */
  readonly events: readonly LoanEvent[]
  readonly status: LoanStatus
  readonly instalments: readonly Instalment[]
  readonly allocated: readonly Allocated[]
  readonly principalOutstanding: Minor
  /** Customer's money beyond the debt, not yet given back. */
  readonly creditBalance: Minor
  /** Buyers of the claim in order; empty as long as it was never sold. */
  readonly owners: readonly Ownership[]
}

/**
 * Cumulative counters of a loan on a date; every balance is a difference of two of them, and the journal legs of any
 * event (back-dated ones too) are the difference of two of these vectors. `recognised` counts what the lender has
 * earned: charges of instalments due on or before the date, and what was paid earlier.
 */
export interface LoanLedger {
  readonly disbursed: Minor
  /** Money taken back from the lender (chargeback) that became principal again, cumulative. */
  readonly principalRestored: Minor
  readonly principalPaid: Minor
  readonly principalRefunded: Minor
  readonly principalWrittenOff: Minor
  readonly interestRecognised: Minor
  readonly interestPaid: Minor
  readonly interestWaived: Minor
  readonly interestWrittenOff: Minor
  readonly feeRecognised: Minor
  readonly feePaid: Minor
  readonly feeWaived: Minor
  readonly feeWrittenOff: Minor
  readonly penaltyRecognised: Minor
  readonly penaltyPaid: Minor
  readonly penaltyWaived: Minor
  readonly penaltyWrittenOff: Minor
  /** Money taken beyond the debt, cumulative, and given back, cumulative. */
  readonly overpaid: Minor
  readonly overpaidReturned: Minor
  readonly recovered: Minor
}

/** Total owed on a date by component, and what of it is due or past due. */
export interface Dues {
  readonly principal: Minor
  readonly interest: Minor
  readonly fee: Minor
  readonly penalty: Minor
  readonly total: Minor
}
