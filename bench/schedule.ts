/** How many 12-instalment schedules with their true rates one core makes in a second: `npx node bench/schedule.ts`. */
import { openLoan } from '../core/loan/index.ts'
import type { LoanTerms } from '../core/loan/types.ts'
import { planRows } from '../core/schedule/index.ts'

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

function perSecond(name: string, count: number, work: (index: number) => void): number {
  for (let index = 0; index < count / 4; index++) work(index)
  const start = process.hrtime.bigint()
  for (let index = 0; index < count; index++) work(index)
  const seconds = Number(process.hrtime.bigint() - start) / 1e9
  const rate = count / seconds
  console.log(`${name}: ${Math.round(rate).toLocaleString('en')}/s, ${(rate / goal).toFixed(2)} × ${goal}/s`)
  return rate
}

const inputs = Array.from({ length: 1000 }, (_, index) => terms(index))
perSecond('schedule of 12 with its rates', 100_000, (index) => {
  planRows(inputs[index % inputs.length]!)
})
perSecond('loan opened (state, schedule)', 20_000, (index) => {
  openLoan(inputs[index % inputs.length]!)
})
