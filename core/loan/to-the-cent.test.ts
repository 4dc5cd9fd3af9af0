/** Histories in which a cent was lost, found or asked for twice; the properties of any life found them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { usualRule } from './allocate.ts'
import { applyEvent, foldLoan, LoanProblem, ledgerOn, owedOn, payoffOn } from './index.ts'
import { plainLoan as daily } from './plain.test-support.ts'
import type { AllocationRule, LoanEvent, LoanState, LoanTerms } from './types.ts'

const fixed: LoanTerms = { ...daily, interestRecalculation: 'none' }

const onlyInAdvance: AllocationRule = { order: ['in-advance-principal'], surplus: 'last', across: 'horizontal' }

function event<T extends LoanEvent['type']>(
  type: T,
  on: string,
  rest: Omit<Extract<LoanEvent, { type: T }>, 'id' | 'type' | 'on'>,
): LoanEvent {
  return { id: `${type} ${on}`, type, on, ...rest } as unknown as LoanEvent
}

function principalParts(state: LoanState): bigint[] {
  return state.instalments.map((row) => row.principal)
}

function settles(state: LoanState, on: string): void {
  const { total } = payoffOn(state, on)
  const settled = foldLoan(state.terms, [...state.events, event('payoff', on, { amount: total })])
  assert.deepEqual([owedOn(settled, '2040-01-01').total, settled.creditBalance], [0n, state.creditBalance])
}

test('what was paid of the last instalment is not asked for again by the ones before it', () => {
  const terms = { ...fixed, allocation: { default: onlyInAdvance } }
  // Most is paid, from the last instalment on; planned anew, the first would ask for more than is left.
  const state = foldLoan(terms, [
    event('repayment', '2024-01-02', { amount: 9_000n }),
    event('rate-change', '2024-01-15', { annualRatePercent: '10000' }),
  ])
  assert.equal(
    principalParts(state).reduce((sum, part) => sum + part, 0n),
    10_000n,
  )
  settles(state, '2024-01-15')
})

test('money that ends the loan earlier leaves what is due: the last instalment has no principal of its own left', () => {
  // The first instalment, due at once, asks for everything; the order leaves what is past due out.
  const terms: LoanTerms = {
    ...daily,
    principal: 100n,
    annualRatePercent: '365',
    instalments: 6,
    every: { n: 15, unit: 'week' },
    disbursedOn: '2023-01-01',
    firstDueOn: '2023-01-01',
    instalmentMultiple: 101n,
    allocation: { default: { ...onlyInAdvance, order: ['past-due-penalty'] } },
  }
  const state = foldLoan(terms, [event('repayment', '2023-08-17', { amount: 110n, prepay: 'shorten' })])
  assert.deepEqual(principalParts(state), [100n, 0n, 0n, 0n, 0n, 0n])
  assert.equal(state.principalOutstanding, 100n)
})

test('goods returned lower the balance once: a new plan is over what is left', () => {
  const free = { ...daily, annualRatePercent: '0', principal: 30_000n }
  const returned = event('purchase-refund', '2024-02-10', { amount: 10_000n })
  assert.deepEqual(principalParts(foldLoan(free, [returned])), [10_000n, 10_000n, 0n])
  const changed = event('rate-change', '2024-02-15', { annualRatePercent: '0' })
  assert.deepEqual(principalParts(foldLoan(free, [returned, changed])), [10_000n, 5_000n, 5_000n])
  // 50.00 more are lent: 150.00 in two parts.
  const lent = event('disbursement', '2024-02-15', { amount: 5_000n })
  assert.deepEqual(principalParts(foldLoan(free, [returned, lent])), [10_000n, 7_500n, 7_500n])
})

test('what is lent after goods were returned is planned over what is left, of instalments to come and of those due', () => {
  const free = { ...daily, annualRatePercent: '0', principal: 30_000n }
  const early = event('purchase-refund', '2024-01-10', { amount: 10_000n })
  const lent = event('disbursement', '2024-02-15', { amount: 5_000n })
  assert.deepEqual(principalParts(foldLoan(free, [early, lent])), [10_000n, 7_500n, 7_500n])
  // 200.00 to come and 50.00 of what was due are returned.
  const most = event('purchase-refund', '2024-02-10', { amount: 25_000n })
  assert.deepEqual(principalParts(foldLoan(free, [most, lent])), [5_000n, 2_500n, 2_500n])
})

test('goods returned after money was taken back leave nothing of either', () => {
  const terms = { ...daily, instalments: 2, firstDueOn: '2024-01-01' }
  const state = foldLoan(terms, [
    event('chargeback', '2024-01-02', { amount: 200n }),
    event('purchase-refund', '2024-01-02', { amount: 10_200n }),
  ])
  assert.deepEqual([principalParts(state), state.status], [[0n, 0n], 'paid'])
})

test('fixed interest that an instalment hands on is borne once, whenever the plan is worked out again', () => {
  // The interest of a long first period has no room in an equal instalment, which hands the rest on.
  const terms: LoanTerms = { ...fixed, method: 'flat', annualRatePercent: '10000', principal: 3n, instalments: 2 }
  const state = foldLoan({ ...terms, firstDueOn: '2024-02-20', earlyFlat: 'forgiven' }, [
    event('repayment', '2024-02-18', { amount: 1_000n }),
  ])
  assert.equal(state.status, 'overpaid')
  assert.equal(payoffOn(state, '2024-02-18').total, 0n)
})

test('a plan that ends on the first due day, the day of the loan, keeps what was paid of the others', () => {
  const terms = { ...daily, firstDueOn: '2024-01-01' }
  const paid = event('repayment', '2024-01-01', { amount: 5_000n })
  for (const change of [
    event('contract-termination', '2024-01-01', {}),
    event('re-age', '2024-01-01', { instalments: 2, firstDueOn: '2024-04-16' }),
  ]) {
    const state = foldLoan(terms, [paid, change])
    assert.equal(state.principalOutstanding, 5_000n, change.type)
    assert.equal(ledgerOn(state, '2024-01-01').principalPaid, 5_000n, change.type)
    settles(state, '2024-01-01')
  }
})

test('interest that stands beside the plan has its part of a payoff', () => {
  const terms = { ...daily, annualRatePercent: '10000', principal: 1n, instalments: 6, downPaymentPercent: '99.9' }
  const every = { n: 2, unit: 'month' } as const
  const state = foldLoan({ ...terms, every }, [
    event('chargeback', '2024-02-03', { amount: 2n }),
    event('extra-interest', '2024-09-21', { amount: 1n }),
  ])
  settles(state, '2024-09-21')
})

test('money taken back is not asked for by an instalment that the return of goods had ended', () => {
  const terms = {
    ...fixed,
    principal: 100n,
    every: { n: 1, unit: 'day' },
    allocation: { default: onlyInAdvance },
  } as const
  const state = foldLoan(terms, [
    event('repayment', '2024-01-02', { amount: 1n }),
    event('purchase-refund', '2024-01-02', { amount: 104n }),
    event('chargeback', '2024-01-03', { amount: 25n }),
  ])
  assert.deepEqual(principalParts(state), [0n, 0n, 26n])
  settles(state, '2024-01-03')
})

test('a quote may be asked for twice: late interest of an instalment that began and ended on one day is no one else’s', () => {
  const state = foldLoan(daily, [
    event('re-age', '2024-01-02', { instalments: 2, firstDueOn: '2024-01-02' }),
    event('recalculate', '2024-01-02', {}),
    event('repayment', '2024-01-02', { amount: 1n }),
  ])
  const quote = payoffOn(state, '2024-02-02')
  assert.equal(quote.total, 9_999n + 103n)
  assert.deepEqual(payoffOn(state, '2024-02-02'), quote)
  settles(state, '2024-02-02')
})

test('arrears that become part of the balance are not asked for again by instalments that asked for nothing', () => {
  // Each part of 0.01 rounds up to 0.01, so that the first asks for everything; two cents of the down payment stay unpaid.
  const terms: LoanTerms = {
    ...daily,
    principal: 100n,
    method: 'equal-principal',
    rounding: 'up',
    instalments: 12,
    every: { n: 15, unit: 'week' },
    disbursedOn: '2023-01-01',
    firstDueOn: '2023-01-01',
    instalmentMultiple: 11n,
    downPaymentPercent: '99.9',
    allocation: {
      default: { order: ['past-due-interest', 'past-due-principal'], surplus: 'next', across: 'vertical' },
    },
  }
  const state = foldLoan(terms, [
    event('repayment', '2024-01-06', { amount: 101n, prepay: 'shorten' }),
    event('re-amortise', '2025-10-17', {}),
  ])
  assert.equal(
    principalParts(state).reduce((sum, part) => sum + part, 0n),
    100n,
  )
})

test('what is not asked for anywhere goes to the last instalment, though more than it planned is paid of it', () => {
  // The money pays the interest of its day too and so leaves a cent, which the last instalment has to ask for.
  const terms: LoanTerms = {
    ...daily,
    principal: 100n,
    method: 'interest-only',
    disbursedOn: '2023-01-01',
    firstDueOn: '2023-02-20',
  }
  const state = foldLoan(terms, [
    event('interest-refund', '2023-03-05', { amount: 101n }),
    event('re-amortise', '2023-03-21', {}),
  ])
  assert.equal(
    principalParts(state).reduce((sum, part) => sum + part, 0n),
    100n,
  )
})

test('a second disbursement is levelled over all its instalments, though the first of them is paid', () => {
  const terms: LoanTerms = { ...fixed, annualRatePercent: '9.4822', instalments: 6, lastInstalment: 'levelled' }
  const state = foldLoan(terms, [
    event('repayment', '2024-02-01', { amount: 1_713n }),
    event('disbursement', '2024-02-15', { amount: 20_000n }),
  ])
  const totals = state.instalments.map((row) => row.principal + row.interest)
  assert.deepEqual(totals, [1_713n, 5_793n, 5_793n, 5_793n, 5_793n, 5_792n])
})

test('of a loan that is charged off nothing is changed, nothing more is charged and nothing more is lent', () => {
  const lost = foldLoan(daily, [event('charge-off', '2024-02-10', {})])
  const changes = [
    event('rate-change', '2024-02-11', { annualRatePercent: '24' }),
    event('interest-pause', '2024-02-11', { to: '2024-03-01' }),
    event('reschedule', '2024-02-11', { instalments: 5, firstDueOn: '2024-03-11' }),
    event('re-age', '2024-02-11', { instalments: 5, firstDueOn: '2024-03-11' }),
    event('re-amortise', '2024-02-11', {}),
    event('deferral', '2024-02-11', { periods: 1, interest: 'continues' }),
    event('contract-termination', '2024-02-11', {}),
    ...(['fee', 'penalty', 'extra-interest'] as const).map((type) => {
      return { id: type, type, on: '2024-02-11', amount: 500n }
    }),
  ]
  const closed = (problem: unknown): boolean => problem instanceof LoanProblem && problem.code === 'loan-closed'
  for (const change of changes) {
    assert.throws(() => applyEvent(lost, change), closed, change.type)
    assert.deepEqual(foldLoan(daily, [...lost.events, change]).instalments, lost.instalments, change.type)
  }
  assert.throws(() => applyEvent(lost, event('disbursement', '2024-02-11', { amount: 100n })), closed)
})

test('no balance is negative after goods are returned before more is lent', () => {
  const terms = { ...fixed, annualRatePercent: '0', instalments: 6, every: { n: 1, unit: 'day' } } as const
  const state = foldLoan(terms, [
    event('purchase-refund', '2024-01-04', { amount: 10_801n }),
    event('disbursement', '2024-01-05', { amount: 9_054n }),
  ])
  for (const row of state.instalments) assert.ok(row.balanceAfter >= 0n, `${row.balanceAfter} after ${row.n}`)
})

test('a remainder that is less than nothing passes by instalments that cannot give', () => {
  // Equal parts are paid ahead of every instalment; a new plan then leaves some of them with less than was paid.
  const terms: LoanTerms = {
    ...fixed,
    annualRatePercent: '0',
    method: 'equal-principal',
    instalments: 6,
    every: { n: 2, unit: 'day' },
    firstDueOn: '2024-02-20',
    instalmentMultiple: 10_001n,
    downPaymentPercent: '25',
    principalGrace: 1,
    allocation: { default: { ...usualRule, surplus: 're-amortise' } },
  }
  const state = foldLoan(terms, [
    event('extra-interest', '2024-01-09', { amount: 469n }),
    event('repayment', '2024-01-12', { amount: 10_001n }),
    event('rate-change', '2024-01-14', { annualRatePercent: '36' }),
  ])
  assert.equal(
    principalParts(state).reduce((sum, part) => sum + part, 0n),
    10_000n,
  )
})

test('equal parts of a surplus settle in a few rounds, however many instalments are to come', () => {
  let asked = 0
  const terms: LoanTerms = {
    ...daily,
    principal: 1_000_000n,
    annualRatePercent: '365',
    instalments: 120,
    allocation: { default: { ...usualRule, surplus: 're-amortise', across: 'vertical' } },
    // Read whenever an instalment is asked what money on a day would pay of it.
    get earlyInterest() {
      asked++
      return 'to-day' as const
    },
  }
  const state = foldLoan(terms, [event('repayment', '2024-01-16', { amount: 100_000n })])
  assert.equal(state.creditBalance, 0n)
  // Parts for all again and again would ask nine hundred times as often.
  assert.ok(asked < 120 * 20, `instalments were asked ${asked} times`)
})

test('what settling money paid to the due date is not taken off the nights after it when arrears get a new plan', () => {
  const terms = { ...daily, principal: 100_000n, annualRatePercent: '24', dayCount: 'actual/365' } as const
  const ahead = event('repayment', '2024-01-24', { amount: 60_000n })
  for (const method of ['equal-instalment', 'equal-principal'] as const) {
    const paid = foldLoan({ ...terms, method, instalments: 4, earlyInterest: 'to-due-date' }, [ahead])
    // 20.38 pay January; 420.38 for 48 nights from there, or for the 29 and 31 of two periods.
    const aged = applyEvent(paid, event('re-age', '2024-03-20', { instalments: 2, firstDueOn: '2024-04-20' }))
    assert.deepEqual([payoffOn(aged, '2024-03-20').principal, payoffOn(aged, '2024-03-20').interest], [42_038n, 1_327n])
    const again = applyEvent(paid, event('re-amortise', '2024-03-20', {}))
    assert.equal(payoffOn(again, '2024-03-20').interest, 1_659n)
  }
})
