/**
 * Events worked out by hand on one loan: 300.00 at 1 % a month (12 %, 30/360) in three instalments of 102.01, that is
 * 99.01 + 3.00, 100.00 + 2.01 and 100.99 + 1.01. Each example says what changes and by what formula.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foldLoan, ownersOn } from '../../core/loan/index.ts'
import { readLoan } from './loan-input.ts'
import { calcSchedule, type ScheduleAnswer } from './schedule.ts'
import { base, event, free, pay } from './worked-loan.test-support.ts'

const fixed = { interestRecalculation: 'none' }
const first = pay('2024-02-01', '102.01')
const ordered = (order: readonly string[]): object => ({ allocation: { default: { order } } })
const surplus = (name: string): object => ({ allocation: { default: { surplus: name } } })

/** Due date, principal + interest, and what is outstanding. */
const asPlanned = ['02-01 99.01+3.00 102.01', '03-01 100.00+2.01 102.01', '04-01 100.99+1.01 102.00']
const onTime = ['02-01 99.01+3.00 0.00', ...asPlanned.slice(1)]

type Example = readonly [title: string, terms: object, events: readonly object[], rows: readonly string[]]

const examples: readonly Example[] = [
  ['nothing yet', {}, [], asPlanned],
  ['a repayment on time', {}, [first], onTime],
  [
    'early by 16 of 31 days pays 300 × 1 % × 15/31 = 1.45; the second takes 199.44 × 1 % and the 1.03 of the 16 days',
    {},
    [pay('2024-01-16', '102.01')],
    ['02-01 100.56+1.45 0.00', '03-01 98.99+3.02 102.01', '04-01 100.45+1.00 101.45'],
  ],
  [
    'early, with interest to the due date: nothing is saved',
    { earlyInterest: 'to-due-date' },
    [pay('2024-01-16', '102.01')],
    onTime,
  ],
  ['early, with interest as scheduled', fixed, [pay('2024-01-16', '102.01')], onTime],
  [
    'late by 14 of 29 days: 200.99 × 1 % + 99.01 × 1 % × 14/29 = 2.0099 + 0.4780 = 2.49',
    {},
    [pay('2024-02-15', '102.01')],
    ['02-01 99.01+3.00 0.00', '03-01 99.52+2.49 102.01', '04-01 101.47+1.01 102.48'],
  ],
  ['late, where late principal bears nothing', { overdueInterest: false }, [pay('2024-02-15', '102.01')], onTime],
  [
    'a part: interest 3.00 first, principal 47.00',
    {},
    [pay('2024-02-01', '50')],
    ['02-01 99.01+3.00 52.01', ...asPlanned.slice(1)],
  ],
  [
    '47.99 too much goes to the next: it bears 153.00 × 1 % = 1.53',
    {},
    [pay('2024-02-01', '150')],
    ['02-01 99.01+3.00 0.00', '03-01 100.48+1.53 54.02', '04-01 100.51+1.01 101.52'],
  ],
  [
    '47.99 too much goes to the last: it bears (100.51 − 47.99) × 1 % = 0.53',
    surplus('last'),
    [pay('2024-02-01', '150')],
    ['02-01 99.01+3.00 0.00', '03-01 100.48+1.53 102.01', '04-01 100.51+0.53 53.05'],
  ],
  [
    '47.99 too much goes to both: 24.00 and 23.99',
    surplus('re-amortise'),
    [pay('2024-02-01', '150')],
    ['02-01 99.01+3.00 0.00', '03-01 100.48+1.53 78.01', '04-01 100.51+0.77 77.29'],
  ],
  [
    '50.00 prepaid to shorten: 150.99 × 1 %, then 50.49 × 1 %',
    {},
    [pay('2024-02-01', '152.01', { prepay: 'shorten' })],
    ['02-01 99.01+3.00 0.00', '03-01 100.50+1.51 102.01', '04-01 100.49+0.50 50.99'],
  ],
  [
    '50.00 prepaid on the due date to lower: E = 150.99·0.01 / (1 − 1.01^−2) = 76.6293; the second also shows the 50.00',
    {},
    [pay('2024-02-01', '152.01', { prepay: 'lower' })],
    ['02-01 99.01+3.00 0.00', '03-01 125.12+1.51 76.63', '04-01 75.87+0.76 76.63'],
  ],
  [
    'payoff 15 of 29 days late: 303.00 + 300.00 × 1 % × 15/29 = 304.55',
    {},
    [event('payoff', '2024-02-16', { amount: '304.55' })],
    ['02-01 99.01+3.00 0.00', '03-01 100.46+1.55 0.00', '04-01 100.53+0.00 0.00'],
  ],
  [
    'more than everything on the first day: 10.00 is the customer’s, and given back',
    {},
    [pay('2024-01-01', '310'), event('credit-balance-refund', '2024-01-05', { amount: '10' })],
    ['02-01 102.01+0.00 0.00', '03-01 102.01+0.00 0.00', '04-01 95.98+0.00 0.00'],
  ],
  [
    'a refund by the merchant of 100.00: the second bears 100.99 × 1 %',
    {},
    [first, event('merchant-refund', '2024-02-01', { amount: '100' })],
    ['02-01 99.01+3.00 0.00', '03-01 101.00+1.01 2.01', '04-01 99.99+1.00 100.99'],
  ],
  [
    'goods of 100.00 returned, flat: the last instalment goes, the others bear 200 × 1 %',
    { method: 'flat' },
    [event('purchase-refund', '2024-01-10', { amount: '100' })],
    ['02-01 100.00+2.00 102.00', '03-01 100.00+2.00 102.00', '04-01 0.00+0.00 0.00'],
  ],
  [
    'a goodwill credit of 10.00: interest 3.00, principal 7.00',
    {},
    [event('goodwill-credit', '2024-02-01', { amount: '10' })],
    ['02-01 99.01+3.00 92.01', ...asPlanned.slice(1)],
  ],
  [
    'on a due date, then a new rate: 102.01 is asked for in the second alone, and E = 200.99 / 2 without it',
    {},
    [
      first,
      event('chargeback', '2024-02-01', { amount: '102.01' }),
      event('rate-change', '2024-02-02', { annualRatePercent: '0' }),
    ],
    ['02-01 99.01+3.00 0.00', '03-01 202.51+0.00 202.51', '04-01 100.49+0.00 100.49'],
  ],
  [
    'the repayment taken back: 102.01 is principal of the second, which bears 303.00 × 1 %',
    {},
    [first, event('chargeback', '2024-02-01', { amount: '102.01' })],
    ['02-01 99.01+3.00 0.00', '03-01 200.99+3.03 204.02', '04-01 102.01+1.02 103.03'],
  ],
  [
    'taken back after the last due date: an instalment of that day',
    {},
    [
      first,
      pay('2024-03-01', '102.01'),
      pay('2024-04-01', '102'),
      event('chargeback', '2024-04-20', { amount: '102' }),
    ],
    ['02-01 99.01+3.00 0.00', '03-01 100.00+2.01 0.00', '04-01 100.99+1.01 0.00', '04-20 102.00+0.00 102.00'],
  ],
  [
    '24 % from 2 February: E = 200.99·0.02 / (1 − 1.02^−2) = 103.5198',
    {},
    [{ type: 'rate-change', from: '2024-02-02', annualRatePercent: '24' }],
    [asPlanned[0]!, '03-01 99.50+4.02 103.52', '04-01 101.49+2.03 103.52'],
  ],
  [
    'no interest in the second period: 102.01 is all principal, the last bears 98.98 × 1 %',
    {},
    [{ type: 'interest-pause', from: '2024-02-02', to: '2024-03-01' }],
    [asPlanned[0]!, '03-01 102.01+0.00 102.01', '04-01 98.98+0.99 99.97'],
  ],
  [
    're-age into two: 3.00 owed and three months of 3.00 make 12.00; E = 312 / (1 + 1/1.01) = 156.78',
    {},
    [event('re-age', '2024-02-01', { instalments: 2, firstDueOn: '2024-05-01' })],
    ['02-01 0.00+0.00 0.00', '05-01 144.78+12.00 156.78', '06-01 155.22+1.55 156.77'],
  ],
  [
    'reschedule of 200.00 into four, without interest',
    free,
    [pay('2024-02-01', '100'), event('reschedule', '2024-02-01', { instalments: 4, firstDueOn: '2024-03-01' })],
    ['02-01 100.00+0.00 0.00', ...['03', '04', '05', '06'].map((month) => `${month}-01 50.00+0.00 50.00`)],
  ],
  [
    're-amortise without interest: 100.00 in two parts',
    free,
    [event('re-amortise', '2024-02-15')],
    ['02-01 0.00+0.00 0.00', '03-01 150.00+0.00 150.00', '04-01 150.00+0.00 150.00'],
  ],
  [
    're-amortise with interest as scheduled: 99.01 in 49.50 and 49.51, the interest stays due',
    fixed,
    [event('re-amortise', '2024-02-10')],
    ['02-01 0.00+3.00 3.00', '03-01 149.50+2.01 151.51', '04-01 150.50+1.01 151.51'],
  ],
  [
    'a fee of 4.00 and a penalty of 2.00 take the first of 10.00; interest 3.00, principal 1.00',
    {},
    [
      event('fee', '2024-02-01', { amount: '4' }),
      event('penalty', '2024-02-01', { amount: '2' }),
      pay('2024-02-01', '10'),
    ],
    ['02-01 99.01+3.00 98.01', ...asPlanned.slice(1)],
  ],
  [
    'vertical: the interest of both late instalments, 5.01, then 4.99 of principal',
    { ...fixed, allocation: { default: { across: 'vertical' } } },
    [pay('2024-03-05', '10')],
    ['02-01 99.01+3.00 94.02', '03-01 100.00+2.01 100.00', asPlanned[2]!],
  ],
  [
    'principal before interest: 99.01, then 0.99 of 3.00',
    { ...fixed, ...ordered(['past-due-principal', 'past-due-interest']) },
    [pay('2024-02-05', '100')],
    ['02-01 99.01+3.00 2.01', ...asPlanned.slice(1)],
  ],
  [
    'interest of 3.00 waived',
    {},
    [event('waiver', '2024-02-01', { amount: '3', component: 'interest' })],
    ['02-01 99.01+3.00 99.01', ...asPlanned.slice(1)],
  ],
  ['a repayment reversed', {}, [first, event('reversal', '2024-02-01')], asPlanned],
  [
    '150.00 more on the first due date: E = 350.99·0.01 / (1 − 1.01^−2) = 178.1302',
    {},
    [event('disbursement', '2024-02-01', { amount: '150' })],
    [asPlanned[0]!, '03-01 174.62+3.51 178.13', '04-01 176.37+1.76 178.13'],
  ],
  [
    '150.00 more in the second period, without interest: (200 + 150) / 2',
    free,
    [event('disbursement', '2024-02-10', { amount: '150' })],
    ['02-01 100.00+0.00 100.00', '03-01 175.00+0.00 175.00', '04-01 175.00+0.00 175.00'],
  ],
  [
    'the rest deferred by a month, interest goes on: E = 200.99·1.02·1.01 / 2.01 = 103.0148',
    {},
    [first, event('deferral', '2024-02-10', { periods: 1 })],
    ['02-01 99.01+3.00 0.00', '04-01 98.99+4.02 103.01', '05-01 102.00+1.02 103.02'],
  ],
  [
    'the rest deferred by a month without interest: the same instalments later',
    {},
    [first, event('deferral', '2024-02-10', { periods: 1, interest: 'stops' })],
    ['02-01 99.01+3.00 0.00', '04-01 100.00+2.01 102.01', '05-01 100.99+1.01 102.00'],
  ],
  [
    'deferred to 16 March, a month and 15 of 31 days: 200.99 × 1 % × 46/31 = 2.98; E = 206.0122 / 2.01 = 102.4936',
    {},
    [first, event('deferral', '2024-02-10', { until: '2024-03-16' })],
    ['02-01 99.01+3.00 0.00', '03-16 99.51+2.98 102.49', '04-16 101.48+1.01 102.49'],
  ],
  [
    'a deferral reversed',
    {},
    [first, event('deferral', '2024-02-10', { id: 'd', periods: 1 }), event('reversal', '2024-02-11', { of: 'd' })],
    onTime,
  ],
  [
    'undone, what was lent before the stated day is none of it: 100.00 from February on',
    { ...free, principal: '100', disbursedOn: '2024-02-01' },
    [
      event('disbursement', '2024-01-01', { id: 'early', amount: '200' }),
      event('reversal', '2024-01-05', { of: 'early' }),
    ],
    ['03-01 33.33+0.00 33.33', '04-01 33.33+0.00 33.33', '05-01 33.34+0.00 33.34'],
  ],
  [
    'undone with a fee that was listed after it: nothing of either',
    { ...free, principal: '100', disbursedOn: '2024-02-01' },
    [
      event('disbursement', '2024-01-01', { id: 'early', amount: '200' }),
      event('fee', '2024-03-01', { id: 'fee', amount: '5' }),
      event('reversal', '2024-01-05', { of: 'early' }),
      event('reversal', '2024-01-05', { of: 'fee' }),
    ],
    ['03-01 33.33+0.00 33.33', '04-01 33.33+0.00 33.33', '05-01 33.34+0.00 33.34'],
  ],
  [
    'of two lent before the stated day the earlier is undone: the loan began with the other, 50/3, then (33.33 + 100)/2',
    { ...free, principal: '100', disbursedOn: '2024-03-01' },
    [
      event('disbursement', '2024-01-01', { id: 'early', amount: '200' }),
      event('disbursement', '2024-02-01', { amount: '50' }),
      event('reversal', '2024-03-05', { of: 'early' }),
    ],
    ['03-01 16.67+0.00 16.67', '04-01 66.66+0.00 66.66', '05-01 66.67+0.00 66.67'],
  ],
  [
    'a re-age that began before its day, undone, leaves no late interest behind',
    {},
    [
      event('re-age', '2024-03-15', { instalments: 2, firstDueOn: '2024-03-01' }),
      event('reversal', '2024-03-16', { of: 0 }),
    ],
    asPlanned,
  ],
  [
    'a charge-off undone after 50 were recovered: the same',
    {},
    [
      event('charge-off', '2024-02-10', { id: 'lost' }),
      event('recovery', '2024-02-20', { amount: '50' }),
      event('reversal', '2024-02-21', { of: 'lost' }),
    ],
    ['02-01 99.01+3.00 52.01', '03-01 99.35+2.66 102.01', '04-01 101.64+1.02 102.66'],
  ],
]

function rowsOf(answer: ScheduleAnswer): string[] {
  return answer.instalments.map((row) => `${row.dueOn.slice(5)} ${row.principal}+${row.interest} ${row.outstanding}`)
}

for (const [title, terms, events, rows] of examples) {
  test(title, () => assert.deepEqual(rowsOf(calcSchedule({ ...base, ...terms, events })), rows))
}

test('interest of a refund: 300 × 1 % × 15/31 = 1.45 without it, 200 × 1 % × 15/31 = 0.97 had it come at once', () => {
  const refund = event('merchant-refund', '2024-01-16', { amount: '100' })
  const answer = calcSchedule({ ...base, events: [refund, event('interest-refund', '2024-01-16')] })
  assert.equal(answer.transactions[1]!.amount, '0.48')
})

test('sold on 10 February: the seller is paid 200.99 and the 3.00 it earned is its own, the buyer has the rest', () => {
  const answer = calcSchedule({ ...base, events: [first, event('sale', '2024-02-10', { buyer: 'Second Fund' })] })
  assert.deepEqual(rowsOf(answer), onTime)
  assert.deepEqual(answer.owners, [{ owner: 'Second Fund', from: '2024-02-10' }])
  const events = [
    { id: 'p', type: 'repayment', on: '2024-02-01', amount: 10_201n },
    { id: 's', type: 'sale', on: '2024-02-10', buyer: 'Second Fund' },
    { id: 'q', type: 'repayment', on: '2024-03-01', amount: 10_201n },
  ] as const
  const state = foldLoan(readLoan({ ...base }).terms, events)
  const [seller, buyer] = ownersOn(state, '2024-03-01').map(({ ledger }) => ledger)
  assert.deepEqual([seller!.disbursed, seller!.principalPaid, seller!.interestPaid], [30_000n, 30_000n, 300n])
  assert.deepEqual([buyer!.disbursed, buyer!.principalPaid, buyer!.interestPaid], [20_099n, 10_000n, 201n])
})

test('what is charged back or lent on the day of a re-age counts after what ends then, before what begins', () => {
  const balances = (more: object, firstDueOn: string): string[] => {
    const aged = event('re-age', '2024-02-10', { instalments: 2, firstDueOn })
    const { instalments } = calcSchedule({ ...base, ...free, events: [pay('2024-02-01', '100'), more, aged] })
    return instalments.map(({ dueOn, principal, balanceAfter }) => `${dueOn.slice(5)} ${principal} ${balanceAfter}`)
  }
  const before = ['02-01 100.00 200.00', '02-10 0.00 200.00']
  const back = event('chargeback', '2024-02-10', { amount: '50' })
  assert.deepEqual(balances(back, '2024-03-01'), [...before, '03-01 125.00 125.00', '04-01 125.00 0.00'])
  const lent = event('disbursement', '2024-02-10', { amount: '100' })
  assert.deepEqual(balances(lent, '2024-02-10'), [...before, '02-10 150.00 150.00', '03-10 150.00 0.00'])
})
