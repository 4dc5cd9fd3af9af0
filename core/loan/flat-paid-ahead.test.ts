import assert from 'node:assert/strict'
import { test } from 'node:test'
import { flatBills as flat } from './bills.test-support.ts'
import { foldLoan, ledgerOn, payoffOn } from './index.ts'
import type { LoanEvent } from './types.ts'

const ahead: LoanEvent = { type: 'repayment', id: 'ahead', on: '2026-03-20', amount: 10_150n }

test('interest paid ahead on what is then returned is not kept: it pays what else is owed', () => {
  // The first bill of 101.50 is paid; 150.00 of 300.00 goes back, so that each coming bill bears 0.75 instead of 1.50.
  const returned: LoanEvent = { type: 'purchase-refund', id: 'returned', on: '2026-03-25', amount: 15_000n }
  const state = foldLoan(flat, [ahead, returned])
  assert.deepEqual(
    state.instalments.map(({ principal, interest, principalPaid, interestPaid }) => [
      principal,
      interest,
      principalPaid,
      interestPaid,
    ]),
    [
      [10_000n, 75n, 10_000n, 75n],
      // The 0.75 that the first bill asks for no more pays that of the second.
      [5_000n, 75n, 0n, 75n],
      [0n, 0n, 0n, 0n],
    ],
  )
  assert.equal(state.principalOutstanding, 5_000n)
  assert.deepEqual(
    state.allocated.map(({ amount, principal, interest, overpaid }) => [amount, principal, interest, overpaid]),
    [
      [10_150n, 10_000n, 150n, 0n],
      [15_000n, 15_000n, 0n, 0n],
    ],
  )
  const ledger = ledgerOn(state, '2026-03-25')
  assert.deepEqual([ledger.principalPaid, ledger.principalRefunded, ledger.interestPaid], [10_000n, 15_000n, 150n])
})

test('who paid a bill ahead and returns everything bears the charge of what was not cancelled, and no more', () => {
  // 200.00 was still owed and is cancelled; of the 100.00 paid already the first bill bears 0.50 and not 1.50.
  const returned: LoanEvent = { type: 'purchase-refund', id: 'returned', on: '2026-03-25', amount: 30_000n }
  const state = foldLoan(flat, [ahead, returned])
  assert.deepEqual([state.status, state.creditBalance], ['overpaid', 10_100n])
  assert.equal(ledgerOn(state, '2026-03-25').interestPaid, 50n)
})

test('settling a flat loan after a new plan forgives charges to come, and neither arrears nor any principal', () => {
  // A new plan on 20 April: 100.00 of three bills each, 1.50 in arrears and 1.50 of the running bill in equal parts.
  const anew: LoanEvent = { type: 'reschedule', id: 'anew', on: '2026-04-20', instalments: 3, firstDueOn: '2026-05-13' }
  const { total } = payoffOn(foldLoan(flat, [anew]), '2026-04-21')
  assert.equal(total, 30_000n + 300n + 150n, 'price, what was charged before, and the bill that has begun')
  const state = foldLoan(flat, [anew, { type: 'payoff', id: 'settled', on: '2026-04-21', amount: total }])
  assert.equal(state.status, 'paid')
  assert.deepEqual(
    state.instalments.slice(1).map(({ principal, interest }) => [principal, interest]),
    [
      [10_000n, 250n],
      [10_000n, 100n],
      [10_000n, 100n],
    ],
  )
})

test('interest waived ahead on what is then returned was never charged; no principal moves for it', () => {
  const waived: LoanEvent = { type: 'waiver', id: 'waived', on: '2026-03-20', component: 'interest', amount: 450n }
  const returned: LoanEvent = { type: 'purchase-refund', id: 'returned', on: '2026-03-25', amount: 15_000n }
  const state = foldLoan(flat, [waived, returned])
  assert.deepEqual(
    state.instalments.map(({ principal, interest, interestWaived }) => [principal, interest, interestWaived]),
    [
      [10_000n, 75n, 75n],
      [5_000n, 75n, 75n],
      [0n, 0n, 0n],
    ],
  )
  assert.equal(ledgerOn(state, '2026-03-25').interestWaived, 150n)
})
