import { Problem } from '../problem.ts'

/** What can be wrong with the flows whose true rate is asked, or with the rate itself. */
export type RateProblemCode =
  /** No rate above −100 % makes the flows balance. */
  | 'no-solution'
  /** Every rate balances the flows: all money changes hands on one day and sums to nothing. */
  | 'any-rate'
  /** The rate exists but is so high that its digits would mean nothing. */
  | 'rate-too-high'
  | 'bad-flows'
  | 'bad-amount'
  | 'bad-date'
  | 'bad-time'
  | 'bad-unit-period'
  | 'bad-convention'

/** Where the search ends, which is beyond 10^9 % a year, and where an answer would be. */
export function tooHigh(): RateProblem {
  return new RateProblem('rate-too-high', 'the rate is beyond 10^9 %: its decimals would not hold', 'payments')
}

/** A caller's mistake, named: `field` is the path of the input at fault, for example `payments[2].on`. */
export class RateProblem extends Problem {
  declare readonly code: RateProblemCode

  constructor(code: RateProblemCode, message: string, field?: string) {
    super(code, message, field)
  }
}
