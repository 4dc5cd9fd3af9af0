/** Whatever is asked of a loan, and in whatever order: no negative figure, and not a cent lost or found. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertSame } from '../property.test-support.ts'
import { anyLife, foldedLife } from './any-life.test-support.ts'
import { holds, holdsOnAQuarter } from './arbitrary.test-support.ts'
import { noAmounts, noMoves, nothing } from './book.ts'
import { limits } from './check.ts'
import { foldLoan, ledgerOn, owedOn, payoffOn } from './index.ts'
import type { Instalment, LoanEvent, LoanState } from './types.ts'

const later = '2070-01-01'
const components = ['principal', 'interest', 'fee', 'penalty'] as const

function latestDay(state: LoanState): string {
  return [state.terms.disbursedOn, ...state.events.map((event) => event.on)].sort().at(-1)!
}

function assertNothingNegative(row: Instalment): void {
  for (const name in row) {
    const figure = row[name as keyof Instalment]
    if (typeof figure === 'bigint' && figure < 0n) assert.fail(`${name} of ${row.n} is ${figure}`)
  }
  assert.ok(row.principal >= row.principalPaid + row.principalWrittenOff, 'principal')
  assert.ok(row.interest >= row.interestPaid + row.interestWaived + row.interestWrittenOff, 'interest')
  assert.ok(row.fee >= row.feePaid + row.feeWaived + row.feeWrittenOff, 'fee')
  assert.ok(row.penalty >= row.penaltyPaid + row.penaltyWaived + row.penaltyWrittenOff, 'penalty')
}

test('no figure of any loan is negative, and none of it is paid twice', () => {
  holdsOnAQuarter(anyLife(7), (life) => {
    const state = foldedLife(life)
    if (state === null) return
    for (const row of state.instalments) assertNothingNegative(row)
    assert.ok(state.creditBalance >= 0n && state.principalOutstanding >= 0n)
    for (const row of state.allocated) {
      // Goods returned give back the flat interest that was paid ahead on them.
      const received = components.filter((name) => row.type !== 'purchase-refund' || name !== 'interest')
      for (const component of received) assert.ok(row[component] >= 0n, component)
      assert.ok(row.overpaid >= 0n)
    }
  })
})

test('the principal parts of any loan sum to what was lent and charged back, less what was returned', () => {
  holds(anyLife(7), (life) => {
    const state = foldedLife(life)
    if (state === null) return
    const { disbursed, principalRestored, principalRefunded } = ledgerOn(state, later)
    const parts = state.instalments.reduce((sum, row) => sum + row.principal, 0n)
    assert.equal(parts, disbursed + principalRestored - principalRefunded)
  })
})

test('a payoff ends any loan at exactly zero, today or long after, and to ask for it changes nothing', () => {
  holdsOnAQuarter(anyLife(7), (life) => {
    const state = foldedLife(life)
    if (state === null || state.status === 'charged-off') return
    for (const on of [latestDay(state), later]) {
      const quote = payoffOn(state, on)
      assertSame(payoffOn(state, on), quote)
      for (const component of components) assert.ok(quote[component] >= 0n, component)
      if (quote.total === 0n || quote.total > limits.amount) continue
      const payoff: LoanEvent = { id: 'payoff', type: 'payoff', on, amount: quote.total }
      const settled = foldLoan(life.terms, [...state.events, payoff])
      assert.equal(owedOn(settled, later).total, 0n)
      assert.equal(settled.creditBalance, state.creditBalance)
    }
  })
})

test('a refund of all that is owed of the principal of any loan leaves nothing of it', () => {
  holds(anyLife(6), (life) => {
    const state = foldedLife(life)
    if (state === null || state.principalOutstanding === 0n || state.status === 'charged-off') return
    const refund: LoanEvent = {
      id: 'refund',
      type: 'purchase-refund',
      on: latestDay(state),
      amount: state.principalOutstanding,
    }
    const returned = foldLoan(life.terms, [...state.events, refund])
    assert.equal(returned.principalOutstanding, 0n)
    for (const row of returned.instalments) assertNothingNegative(row)
  })
})

test('what all untouched instalments of all loans share is never written to, though it is not frozen', () => {
  holdsOnAQuarter(anyLife(7), (life) => {
    foldedLife(life)
    assertSame(nothing, noAmounts())
    assert.equal(noMoves.length, 0)
  })
})
