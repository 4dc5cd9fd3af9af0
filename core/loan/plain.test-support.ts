/** The contract that most tests of a loan begin with. */
import type { LoanTerms } from './types.ts'

/** 100.00 at 12 % in three months, interest by the day. */
export const plainLoan: LoanTerms = {
  currency: 'CNY',
  principal: 10_000n,
  annualRatePercent: '12',
  method: 'equal-instalment',
  instalments: 3,
  every: { n: 1, unit: 'month' },
  disbursedOn: '2024-01-01',
  firstDueOn: null,
  dayCount: '30/360',
  interestPeriod: 'daily',
  interestRecalculation: 'daily',
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
}
