import type { Minor } from '../money.ts'
import { Problem } from '../problem.ts'
import type { Rounding } from '../rounding.ts'

export interface RevenueShareTerms {
  readonly currency: string
  readonly advance: Minor
  /** Owed beside the advance whatever the time it takes. */
  readonly fixedCost: Minor
  /** Percent of sales that goes to the lender until all is repaid. */
  readonly sharePercent: string
  readonly advancedOn: string
  /** Least to be repaid in each run of `everyDays` days from the advance, made up by the merchant; null: none. */
  readonly minimum: { readonly amount: Minor; readonly everyDays: number } | null
  /** Day by which everything is owed; null: as long as it takes. */
  readonly endsOn: string | null
  readonly rounding: Rounding
}

export type RevenueShareEvent = { readonly id: string; readonly on: string } & (
  | { readonly type: 'sales'; readonly amount: Minor }
  /** Goods given back: their share returns by lowering what later sales give. */
  | { readonly type: 'sales-refund'; readonly amount: Minor }
  /** The merchant pays of itself. */
  | { readonly type: 'payment'; readonly amount: Minor }
  | { readonly type: 'reversal'; readonly of: string }
)

/** What one day's sales or payment brought. */
export interface Sweep {
  readonly eventId: string
  readonly on: string
  readonly sales: Minor
  readonly amount: Minor
  /** The part of it that earns the fixed cost; the rest repays the advance. */
  readonly cost: Minor
  readonly advance: Minor
}

export interface RevenueShareState {
  readonly asOf: string
  readonly sweeps: readonly Sweep[]
  readonly totalOwed: Minor
  readonly repaid: Minor
  readonly remaining: Minor
  readonly advanceRemaining: Minor
  readonly costEarned: Minor
  readonly sales: Minor
  /** Share of refunded sales not yet taken back from later sweeps. */
  readonly shareToReturn: Minor
  /** Short of the minimum, or of everything after `endsOn`. */
  readonly arrears: Minor
  readonly repaidOn: string | null
  /** Effective annual rate of the flows so far, when everything is repaid; null before. */
  readonly ratePercent: string | null
}

export class RevenueShareProblem extends Problem {}
