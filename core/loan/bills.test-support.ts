/** The contract of a purchase on bills, as the server writes it, for tests. */
import { plainLoan } from './plain.test-support.ts'
import type { LoanTerms } from './types.ts'

/** 300.00 in three bills at half a percent each; settling money pays the charge of the running bill, and later ones are saved. */
export const flatBills: LoanTerms = {
  ...plainLoan,
  principal: 30_000n,
  annualRatePercent: '6',
  method: 'flat',
  disbursedOn: '2026-03-05',
  dueDates: ['2026-04-13', '2026-05-13', '2026-06-13'],
  dayCount: 'actual/365',
  interestPeriod: 'whole-period',
  overdueInterest: false,
  earlyInterest: 'to-due-date',
  earlyFlat: 'forgiven',
}
