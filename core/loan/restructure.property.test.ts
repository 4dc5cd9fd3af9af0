import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { assertSame, dayOffset, dayText, record } from '../property.test-support.ts'
import { holds, holdsOnAQuarter, type Story, someStory } from './arbitrary.test-support.ts'
import { foldLoan, LoanProblem, ledgerOn, owedOn, ownersOn, payoffOn } from './index.ts'
import { plainLoan } from './plain.test-support.ts'
import type { LoanEvent, LoanLedger, LoanState, LoanTerms } from './types.ts'

const later = '2045-01-01'
const start = (story: Story): number => dayOffset(story.terms.disbursedOn)

/** A story, and one of the changes to its contract on some day after its start. */
const someChange = record({
  story: someStory,
  after: fc.integer({ min: 0, max: 500 }),
  change: fc.constantFrom('deferral', 'deferral-until', 'contract-termination', 'sale'),
  periods: fc.integer({ min: 1, max: 4 }),
  interest: fc.constantFrom('continues', 'stops'),
} as const).map(({ story, after, change, periods, interest }) => {
  const on = dayText(start(story) + after)
  const until = dayText(start(story) + after + 100 * periods)
  const base = { id: 'change', on }
  const changes: Record<typeof change, LoanEvent> = {
    deferral: { ...base, type: 'deferral', interest, periods },
    'deferral-until': { ...base, type: 'deferral', interest, until },
    'contract-termination': { ...base, type: 'contract-termination' },
    sale: { ...base, type: 'sale', buyer: 'Second Fund' },
  }
  return { story, on, event: changes[change] }
})

/** A change that the loan refuses (nothing is left to move) proves nothing. */
function folded(story: Story, event: LoanEvent): LoanState | null {
  try {
    return foldLoan(story.terms, [...story.events, event])
  } catch (problem) {
    if (problem instanceof LoanProblem) return null
    throw problem
  }
}

function standing(state: LoanState): unknown {
  const { instalments, principalOutstanding, creditBalance, status, owners } = state
  return { instalments, principalOutstanding, creditBalance, status, owners }
}

test('a changed contract still repays its principal, never a negative part, and a payoff ends it', () => {
  holdsOnAQuarter(someChange, ({ story, event }) => {
    const state = folded(story, event)
    if (state === null) return
    for (const row of state.instalments) {
      assert.ok(row.principal >= row.principalPaid && row.interest >= row.interestPaid && row.balanceAfter >= 0n)
    }
    const owed = owedOn(state, later)
    assert.equal(owed.principal, state.principalOutstanding)
    const { total } = payoffOn(state, later)
    if (total === 0n) return
    const paid = foldLoan(story.terms, [...state.events, { id: 'x', type: 'payoff', on: later, amount: total }])
    assert.equal(owedOn(paid, later).total, 0n)
    assert.equal(paid.creditBalance, state.creditBalance)
  })
})

test('reversing the change restores the loan without it', () => {
  holds(someChange, ({ story, event }) => {
    const reversal: LoanEvent = { id: 'r', type: 'reversal', on: later, of: event.id }
    if (folded(story, event) === null) return
    const reversed = foldLoan(story.terms, [...story.events, event, reversal])
    assertSame(standing(reversed), standing(foldLoan(story.terms, story.events)))
  })
})

test('what a termination makes due is what a payoff on that day costs', () => {
  holdsOnAQuarter(someChange, ({ story, on, event }) => {
    if (event.type !== 'contract-termination') return
    const known = story.events.filter((other) => other.on <= on)
    const before = foldLoan(story.terms, known)
    const extras = before.instalments.some((row) => row.extra)
    if (before.status === 'paid' || before.status === 'overpaid' || extras) return
    const quote = payoffOn(before, on)
    const state = foldLoan(story.terms, [...known, event])
    assert.equal(owedOn(state, on).total, quote.total)
    assert.equal(payoffOn(state, later).total, quote.total)
  })
})

test('a termination on the last due date asks for the late interest once, as a payoff does', () => {
  const terms: LoanTerms = {
    ...plainLoan,
    principal: 820n,
    annualRatePercent: '2.20',
    instalments: 8,
    disbursedOn: '2023-01-01',
  }
  const history: LoanEvent[] = [
    { id: 'a', type: 'repayment', on: '2023-03-01', amount: 293n },
    { id: 'b', type: 'repayment', on: '2023-07-06', amount: 227n },
    { id: 'c', type: 'repayment', on: '2023-07-25', amount: 309n },
    { id: 'd', type: 'chargeback', on: '2023-07-25', amount: 273n },
  ]
  const on = '2023-09-01'
  const terminated = foldLoan(terms, [...history, { id: 'end', type: 'contract-termination', on }])
  assert.equal(payoffOn(foldLoan(terms, history), on).total, 274n)
  assert.equal(owedOn(terminated, on).total, 274n)
})

test('a sale changes nothing for the customer; seller and buyer together hold what the loan is owed', () => {
  holdsOnAQuarter(someChange, ({ story, on, event }) => {
    if (event.type !== 'sale') return
    const state = foldLoan(story.terms, [...story.events, event])
    const unsold = foldLoan(story.terms, story.events)
    assertSame(state.instalments, unsold.instalments)
    const [seller, buyer] = ownersOn(state, later)
    assert.deepEqual([seller!.owner, buyer!.owner, buyer!.from], [null, 'Second Fund', on])
    assert.equal(principalOf(seller!.ledger), 0n)
    assert.equal(principalOf(buyer!.ledger), principalOf(ledgerOn(unsold, later)))
    assert.equal(interestOf(seller!.ledger), 0n)
    assert.equal(interestOf(buyer!.ledger), interestOf(ledgerOn(unsold, later)))
  })
})

function principalOf(ledger: LoanLedger): bigint {
  const lent = ledger.disbursed + ledger.principalRestored
  return lent - ledger.principalPaid - ledger.principalRefunded - ledger.principalWrittenOff
}

function interestOf(ledger: LoanLedger): bigint {
  return ledger.interestRecognised - ledger.interestPaid - ledger.interestWaived - ledger.interestWrittenOff
}
