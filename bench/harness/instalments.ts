import type { LoanTerms } from '../../core/loan/types.ts'

/** A loan of about 1,000.00 in twelve equal instalments; each index another amount, so that nothing is measured twice. */
export const twelveInstalments = (index: number): LoanTerms => ({
  currency: 'CNY',
  principal: 100_000n + BigInt(index),
  annualRatePercent: '7.2',
  method: 'equal-instalment',
  instalments: 12,
  every: { n: 1, unit: 'month' },
  disbursedOn: '2024-01-31',
  firstDueOn: null,
  dayCount: '30/360',
  interestPeriod: 'daily',
  interestRecalculation: 'none',
  overdueInterest: true,
  earlyInterest: 'to-day',
  lastInstalment: 'remainder',
  rounding: 'half-even',
  instalmentMultiple: null,
  downPaymentPercent: null,
  downPaymentPaid: false,
  principalGrace: 0,
  interestFreePeriods: 0,
  allocation: null,
})
