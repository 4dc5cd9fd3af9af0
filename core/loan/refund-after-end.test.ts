import assert from 'node:assert/strict'
import { test } from 'node:test'
import { flatBills as flat } from './bills.test-support.ts'
import { foldLoan, ledgerOn, openLoan, payoffOn } from './index.ts'
import { plainLoan } from './plain.test-support.ts'
import type { AllocationStep, LoanTerms } from './types.ts'

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

test('a loan whose last cents of principal come back after its settlement ends with them', () => {
  const terms = { ...flat, principal: 10_000n }
  const cent = { type: 'repayment', id: 'cent', on: '2026-03-05', amount: 1n } as const
  const { total } = payoffOn(foldLoan(terms, [cent]), '2026-03-07')
  // Later charges are forgiven; then the cent bounces, and goods for five are returned.
  const state = foldLoan(terms, [
    cent,
    { type: 'payoff', id: 'settled', on: '2026-03-07', amount: total },
    { type: 'reversal', id: 'bounced', on: '2026-03-07', of: 'cent' },
    { type: 'purchase-refund', id: 'returned', on: '2026-03-07', amount: 5n },
  ])
  assert.deepEqual([state.status, state.principalOutstanding, state.creditBalance], ['overpaid', 0n, 4n])
  assert.equal(payoffOn(state, '2026-06-13').total, 0n)
})

test('interest that money short of settling left with an instalment paid ahead is paid by a refund before it is credit', () => {
  const order = ['past-due', 'due', 'in-advance'].flatMap((timing) =>
    ['fee', 'principal', 'penalty', 'interest'].map((component) => `${timing}-${component}` as AllocationStep),
  )
  const terms: LoanTerms = {
    ...plainLoan,
    ...{
      principal: 575n,
      annualRatePercent: '24',
      instalments: 1,
      disbursedOn: '2023-01-01',
      firstDueOn: '2023-01-11',
    },
    ...{ dayCount: 'actual/365', interestPeriod: 'whole-period', overdueInterest: false, earlyInterest: 'to-due-date' },
    allocation: { default: { order, surplus: 'next', across: 'horizontal' } },
  }
  const state = foldLoan(terms, [
    { type: 'reschedule', id: 'four', on: '2023-01-02', instalments: 4, firstDueOn: '2023-02-05' },
    { type: 'repayment', id: 'three', on: '2023-01-30', amount: 503n },
    { type: 'repayment', id: 'most', on: '2023-03-06', amount: 92n },
    { type: 'repayment', id: 'short', on: '2023-03-06', amount: 1n },
    { type: 'purchase-refund', id: 'returned', on: '2023-04-05', amount: 575n },
  ])
  // Returned 5.75, of which 0.01 was still principal and 0.04 interest of the running period.
  assert.deepEqual([state.status, state.creditBalance, payoffOn(state, '2023-04-05').total], ['overpaid', 570n, 0n])
})

test('waived principal ends a loan as repaid principal does', () => {
  const waiver = { type: 'waiver', id: 'given', on: '2026-03-06', component: 'principal', amount: 30_000n } as const
  const state = foldLoan(flat, [waiver])
  // The charge of the bill that has begun is owed, those of later ones are forgiven.
  assert.deepEqual(
    state.instalments.map(({ interest }) => interest),
    [150n, 0n, 0n],
  )
  assert.equal(payoffOn(state, '2026-03-06').total, 150n)
})
