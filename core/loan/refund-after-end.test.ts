import assert from 'node:assert/strict'
import { test } from 'node:test'
import { flatBills as flat } from './bills.test-support.ts'
import { foldLoan, ledgerOn, openLoan, payoffOn } from './index.ts'

test('a refund after early settlement is the customer’s, and forgiven charges stay forgiven', () => {
  // 300.00 and the 1.50 of two begun bills; the third bill's charge is forgiven.
  const { total } = payoffOn(openLoan(flat), '2026-04-19')
  assert.equal(total, 30_300n)
  const state = foldLoan(flat, [
    { type: 'payoff', id: 'settled', on: '2026-04-19', amount: total },
    { type: 'purchase-refund', id: 'returned', on: '2026-04-19', amount: 100n },
  ])
  assert.deepEqual([state.status, state.principalOutstanding, state.creditBalance], ['overpaid', 0n, 100n])
  assert.equal(payoffOn(state, '2026-06-14').total, 0n)
})

test('a refund after a charge-off makes good what was lost before anything is the customer’s', () => {
  const lost = [{ type: 'charge-off', id: 'lost', on: '2026-05-10' }] as const
  // Lost: 300.00 of principal and the one charge of 1.50 that had fallen due.
  const part = foldLoan(flat, [...lost, { type: 'purchase-refund', id: 'returned', on: '2026-05-10', amount: 10_000n }])
  assert.deepEqual([part.status, part.principalOutstanding, part.creditBalance], ['charged-off', 0n, 0n])
  assert.equal(ledgerOn(part, '2026-05-10').recovered, 10_000n)
  const whole = foldLoan(flat, [
    ...lost,
    { type: 'purchase-refund', id: 'returned', on: '2026-05-10', amount: 30_200n },
  ])
  assert.deepEqual([ledgerOn(whole, '2026-05-10').recovered, whole.creditBalance], [30_150n, 50n])
})
