/** What a loan was on a day in the past, where a later reversal has changed what was possible. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foldLoan, ledgerOn, owedOn, payoffOn } from './index.ts'
import { plainLoan } from './plain.test-support.ts'
import type { LoanEvent, LoanTerms } from './types.ts'

/** 1,000.00 at 1 % a month in six instalments of 172.55. */
const terms: LoanTerms = { ...plainLoan, principal: 100_000n, instalments: 6, disbursedOn: '2024-01-01' }
const mistake: LoanEvent = { id: 'mistake', type: 'charge-off', on: '2024-02-10' }
const undone: LoanEvent = { id: 'undone', type: 'reversal', on: '2024-02-21', of: 'mistake' }

test('until the day of its reversal a charge-off is seen', () => {
  const state = foldLoan(terms, [mistake, undone])
  assert.equal(payoffOn(state, '2024-02-16').total, 0n)
  assert.equal(ledgerOn(state, '2024-02-16').principalWrittenOff, 100_000n)
  assert.deepEqual(payoffOn(state, '2024-02-21'), payoffOn(foldLoan(terms, []), '2024-02-21'))
})

test('money lent after a charge-off that was a mistake shows the loan as it was without it', () => {
  const more: LoanEvent = { id: 'more', type: 'disbursement', on: '2024-02-15', amount: 10_000n }
  const state = foldLoan(terms, [mistake, more, undone])
  const without = foldLoan(terms, [more])
  for (const on of ['2024-02-15', '2024-02-16', '2024-02-20', '2024-02-21']) {
    assert.deepEqual(payoffOn(state, on), payoffOn(without, on), on)
    assert.deepEqual(owedOn(state, on), owedOn(without, on), on)
    assert.deepEqual(ledgerOn(state, on), ledgerOn(without, on), on)
  }
  assert.equal(payoffOn(state, '2024-02-14').total, 0n, 'the day before, nothing contradicts it')
})

test('interest let go that repayments had paid which bounced later shows the loan without them', () => {
  const bounces: LoanEvent = { id: 'bounces', type: 'repayment', on: '2024-02-01', amount: 17_255n }
  const part: LoanEvent = { id: 'part', type: 'repayment', on: '2024-02-12', amount: 2_000n }
  // All interest of the loan; 18.37 of it were paid, and neither reversal alone makes room for all.
  const letGo: LoanEvent = { id: 'let go', type: 'waiver', on: '2024-02-15', component: 'interest', amount: 3_528n }
  const state = foldLoan(terms, [
    bounces,
    part,
    letGo,
    { id: 'other', type: 'reversal', on: '2024-02-20', of: 'part' },
    { id: 'bounced', type: 'reversal', on: '2024-02-21', of: 'bounces' },
  ])
  assert.equal(ledgerOn(state, '2024-02-16').interestWaived, 3_528n)
  assert.deepEqual(payoffOn(state, '2024-02-16'), payoffOn(state, '2024-02-21'))
})

test('what no reversal explains is refused as it is anywhere', () => {
  const events: LoanEvent[] = [mistake, { id: 'more', type: 'disbursement', on: '2024-02-15', amount: 10_000n }]
  assert.throws(() => foldLoan(terms, events), { code: 'loan-closed' })
})
