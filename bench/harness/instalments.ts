import { plainLoan } from '../../core/loan/plain.test-support.ts'
import type { LoanTerms } from '../../core/loan/types.ts'

/** A loan of about 1,000.00 in twelve equal instalments; each index another amount, so that nothing is measured twice. */
export const twelveInstalments = (index: number): LoanTerms => ({
  ...plainLoan,
  principal: 100_000n + BigInt(index),
  annualRatePercent: '7.2',
  instalments: 12,
  disbursedOn: '2024-01-31',
  interestRecalculation: 'none',
})
