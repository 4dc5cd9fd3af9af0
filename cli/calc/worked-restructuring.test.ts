/**
 * Tranches, credit, reversals and restructuring worked out by hand on the loan of worked-events.test.ts: 300.00 at 1 % a
 * month in three instalments of 102.01. Each example says what changes and by what formula.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calcSchedule, type ScheduleAnswer } from './schedule.ts'
import { base, event, free, pay } from './worked-loan.test-support.ts'

const tranches = { ...free, principal: '400', downPaymentPercent: '25', downPaymentPaid: true }
const first = pay('2024-02-01', '102.01')
const surplusLast = { allocation: { default: { surplus: 'last' } } }

type Example = readonly [title: string, terms: object, events: readonly object[], rows: readonly string[]]

const examples: readonly Example[] = [
  [
    'a pause after re-amortising takes from the interest that stands: 1.01 × 25/31 = 0.81, whatever the principal is now',
    { interestRecalculation: 'none' },
    [event('re-amortise', '2024-02-15'), { type: 'interest-pause', from: '2024-03-05', to: '2024-03-10' }],
    ['02-01 0.00+3.00 3.00', '03-01 149.50+2.01 151.51', '04-01 150.50+0.81 151.31'],
  ],
  [
    'a second tranche’s down payment of 50 comes out of the credit of 50',
    tranches,
    [pay('2024-02-01', '350'), event('disbursement', '2024-02-10', { amount: '200' })],
    ['01-01 100.00+0.00 0.00', '02-01 100.00+0.00 0.00', '02-10 50.00+0.00 0.00', ...twice('175.00+0.00 75.00')],
  ],
  [
    'paid without a credit it pays arrears first: 50 of the 100 of February',
    tranches,
    [event('disbursement', '2024-02-10', { amount: '200' })],
    ['01-01 100.00+0.00 0.00', '02-01 100.00+0.00 50.00', '02-10 50.00+0.00 50.00', ...twice('175.00+0.00 175.00')],
  ],
  [
    'on a due date the down payment stands after the instalment of that day',
    { ...tranches, downPaymentPaid: false },
    [event('disbursement', '2024-02-01', { amount: '200' })],
    ['01-01 100.00+0.00 100.00', '02-01 100.00+0.00 100.00', '02-01 50.00+0.00 50.00', ...twice('175.00+0.00 175.00')],
  ],
  [
    'lent before the stated day: the loan began then; 200/3 is due in February, (133.33 + 100)/2 after that',
    { ...free, principal: '100', disbursedOn: '2024-02-01' },
    [event('disbursement', '2024-01-01', { amount: '200' })],
    ['02-01 66.67+0.00 66.67', '03-01 116.66+0.00 116.66', '04-01 116.67+0.00 116.67'],
  ],
  [
    'the first due on the day of the loan: E = 300 / (1 + 1/1.01 + 1/1.0201) = 101.00',
    { firstDueOn: '2024-01-01' },
    [],
    ['01-01 101.00+0.00 101.00', '02-01 99.01+1.99 101.00', '03-01 99.99+1.00 100.99'],
  ],
  [
    'credit given back of which 30 was no credit: 50 is principal again, the credit of 20 pays its part',
    free,
    [
      pay('2024-01-05', '320'),
      pay('2024-01-06', '30'),
      event('credit-balance-refund', '2024-01-25', { amount: '50' }),
      event('reversal', '2024-02-07', { of: 1 }),
    ],
    ['02-01 150.00+0.00 30.00', '03-01 100.00+0.00 0.00', '04-01 100.00+0.00 0.00'],
  ],
  [
    'given back on the 11th of a loan repaid at once: 50 × 1 % × 21/31 = 0.34, and in February 0.50, all in the one open',
    {},
    [
      pay('2024-01-01', '50'),
      pay('2024-01-01', '300'),
      event('credit-balance-refund', '2024-01-11', { amount: '50' }),
      event('reversal', '2024-01-12', { of: 0 }),
      event('recalculate', '2024-03-01'),
    ],
    ['02-01 152.01+0.84 50.84', '03-01 102.01+0.00 0.00', '04-01 95.98+0.00 0.00'],
  ],
  [
    'surplus to the last, levelled: E = 102.10, last 102.08, so E = 102.09 and the last is 102.10, of which all is paid',
    { ...surplusLast, principal: '300.26', lastInstalment: 'levelled' },
    [pay('2024-01-16', '150')],
    ['02-01 99.86+2.23 102.09', '03-01 98.30+0.50 50.90', '04-01 102.10+0.00 0.00'],
  ],
  [
    'terminated 15 of 29 days late: 200.99 × 1 % × 15/29 + 99.01 × 1 % × 15/29 = 1.04 + 0.51, and no more after that',
    {},
    [event('contract-termination', '2024-02-16'), event('recalculate', '2024-05-01')],
    ['02-01 99.01+3.00 102.01', '02-16 200.99+1.55 202.54'],
  ],
  [
    'terminated after 50 for the last instalment: 300 × 1 % × 9/31 + 250 × 1 % × 6/31 = 1.35; the 50 is counted here',
    surplusLast,
    [pay('2024-01-10', '50'), event('contract-termination', '2024-01-16')],
    ['01-16 300.00+1.35 251.35'],
  ],
  [
    'terminated on a due date: that instalment asks for all; paid in part',
    {},
    [first, event('contract-termination', '2024-02-01'), pay('2024-02-20', '200')],
    ['02-01 300.00+3.00 0.99'],
  ],
  [
    'a paid loan is not terminated',
    free,
    [pay('2024-01-05', '300'), event('contract-termination', '2024-01-06')],
    paid(),
  ],
  [
    're-aged on 15 March: 2.01 + 200.99 × 1 % × 14/31 and × 17/31 make 4.02, E = (200.99 + 4.02) / (1 + 1/1.01) = 103.02',
    {},
    [first, event('re-age', '2024-03-15', { instalments: 2, firstDueOn: '2024-04-01' })],
    [
      '02-01 99.01+3.00 0.00',
      '03-01 0.00+0.00 0.00',
      '03-15 0.00+0.00 0.00',
      '04-01 99.00+4.02 103.02',
      '05-01 101.99+1.02 103.01',
    ],
  ],
  [
    're-aged after a repayment 14 of 29 days late: its 0.48 is borne all the same, 2.01 + 0.48 + 2.01 = 4.50',
    {},
    [pay('2024-02-15', '102.01'), event('re-age', '2024-03-15', { instalments: 2, firstDueOn: '2024-04-01' })],
    [
      '02-01 99.01+3.00 0.00',
      '03-01 0.00+0.00 0.00',
      '03-15 0.00+0.00 0.00',
      '04-01 98.76+4.50 103.26',
      '05-01 102.23+1.02 103.25',
    ],
  ],
  [
    're-aged where late principal bears nothing: 2.01, then 100.99 × 1 % × 14/31 and 200.99 × 1 % × 17/31 make 3.57',
    { overdueInterest: false },
    [pay('2024-02-15', '102.01'), event('re-age', '2024-03-15', { instalments: 2, firstDueOn: '2024-04-01' })],
    [
      '02-01 99.01+3.00 0.00',
      '03-01 0.00+0.00 0.00',
      '03-15 0.00+0.00 0.00',
      '04-01 99.22+3.57 102.79',
      '05-01 101.77+1.02 102.79',
    ],
  ],
  [
    'a dearer rate on the balance as scheduled, late interest apart: E = 201.99 × 1.02² / 2.02 = 104.03',
    { principal: '400', instalments: 4 },
    [event('recalculate', '2024-02-15'), { type: 'rate-change', from: '2024-03-02', annualRatePercent: '24' }],
    ['02-01 98.51+4.00 102.51', '03-01 99.02+3.49 102.51', '04-01 99.98+4.05 104.03', '05-01 102.49+2.05 104.54'],
  ],
  [
    're-aged with principal parts equal: 200/2, and 4.00 of interest with the first',
    { method: 'equal-principal' },
    [pay('2024-02-01', '103'), event('re-age', '2024-03-15', { instalments: 2, firstDueOn: '2024-04-01' })],
    [
      '02-01 100.00+3.00 0.00',
      '03-01 0.00+0.00 0.00',
      '03-15 0.00+0.00 0.00',
      '04-01 100.00+4.00 104.00',
      '05-01 100.00+1.00 101.00',
    ],
  ],
  [
    'an unpaid down payment is re-aged too; a fee stays where it is due, one of later days goes with its day',
    { ...free, principal: '400', downPaymentPercent: '25' },
    [
      event('fee', '2024-02-10', { amount: '8' }),
      event('fee', '2024-03-20', { amount: '6' }),
      event('re-age', '2024-02-15', { instalments: 4, firstDueOn: '2024-03-01' }),
    ],
    [
      '01-01 0.00+0.00 0.00',
      '02-01 0.00+0.00 0.00',
      '02-15 0.00+0.00 8.00',
      '03-01 100.00+0.00 100.00',
      '04-01 100.00+0.00 106.00',
      '05-01 100.00+0.00 100.00',
      '06-01 100.00+0.00 100.00',
    ],
  ],
  [
    're-aged from a day that is past: the first new one is late by 14 of 31 days, 99.99 × 1 % × 14/31 = 0.45',
    {},
    [first, event('re-age', '2024-03-15', { instalments: 2, firstDueOn: '2024-03-01' })],
    ['02-01 99.01+3.00 0.00', '03-01 0.00+0.00 0.00', '03-01 99.99+2.01 102.00', '04-01 101.00+1.46 102.46'],
  ],
  [
    'at 300 % a month, the first free: E = 300 × 64/85 = 225.88; unpaid, 3 × 900.00 − 2 × 225.88 fall to the last',
    { annualRatePercent: '3600', instalments: 4, interestFreePeriods: 1 },
    [event('recalculate', '2024-05-01')],
    ['02-01 225.88+0.00 225.88', '03-01 0.00+225.88 225.88', '04-01 0.00+225.88 225.88', '05-01 74.12+2248.24 2322.36'],
  ],
  [
    'a bullet of three months put into two after 31 of 91 days: 9.00 × 31/91 = 3.07 in equal parts; each new month bears 3.00',
    { method: 'bullet' },
    [event('reschedule', '2024-02-01', { instalments: 2, firstDueOn: '2024-03-01' })],
    ['03-01 0.00+4.54 4.54', '04-01 300.00+4.53 304.53'],
  ],
  [
    'a bullet of three months re-aged into two: 3.07 of its first 31 days with the first of them',
    { method: 'bullet' },
    [event('re-age', '2024-02-01', { instalments: 2, firstDueOn: '2024-03-01' })],
    ['02-01 0.00+0.00 0.00', '03-01 0.00+6.07 6.07', '04-01 300.00+3.00 303.00'],
  ],
  [
    'a bullet, January free, of which 100 is repaid in January: 200 × 2 %',
    { method: 'bullet', interestFreePeriods: 1 },
    [pay('2024-01-20', '100')],
    ['04-01 300.00+4.00 204.00'],
  ],
  [
    'a bullet, January free, put off by a month in February: 300 × 3 %',
    { method: 'bullet', interestFreePeriods: 1 },
    [event('deferral', '2024-02-10', { periods: 1 })],
    ['05-01 300.00+9.00 309.00'],
  ],
  [
    'a bullet, January free, put off with interest that stops at the old due date: 300 × 2 %',
    { method: 'bullet', interestFreePeriods: 1 },
    [event('deferral', '2024-02-10', { periods: 1, interest: 'stops' })],
    ['05-01 300.00+6.00 306.00'],
  ],
  [
    'a bullet, January free, put into two in January: what was free until then is over, each new month bears 3.00',
    { method: 'bullet', interestFreePeriods: 1 },
    [event('reschedule', '2024-01-15', { instalments: 2, firstDueOn: '2024-02-15' })],
    ['02-15 0.00+3.00 3.00', '03-15 300.00+3.00 303.00'],
  ],
  [
    'charged off, the customer still owes it; 50 recovered pays 3.00 and 47.00, 19 of 29 days late: 2.01 + 0.65',
    {},
    [event('charge-off', '2024-02-10'), event('recovery', '2024-02-20', { amount: '50' })],
    ['02-01 99.01+3.00 52.01', '03-01 99.35+2.66 102.01', '04-01 101.64+1.02 102.66'],
  ],
  [
    'a pause leaves re-aged instalments: E = 102.00; 200.99 + 0.97 + 1.10 + 1.01 unpaused leave 102.07 to the last, so 102.04',
    { lastInstalment: 'levelled' },
    [
      first,
      { type: 'interest-pause', from: '2024-02-16', to: '2024-04-15' },
      event('re-age', '2024-03-15', { instalments: 2, firstDueOn: '2024-04-01' }),
    ],
    [
      '02-01 99.01+3.00 0.00',
      '03-01 0.00+0.00 0.00',
      '03-15 0.00+0.00 0.00',
      '04-01 101.07+0.97 102.04',
      '05-01 99.92+0.53 100.45',
    ],
  ],
  [
    're-aged twice before anything was due: one empty instalment, 300 × 1 % × (8 + 32)/31 with the first',
    {},
    [
      event('re-age', '2024-01-05', { instalments: 3, firstDueOn: '2024-02-10' }),
      event('re-age', '2024-01-09', { instalments: 3, firstDueOn: '2024-02-10' }),
    ],
    ['01-09 0.00+0.00 0.00', '02-10 98.42+3.88 102.30', '03-10 100.28+2.02 102.30', '04-10 101.30+1.01 102.31'],
  ],
  [
    're-aged in April from 20 February: the 100 of 1 March pays the first new instalment, 10 days late',
    {},
    [first, pay('2024-03-01', '100'), event('re-age', '2024-04-01', { instalments: 2, firstDueOn: '2024-02-20' })],
    ['02-01 99.01+3.00 0.00', '02-20 0.00+0.00 0.00', '02-20 100.34+1.32 1.66', '03-20 100.65+1.36 102.01'],
  ],
  [
    're-amortised: the down payment of 100 and February’s 100 go into the two to come',
    { ...free, principal: '400', downPaymentPercent: '25' },
    [event('re-amortise', '2024-02-15')],
    ['01-01 0.00+0.00 0.00', '02-01 0.00+0.00 0.00', ...twice('200.00+0.00 200.00')],
  ],
  [
    'terminated: a fee of a later day stays due on its day',
    free,
    [event('fee', '2024-02-20', { amount: '5' }), event('contract-termination', '2024-02-10')],
    ['02-01 100.00+0.00 100.00', '02-10 200.00+0.00 200.00', '02-20 0.00+0.00 5.00'],
  ],
  [
    'a refund of 50 undone takes its interest of 2 along, though the reversal is dated before it',
    free,
    [
      event('merchant-refund', '2024-01-10', { amount: '50' }),
      event('interest-refund', '2024-01-10', { amount: '2' }),
      event('reversal', '2024-01-05', { of: 0 }),
    ],
    ['02-01 100.00+0.00 100.00', ...twice('100.00+0.00 100.00')],
  ],
  [
    '24 % from the day of a repayment, that day included: 300 × (30 × 1 % + 2 %)/31 = 3.10, E = 300 × 1.0103 × 1.02² / 3.0604',
    {},
    [first, { type: 'rate-change', from: '2024-02-01', annualRatePercent: '24' }],
    ['02-01 99.94+3.10 1.03', '03-01 99.04+4.00 103.04', '04-01 101.02+2.02 103.04'],
  ],
  [
    'a down payment of 0.60 in multiples of 0.70, of 0.65 lent: all of it, and no more',
    { ...free, principal: '0.65', downPaymentPercent: '92.3', instalmentMultiple: '0.70' },
    [],
    ['01-01 0.65+0.00 0.65', '02-01 0.00+0.00 0.00', ...twice('0.00+0.00 0.00')],
  ],
  [
    'lent on the last due date, it is repaid with the last instalment',
    free,
    [event('disbursement', '2024-04-01', { amount: '30' })],
    ['02-01 100.00+0.00 100.00', '03-01 100.00+0.00 100.00', '04-01 130.00+0.00 130.00'],
  ],
]

function twice(row: string): string[] {
  return [`03-01 ${row}`, `04-01 ${row}`]
}

function paid(): string[] {
  return ['02-01', '03-01', '04-01'].map((due) => `${due} 100.00+0.00 0.00`)
}

function rowsOf(answer: ScheduleAnswer): string[] {
  return answer.instalments.map((row) => `${row.dueOn.slice(5)} ${row.principal}+${row.interest} ${row.outstanding}`)
}

for (const [title, terms, events, rows] of examples) {
  test(title, () => assert.deepEqual(rowsOf(calcSchedule({ ...base, ...terms, events })), rows))
}

test('a fee of 8.00 is paid out of the 10.00 that were paid too much, and that payment says so', () => {
  const answer = calcSchedule({
    ...base,
    ...free,
    events: [pay('2024-02-01', '310'), event('fee', '2024-02-10', { amount: '8' })],
  })
  const { principal, fees, overpaid } = answer.transactions[0]!
  assert.deepEqual([principal, fees, overpaid], ['300.00', '8.00', '2.00'])
  assert.deepEqual([answer.totals.creditBalance, answer.totals.outstanding], ['2.00', '0.00'])
})

test('a repayment reversed later does not count for the interest of a refund: 300 × 1 % × 15/31 = 1.45', () => {
  const answer = calcSchedule({
    ...base,
    events: [
      pay('2024-01-11', '100'),
      event('merchant-refund', '2024-01-16', { amount: '300' }),
      event('interest-refund', '2024-01-16'),
      event('reversal', '2024-01-20', { of: 0 }),
    ],
  })
  assert.equal(answer.transactions.at(-1)!.amount, '1.45')
  assert.equal(answer.totals.outstanding, '0.00')
})

test('money for the last instalments begins with the last, though an early payment had left nothing for it', () => {
  const answer = calcSchedule({
    ...base,
    principal: '1000',
    annualRatePercent: '24',
    instalments: 24,
    allocation: { 'merchant-refund': { surplus: 'last' } },
    events: [pay('2024-01-11', '700'), event('merchant-refund', '2024-02-11', { amount: '150' })],
  })
  // 1000 × 0.02 / (1 − 1.02^−24) = 52.87; 150.00 = 2 × 52.87 + 44.26.
  assert.deepEqual(
    answer.instalments.slice(-4).map((row) => row.paid),
    ['0.00', '44.26', '52.87', '52.87'],
  )
})
