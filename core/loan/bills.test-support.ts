/** The contract of a purchase on bills, as the server writes it, for tests. */
import type { LoanTerms } from './types.ts'

/** 300.00 in three bills at half a percent each; settling money pays the charge of the running bill, and later ones are saved. */
export const flatBills: LoanTerms = {
  currency: 'CNY',
  principal: 30_000n,
  annualRatePercent: '6',
  method: 'flat',
  instalments: 3,
  every: { n: 1, unit: 'month' },
  disbursedOn: '2026-03-05',
  firstDueOn: null,
  dueDates: ['2026-04-13', '2026-05-13', '2026-06-13'],
  dayCount: 'actual/365',
  interestPeriod: 'whole-period',
  interestRecalculation: 'daily',
  overdueInterest: false,
  earlyInterest: 'to-due-date',
  earlyFlat: 'forgiven',
  lastInstalment: 'remainder',
  rounding: 'half-even',
  instalmentMultiple: null,
  downPaymentPercent: null,
  downPaymentPaid: false,
  principalGrace: 0,
  interestFreePeriods: 0,
  allocation: null,
}
