import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { assertSame, dayOffset, dayText, record } from '../property.test-support.ts'
import { holds, holdsOnAQuarter, someStory, someTerms } from './arbitrary.test-support.ts'
import { foldLoan, ledgerOn, openLoan, owedOn, payoffOn } from './index.ts'
import { naiveAccrued, naiveSchedule } from './naive.test-support.ts'
import type { Instalment, LoanEvent, LoanLedger, LoanState } from './types.ts'

const later = '2040-01-01'
const sum = (rows: readonly Instalment[], of: (row: Instalment) => bigint): bigint =>
  rows.reduce((all, row) => all + of(row), 0n)
const dueOf = (row: Instalment): bigint => row.principal + row.interest + row.fee + row.penalty

function scheduledPayments(state: LoanState): LoanEvent[] {
  return state.instalments
    .filter((row) => dueOf(row) > 0n)
    .map((row): LoanEvent => ({ id: `p${row.n}`, type: 'repayment', on: row.dueOn, amount: dueOf(row) }))
}

/** What a reader sees of a state, without the record of how it came about. */
function standing(state: LoanState): unknown {
  const { instalments, principalOutstanding, creditBalance, status } = state
  return { instalments, principalOutstanding, creditBalance, status }
}

test('the principal parts of a schedule sum to the principal, and no part is negative', () => {
  holds(someTerms, (terms) => {
    const { instalments } = openLoan(terms)
    assert.equal(
      sum(instalments, (row) => row.principal),
      terms.principal,
    )
    for (const row of instalments) assert.ok(row.principal >= 0n && row.interest >= 0n && row.balanceAfter >= 0n)
  })
})

test('a loan paid as scheduled ends at exactly zero', () => {
  holds(someTerms, (terms) => {
    const state = foldLoan(terms, scheduledPayments(openLoan(terms)))
    assert.equal(state.status, 'paid')
    assert.equal(owedOn(state, later).total, 0n)
    assert.equal(state.creditBalance, 0n)
  })
})

test('a naive reckoning with its own fractions and calendar agrees on random schedules', () => {
  holds(someTerms, (terms) => {
    const { method, dayCount } = terms
    if (method === 'bullet' || dayCount === '30E/360' || dayCount === 'actual/365.25') return
    const naive = naiveSchedule({
      principal: terms.principal,
      rate: [BigInt(terms.annualRatePercent.replace('.', '')), 10_000n],
      method,
      instalments: terms.instalments,
      disbursedOn: terms.disbursedOn,
      dayCount,
    })
    const plain = { ...terms, every: { n: 1, unit: 'month' }, lastInstalment: 'remainder' } as const
    const rows = openLoan(plain).instalments.map(({ dueOn, principal, interest }) => ({ dueOn, principal, interest }))
    assertSame(rows, naive)
  })
})

test('a payoff quote agrees with interest added up day by day', () => {
  const scene = record({ terms: someTerms, paid: fc.nat(10), days: fc.integer({ min: 1, max: 27 }) })
  holds(scene, ({ terms, paid, days }) => {
    const { method, dayCount } = terms
    if (method === 'bullet' || method === 'flat' || dayCount === '30E/360' || dayCount === 'actual/365.25') return
    const plain = {
      ...terms,
      every: { n: 1, unit: 'month' },
      lastInstalment: 'remainder',
      interestRecalculation: 'daily',
    } as const
    const rate = [BigInt(terms.annualRatePercent.replace('.', '')), 10_000n] as const
    const loan = { ...plain, method, dayCount, rate }
    const rows = naiveSchedule(loan)
    const paidRows = Math.min(paid, terms.instalments - 1)
    const opened = openLoan(plain)
    if (opened.instalments.some((row) => row.principal + row.interest === 0n)) return
    const state = foldLoan(plain, scheduledPayments(opened).slice(0, paidRows))
    const start = Temporal.PlainDate.from(terms.disbursedOn).add({ months: paidRows })
    const on = dayText(dayOffset(start.toString()) + days)
    assert.equal(payoffOn(state, on).interest, naiveAccrued(loan, rows, paidRows, on))
  })
})

test('paying what settles the loan, on any day, settles it exactly', () => {
  holdsOnAQuarter(record({ story: someStory, days: fc.nat(700) }), ({ story, days }) => {
    const before = foldLoan(story.terms, story.events)
    if (before.status !== 'active') return
    const latest = [story.terms.disbursedOn, ...before.events.map((event) => event.on)].sort().at(-1)!
    const on = dayText(dayOffset(latest) + days)
    const amount = payoffOn(before, on).total
    if (amount === 0n) return
    const state = foldLoan(story.terms, [...story.events, { id: 'payoff', type: 'payoff', on, amount }])
    assert.equal(owedOn(state, later).total, 0n)
    assert.equal(state.creditBalance, before.creditBalance)
  })
})

test('splitting a payment in two on one day changes nothing', () => {
  holds(record({ story: someStory, cut: fc.integer({ min: 1, max: 99 }) }), ({ story, cut }) => {
    const events = story.events.flatMap((event): LoanEvent[] => {
      if (event.type !== 'repayment') return [event]
      const first = (event.amount * BigInt(cut)) / 100n
      const parts = [first, event.amount - first].filter((part) => part > 0n)
      return parts.map((amount, index) => ({ ...event, id: `${event.id}.${index}`, amount }))
    })
    const split = foldLoan(story.terms, events)
    const whole = foldLoan(story.terms, story.events)
    assert.equal(split.principalOutstanding, whole.principalOutstanding)
    assert.equal(split.creditBalance, whole.creditBalance)
  })
})

test('reversing an event restores the state without it', () => {
  holds(record({ story: someStory, which: fc.nat(7) }), ({ story, which }) => {
    const target = story.events[which % Math.max(1, story.events.length)]
    if (target === undefined) return
    const reversed = foldLoan(story.terms, [...story.events, { id: 'r', type: 'reversal', on: later, of: target.id }])
    const without = foldLoan(
      story.terms,
      story.events.filter((event) => event !== target),
    )
    assertSame(standing(reversed), standing(without))
  })
})

test('booking events in any order gives the same state as in order', () => {
  const places = fc.array(fc.nat(99), { minLength: 8, maxLength: 8 })
  holds(record({ story: someStory, places }), ({ story, places }) => {
    const days = new Set(story.events.map((event) => event.on))
    if (days.size < story.events.length) return
    const placeOf = new Map(story.events.map((event, index) => [event, places[index]!]))
    const shuffled = story.events.toSorted((a, b) => placeOf.get(a)! - placeOf.get(b)!)
    assertSame(standing(foldLoan(story.terms, shuffled)), standing(foldLoan(story.terms, story.events)))
  })
})

test('paying everything early never costs more than paying as scheduled', () => {
  holds(record({ terms: someTerms, days: fc.integer({ min: 0, max: 400 }) }), ({ terms, days }) => {
    const opened = openLoan({ ...terms, overdueInterest: false })
    const on = dayText(dayOffset(terms.disbursedOn) + days)
    const scheduled = sum(opened.instalments, dueOf)
    assert.ok(payoffOn(opened, on).total <= scheduled)
  })
})

test('a refund of everything on any day leaves nothing that is not yet due', () => {
  holds(record({ terms: someTerms, days: fc.integer({ min: 0, max: 400 }) }), ({ terms, days }) => {
    const on = dayText(dayOffset(terms.disbursedOn) + days)
    const state = foldLoan(terms, [{ id: 'r', type: 'purchase-refund', on, amount: terms.principal }])
    assert.equal(state.principalOutstanding, 0n)
    const coming = state.instalments.filter((row) => row.dueOn > on)
    assert.equal(sum(coming, dueOf), 0n)
  })
})

test('what is earned covers what was paid, waived and written off; principal adds up', () => {
  holdsOnAQuarter(someStory, ({ terms, events }) => {
    const state = foldLoan(terms, events)
    assertLedger(ledgerOn(state, later), state)
    for (const row of state.instalments) {
      assert.ok(row.principalPaid <= row.principal && row.interestPaid <= row.interest && row.balanceAfter >= 0n)
    }
  })
})

function assertLedger(ledger: LoanLedger, state: LoanState): void {
  assert.ok(ledger.interestRecognised >= ledger.interestPaid + ledger.interestWaived + ledger.interestWrittenOff)
  assert.ok(ledger.feeRecognised >= ledger.feePaid + ledger.feeWaived + ledger.feeWrittenOff)
  assert.ok(ledger.penaltyRecognised >= ledger.penaltyPaid + ledger.penaltyWaived + ledger.penaltyWrittenOff)
  const outstanding =
    ledger.disbursed +
    ledger.principalRestored -
    ledger.principalPaid -
    ledger.principalRefunded -
    ledger.principalWrittenOff
  assert.equal(outstanding, state.principalOutstanding)
  assert.equal(ledger.overpaid - ledger.overpaidReturned, state.creditBalance)
  const money = state.allocated.filter((row) => row.type === 'repayment' || row.type === 'merchant-refund')
  for (const row of money) {
    assert.equal(row.principal + row.interest + row.fee + row.penalty + row.overpaid, row.amount)
  }
}
