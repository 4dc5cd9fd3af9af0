/**
 * Money drawn as needed on one limit and repaid any day (随借随还): each draw has its own rate and start and bears simple
 * interest by the day, from its day to the day it is repaid.
 */
import type { Minor } from '../money.ts'
import { Problem } from '../problem.ts'
import type { Rounding } from '../rounding.ts'
import type { Stretch } from '../stretch.ts'

export interface DrawTerms {
  readonly currency: string
  /** Principal that may be out at one time; what is repaid may be drawn again, and credit comes on top. */
  readonly limit: Minor
  /** Percent a day of a draw that states none. */
  readonly dailyRatePercent: string
  /** Percent a day on principal after its due date; null: the draw's own rate goes on. */
  readonly overdueDailyRatePercent: string | null
  /** Which draw a repayment that names none meets first. */
  readonly order: 'oldest' | 'newest' | 'highest-rate' | 'earliest-due'
  /**
   * `first`: all fees and interest are paid before any principal; `per-draw`: each draw's interest before its
   * principal, draw by draw; `with-principal`: principal is paid together with its own interest (利随本清).
   */
  readonly interest: 'first' | 'per-draw' | 'with-principal'
  readonly rounding: Rounding
}

interface EventBase {
  readonly id: string
  readonly on: string
}

export type DrawEvent = EventBase &
  (
    | {
        readonly type: 'draw'
        readonly amount: Minor
        readonly dailyRatePercent?: string
        readonly dueOn?: string
      }
    /** `draw` names the one it is for; what exceeds it goes on to the others. */
    | { readonly type: 'repayment'; readonly amount: Minor; readonly draw?: string }
    | { readonly type: 'fee'; readonly amount: Minor }
    | { readonly type: 'rate-change'; readonly draw: string; readonly dailyRatePercent: string }
    | { readonly type: 'limit-change'; readonly limit: Minor }
    | { readonly type: 'reversal'; readonly of: string }
  )

export interface Draw {
  readonly id: string
  readonly on: string
  readonly amount: Minor
  readonly dueOn: string | null
  readonly principal: Minor
  /** Interest accrued to the day of the state, paid or not: one rounding of the exact sum. */
  readonly interestAccrued: Minor
  readonly interestPaid: Minor
  readonly interestOwed: Minor
  readonly overdue: boolean
  /** The nights that bore the interest accrued. */
  readonly stretches: readonly Stretch[]
}

/** Money as it was spread. */
export interface MoneySpread {
  readonly eventId: string
  readonly on: string
  readonly amount: Minor
  readonly fee: Minor
  readonly parts: readonly { readonly draw: string; readonly interest: Minor; readonly principal: Minor }[]
}

export interface RepaymentSpread extends MoneySpread {
  /** Money beyond the debt, kept as credit, which the next draws and fees use first. */
  readonly overpaid: Minor
}

export interface DrawState {
  readonly asOf: string
  readonly draws: readonly Draw[]
  /** Money that came in. */
  readonly spreads: readonly RepaymentSpread[]
  /** What of its overpaid parts paid draws and fees later, at once: of the draw or the fee. */
  readonly fromCredit: readonly MoneySpread[]
  readonly limit: Minor
  readonly principal: Minor
  readonly interest: Minor
  readonly fees: Minor
  /** Ends the debt on this day. */
  readonly payoff: Minor
  /** The most that a draw may be. */
  readonly available: Minor
  readonly creditBalance: Minor
}

export class DrawProblem extends Problem {}
