import assert from 'node:assert/strict'
import { test } from 'node:test'
import { flatBills } from './bills.test-support.ts'
import { applyEvent, duesOn, foldLoan, payoffOn } from './index.ts'
import { plainLoan } from './plain.test-support.ts'
import type { AllocationStep, LoanTerms } from './types.ts'

/** 25.51 at 13.2 % a year in six bills; settling money pays the interest of the running bill whole. */
const bills: LoanTerms = {
  ...flatBills,
  principal: 2_551n,
  annualRatePercent: '13.2',
  method: 'equal-instalment',
  instalments: 6,
  disbursedOn: '2026-02-04',
  dueDates: ['2026-03-13', '2026-04-13', '2026-05-13', '2026-06-13', '2026-07-13', '2026-08-13'],
}

/** 1,000.00 at 24 %, interest by the day. */
const daily: LoanTerms = {
  ...plainLoan,
  principal: 100_000n,
  annualRatePercent: '24',
  dayCount: 'actual/365',
  disbursedOn: '2023-01-01',
}

const days = [
  '2026-03-20',
  '2026-04-13',
  '2026-05-24',
  '2026-06-06',
  '2026-07-14',
  '2026-08-12',
  '2026-08-13',
  '2026-09-01',
]

test('less than what settles a loan leaves it open and the customer without a credit', () => {
  for (const early of [0n, 800n, 2_193n]) {
    const loan = foldLoan(
      bills,
      early === 0n ? [] : [{ type: 'repayment', id: 'early', on: '2026-03-14', amount: early }],
    )
    for (const on of days) {
      const { total } = payoffOn(loan, on)
      for (let short = 1n; short <= 25n; short++) {
        const state = applyEvent(loan, { type: 'repayment', id: 'short', on, amount: total - short })
        const what = `${total - short} of ${total} on ${on}`
        assert.equal(state.creditBalance, 0n, what)
        assert.equal(state.status, 'active', what)
        const rest = payoffOn(state, on).total
        assert.ok(rest > 0n && rest <= short + 1n, `${what} leaves ${rest}`)
        assert.equal(applyEvent(state, { type: 'payoff', id: 'rest', on, amount: rest }).status, 'paid', what)
      }
    }
  }
})

test('a cent less than settles a loan on the first day of its last bill leaves that cent', () => {
  const loan = foldLoan(bills, [{ type: 'repayment', id: 'early', on: '2026-03-14', amount: 2_193n }])
  assert.equal(payoffOn(loan, '2026-07-14').total, 429n)
  const state = applyEvent(loan, { type: 'repayment', id: 'short', on: '2026-07-14', amount: 428n })
  assert.equal(payoffOn(state, '2026-07-14').total, 1n)
  assert.equal(payoffOn(state, '2026-08-13').total, 1n)
  assert.equal(state.instalments.at(-1)!.interestPaid, 4n)
})

test('less than what settles a loan bears no interest again to the due date that it was paid to', () => {
  const terms: LoanTerms = { ...daily, instalments: 5, every: { n: 3, unit: 'month' }, earlyInterest: 'to-due-date' }
  const loan = foldLoan(terms, [])
  const { total } = payoffOn(loan, '2024-02-22')
  for (const short of [1n, 100n, 1_000n]) {
    const state = applyEvent(loan, { type: 'repayment', id: 'short', on: '2024-02-22', amount: total - short })
    assert.equal(payoffOn(state, '2024-02-22').total, short)
    assert.equal(payoffOn(state, '2024-04-01').total, short)
  }
})

test('less than what settles a loan leaves it open where its last instalment has interest alone', () => {
  const terms: LoanTerms = { ...daily, overdueInterest: false, earlyInterest: 'to-due-date', principalGrace: 2 }
  const loan = foldLoan({ ...terms, instalments: 4, instalmentMultiple: 100n }, [
    { type: 'purchase-refund', id: 'back', on: '2023-06-25', amount: 80_000n },
  ])
  assert.equal(payoffOn(loan, '2023-07-18').total, 26_914n)
  for (const short of [1n, 100n]) {
    const state = applyEvent(loan, { type: 'repayment', id: 'short', on: '2023-07-18', amount: 26_914n - short })
    assert.deepEqual([state.status, payoffOn(state, '2023-07-18').total], ['active', short])
  }
})

test('less than what settles a loan pays what was due first, and a later charge stays', () => {
  for (const earlyInterest of ['to-day', 'to-due-date'] as const) {
    const loan = foldLoan({ ...daily, instalments: 1, overdueInterest: false, earlyInterest }, [
      { type: 'penalty', id: 'late', on: '2023-02-05', amount: 1_000n },
    ])
    const state = applyEvent(loan, { type: 'repayment', id: 'short', on: '2023-02-10', amount: 102_038n })
    const { principal, interest, penalty } = state.allocated[0]!
    assert.deepEqual([principal, interest, penalty], [100_000n, 2_038n, 0n])
    assert.equal(payoffOn(state, '2023-02-10').penalty, 1_000n)
  }
})

test('what is past due stays past due where the money is a little short', () => {
  const terms: LoanTerms = { ...daily, interestPeriod: 'whole-period', overdueInterest: false, instalments: 6 }
  const loan = foldLoan({ ...terms, earlyInterest: 'to-due-date' }, [
    { type: 'purchase-refund', id: 'back', on: '2023-05-28', amount: 74_000n },
  ])
  const { total } = payoffOn(loan, '2023-05-28')
  const state = applyEvent(loan, { type: 'repayment', id: 'short', on: '2023-05-28', amount: total - 1_000n })
  assert.equal(duesOn(state, '2023-05-28').pastDue.total, 1_000n)
  assert.equal(payoffOn(state, '2023-12-31').total, 1_000n)
})

test('interest that the money did not reach stays, at rates at which it is more than the money', () => {
  const terms: LoanTerms = { ...daily, annualRatePercent: '10000', instalments: 3, earlyInterest: 'to-due-date' }
  const loan = foldLoan(terms, [])
  const { total } = payoffOn(loan, '2023-04-20')
  const state = applyEvent(loan, { type: 'repayment', id: 'part', on: '2023-04-20', amount: 100_100n })
  assert.equal(payoffOn(state, '2023-04-20').total, total - 100_100n)
})

test('what settles a loan leaves nothing, and more of it no debt beside the credit, with principal paid before interest too', () => {
  const terms: LoanTerms = {
    ...bills,
    principal: 1_019n,
    annualRatePercent: '24',
    dayCount: 'actual/365',
    interestPeriod: 'whole-period',
    disbursedOn: '2023-01-01',
    dueDates: ['2023-02-08', '2023-03-08', '2023-04-08', '2023-05-08', '2023-06-08', '2023-07-08'],
    allocation: {
      default: {
        order: [
          ...['past-due-principal', 'past-due-penalty', 'past-due-interest', 'past-due-fee'],
          ...['due-principal', 'due-penalty', 'due-interest', 'due-fee'],
          ...['in-advance-principal', 'in-advance-penalty', 'in-advance-interest', 'in-advance-fee'],
        ] as AllocationStep[],
        surplus: 'next',
        across: 'horizontal',
      },
    },
  }
  const loan = foldLoan(terms, [{ type: 'repayment', id: 'early', on: '2023-01-01', amount: 166n }])
  const { total } = payoffOn(loan, '2023-01-13')
  for (const over of [0n, 1n, 100n]) {
    const state = applyEvent(loan, { type: 'repayment', id: 'all', on: '2023-01-13', amount: total + over })
    assert.equal(state.status, over === 0n ? 'paid' : 'overpaid')
    assert.equal(state.creditBalance, over)
    assert.equal(payoffOn(state, '2023-01-22').total, 0n)
  }
})
