/** How many 12-instalment schedules with their true rates one core makes in a second: `npm run bench -- schedule`. */
import { openLoan } from '../core/loan/index.ts'
import type { LoanTerms } from '../core/loan/types.ts'
import { planRows } from '../core/schedule/index.ts'
import { microsecondsEach, perSecondText } from './harness/processor-time.ts'

const goal = 100_000
const terms = (index: number): LoanTerms => ({
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

const inputs = Array.from({ length: 1000 }, (_, index) => terms(index))
const [schedule, opened] = microsecondsEach([
  { name: 'schedule', run: (index) => planRows(inputs[index % inputs.length]!) },
  { name: 'opened', run: (index) => openLoan(inputs[index % inputs.length]!) },
]) as [number, number]

const ratio = (1e6 / schedule / goal).toFixed(2)
console.log(`schedule of 12 with its rates: ${perSecondText(schedule)} of one core, ${ratio} × the goal of ${goal}/s`)
console.log(`loan opened (state, schedule): ${perSecondText(opened)}`)
