/**
 * The vocabulary of a revolving line: a monthly bill, a free period for who pays it in full, interest by the day for who
 * does not. An account is a fold of its events, as a loan is; any event may be back-dated.
 */
import type { Minor } from '../money.ts'
import { Problem } from '../problem.ts'
import type { Cycle } from '../program/cycle.ts'
import type { Rounding } from '../rounding.ts'
import type { Stretch } from '../stretch.ts'

/** A rate as exact decimal percent: per day as it is, per year over `daysInYear`. */
export interface RatePercent {
  readonly percent: string
  readonly per: 'day' | 'year'
}

/** A kind of debt with its own rate: purchases, cash advances, balance transfers… */
export interface BalanceTerms {
  readonly rate: RatePercent
  /** Later rates, each from its day on. */
  readonly changes?: readonly { readonly from: string; readonly rate: RatePercent }[]
  /** Whether it is free of interest when the bill is paid in full by its due date; cash advances are not. */
  readonly grace: boolean
}

export interface RevolvingTerms {
  readonly currency: string
  readonly cycle: Cycle
  readonly openedOn: string
  /** By code. `purchase` is needed; `interest`, `fee` and `penalty` bear interest only where they are listed here. */
  readonly balances: Readonly<Record<string, BalanceTerms>>
  readonly daysInYear: 360 | 365
  /** Where interest starts when a bill was not paid in full: the day of the purchase, or of the bill (12 CFR 1026.54). */
  readonly interestFrom: 'posting' | 'statement'
  /** What then bears it for the free days: the whole purchase until each payment, or only the part unpaid when due. */
  readonly graceLost: 'whole' | 'unpaid'
  /** Bills paid in full in a row that bring the free period back, 1 or 2. */
  readonly graceRegainedAfter: number
  readonly minimum: { readonly percent: string; readonly floor: Minor }
  readonly hierarchy: Hierarchy
  readonly rounding: Rounding
}

/** Which debt a payment meets first. Within one rank the older goes first. */
export interface Hierarchy {
  /** Codes paid before all others, in this order; usually penalty, fee, interest, instalment. */
  readonly first: readonly string[]
  readonly rest: 'highest-rate' | 'lowest-rate' | 'oldest'
  /** What is on a bill goes before what is not. */
  readonly billedFirst: boolean
  /** Up to the minimum due a payment may go to the lowest rate; what exceeds it follows `rest` (12 CFR 1026.53). */
  readonly minimumToLowestRate: boolean
}

interface EventBase {
  readonly id: string
  readonly on: string
}

export type RevolvingEvent = EventBase &
  (
    | {
        readonly type: 'purchase'
        readonly amount: Minor
        /** Which balance; absent: `purchase`. */
        readonly balance?: string
        /** A rate of its own for nights before `until`. */
        readonly promotion?: { readonly rate: RatePercent; readonly until: string }
      }
    | { readonly type: 'fee' | 'penalty'; readonly amount: Minor }
    | { readonly type: 'payment'; readonly amount: Minor }
    /** The merchant gives back a purchase; what it no longer owes becomes credit. */
    | { readonly type: 'refund'; readonly of: string; readonly amount: Minor }
    /** Turns a purchase, or what is owed of the last bill, into instalments billed with the next bills. */
    | {
        readonly type: 'convert'
        /** A purchase's id, or `statement`. */
        readonly of: string
        readonly amount: Minor
        readonly instalments: number
        /** Fee of each instalment in percent of the amount converted. */
        readonly feePercent: string
      }
    | { readonly type: 'credit-refund'; readonly amount: Minor }
    | { readonly type: 'reversal'; readonly of: string }
  )

/** One debt on the account: a purchase, a fee, the interest of a bill, an instalment. */
export interface Item {
  readonly id: string
  readonly code: string
  readonly on: string
  readonly amount: Minor
  readonly remaining: Minor
  /** Number of the bill it is on; null: not billed yet. */
  readonly statement: number | null
}

export interface InterestLine {
  readonly code: string
  readonly interest: Minor
  /** The nights that bore it, of all debts of that code. */
  readonly stretches: readonly Stretch[]
}

export interface Statement {
  readonly n: number
  /** Day of the bill before, or of opening; interest of the nights from it to `closedOn` is on this bill. */
  readonly openedOn: string
  readonly closedOn: string
  readonly dueOn: string
  readonly previousBalance: Minor
  /** Purchases, cash advances and other new debt by code. */
  readonly debits: Minor
  readonly interest: Minor
  readonly interestByBalance: readonly InterestLine[]
  readonly fees: Minor
  readonly instalments: Minor
  /** Payments and refunds. */
  readonly credits: Minor
  /** Turned into instalments, so not due with this bill. */
  readonly converted: Minor
  /** Owed on the day of the bill; negative is the customer's credit. */
  readonly balance: Minor
  readonly minimum: Minor
  readonly minimumParts: MinimumParts
  /** Paid since, up to and on the due date; null until then. */
  readonly paidByDue: Minor | null
  readonly standing: 'open' | 'full' | 'minimum' | 'below-minimum'
}

export interface MinimumParts {
  readonly principal: Minor
  readonly charges: Minor
  readonly instalments: Minor
  readonly arrears: Minor
}

export interface InstalmentPlan {
  readonly id: string
  readonly of: string
  readonly amount: Minor
  readonly instalments: number
  readonly billed: number
  /** Principal not billed yet. */
  readonly unbilled: Minor
}

/** How one payment or refund was spread, by code. */
export interface Spread {
  readonly eventId: string
  readonly on: string
  readonly amount: Minor
  readonly byCode: Readonly<Record<string, Minor>>
  readonly credit: Minor
}

export interface RevolvingState {
  readonly asOf: string
  readonly statements: readonly Statement[]
  readonly items: readonly Item[]
  readonly plans: readonly InstalmentPlan[]
  readonly spreads: readonly Spread[]
  readonly creditBalance: Minor
  /** Whether new purchases are free until their bill is due. */
  readonly inGrace: boolean
  /** Interest of the nights since the last bill that no bill shows yet; purchases in their free period bear none. */
  readonly accruedInterest: Minor
  readonly accruedByBalance: readonly InterestLine[]
  /** Everything that ends the debt on this day: items, unbilled instalments, accrued interest, less credit. */
  readonly payoff: Minor
}

export class RevolvingProblem extends Problem {}
