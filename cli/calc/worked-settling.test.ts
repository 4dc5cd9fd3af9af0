/** What settles the loan of worked-events.test.ts, 300.00 at 1 % a month in three instalments of 102.01, and why, worked out by hand. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calcExplain } from './explain.ts'
import { calcSchedule } from './schedule.ts'
import { base, event, free, pay } from './worked-loan.test-support.ts'

test('nothing settles a loan that instalments paid ahead have settled already', () => {
  const answer = calcSchedule({
    ...base,
    principal: '1200',
    instalments: 24,
    events: [pay('2024-01-01', '1100'), pay('2024-02-01', '101')],
  })
  assert.equal(answer.totals.outstanding, '0.00')
  assert.equal(answer.payoff.amount, '0.00')
})

test('late interest that an earlier instalment takes over settles once: 50.00 + 0.34 + 0.50', () => {
  const events = [
    pay('2024-01-01', '50'),
    pay('2024-01-01', '300'),
    event('credit-balance-refund', '2024-01-11', { amount: '50' }),
    event('reversal', '2024-01-12', { of: 0 }),
    event('recalculate', '2024-03-01'),
  ]
  assert.equal(calcSchedule({ ...base, events }).payoff.amount, '50.84')
  const settled = calcSchedule({ ...base, events: [...events, pay('2024-03-01', '50.84')] })
  assert.deepEqual([settled.totals.outstanding, settled.totals.creditBalance], ['0.00', '0.00'])
})

test('what was written off stands among the transactions, and the explanation is of what the customer owes', () => {
  const loan = { ...base, events: [event('charge-off', '2024-02-10')] }
  const [row] = calcSchedule(loan).transactions
  assert.deepEqual([row!.type, row!.principal, row!.interest], ['charge-off', '300.00', '3.00'])
  // 300.00 + 3.00 + (200.99 + 99.01) × 1 % × 9/29
  assert.equal(calcExplain({ ...loan, explain: { payoff: '2024-02-10' } }).value, '303.93 USD')
})

test('a payoff explained adds up: lent 400.00, 100.00 down, 100.00 of February, 20.00 forgiven', () => {
  const events = [
    pay('2024-02-01', '100'),
    event('waiver', '2024-02-02', { amount: '20', component: 'principal' }),
    event('reversal', '2024-01-15', { of: 0 }),
    pay('2024-02-03', '100'),
  ]
  const loan = { ...base, ...free, principal: '400', downPaymentPercent: '25', downPaymentPaid: true, events }
  const [principal] = calcExplain({ ...loan, explain: { payoff: '2024-02-03' } }).parts!
  assert.equal(principal!.value, '180.00 USD')
  const leaves = principal!.parts!.map(({ what, value }) => `${what} ${value}`)
  const [lent, ...less] = ['lent 400.00 USD', 'charged back 0.00 USD', 'paid 200.00 USD', 'refunded 0.00 USD']
  assert.deepEqual(leaves, [lent, ...less, 'written off 20.00 USD'])
})

test('a reversal dated before the repayment that it undoes: quoted for any day, as if there had been none', () => {
  const events = [pay('2024-02-01', '102.01'), event('reversal', '2024-01-20', { of: 0 })]
  for (const asOf of ['2024-01-20', '2024-01-25', '2024-02-01', '2024-02-15']) {
    const without = calcSchedule({ ...base, asOf, events: [event('recalculate', asOf)] }).payoff
    assert.deepEqual(calcSchedule({ ...base, asOf, events }).payoff, without)
  }
})

test('nothing is charged on a debt that was repaid before a rate rose', () => {
  const rise = { type: 'rate-change', from: '2024-02-15', annualRatePercent: '36' }
  for (const method of ['flat', 'equal-instalment']) {
    const loan = { ...base, method, annualRatePercent: '0', interestRecalculation: 'none' }
    const answer = calcSchedule({ ...loan, events: [rise, pay('2024-01-10', '300')] })
    assert.deepEqual([answer.totals.total, answer.totals.outstanding], ['300.00', '0.00'])
  }
})

test('of a loan that was charged off each money event has its row, also what the lender no longer had to book', () => {
  const refund = event('merchant-refund', '2024-06-16', { amount: '400', id: 'r' })
  const money = [refund, event('interest-refund', '2024-06-25', { of: 'r' })]
  const loan = { ...base, events: [event('charge-off', '2024-05-25'), ...money] }
  const rows = calcSchedule(loan).transactions
  assert.deepEqual(
    rows.map(({ type, amount }) => [type, amount]),
    [
      ['charge-off', rows[0]!.amount],
      ['merchant-refund', '400.00'],
      ['interest-refund', '9.00'],
    ],
  )
})
