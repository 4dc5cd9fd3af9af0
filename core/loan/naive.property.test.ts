import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { assertSame, dayOffset, dayText, record } from '../property.test-support.ts'
import { holds, someTerms } from './arbitrary.test-support.ts'
import { foldLoan, payoffOn } from './index.ts'
import {
  type NaiveEvent,
  type NaiveTerms,
  naiveLife,
  naivePayoff,
  outstanding,
  TooDear,
} from './naive-life.test-support.ts'
import type { LoanEvent, LoanTerms } from './types.ts'

/** Monthly loans with money early, late, in part and too much, with fees and penalties, and a day to settle on. */
const someLife = record({
  terms: someTerms,
  steps: fc.array(
    record({
      type: fc.constantFrom('repayment', 'repayment', 'repayment', 'fee', 'penalty'),
      after: fc.nat(1000),
      share: fc.integer({ min: 1, max: 400 }),
    } as const),
    { maxLength: 6 },
  ),
  settleAfter: fc.nat(1200),
}).map(({ terms, steps, settleAfter }) => {
  const plain: LoanTerms = { ...terms, every: { n: 1, unit: 'month' }, lastInstalment: 'remainder' }
  const days = plain.instalments * 31
  const start = dayOffset(plain.disbursedOn)
  const events = steps.map((step, index): LoanEvent & NaiveEvent => {
    const charge = step.type !== 'repayment'
    // Charges fall into the term; money may come for a while after it.
    const after = Math.floor((step.after * (charge ? days - plain.instalments * 3 : days * 1.2)) / 1000)
    const amount = (plain.principal * BigInt(step.share)) / (charge ? 20_000n : 1000n) + 1n
    return { id: `e${index}`, type: step.type, on: dayText(start + after), amount }
  })
  return { terms: plain, events, settleOn: dayText(start + Math.floor((settleAfter * days) / 1000)) }
})

function naiveTerms(terms: LoanTerms): NaiveTerms | null {
  const { method, dayCount } = terms
  if (method === 'bullet' || dayCount === '30E/360' || dayCount === 'actual/365.25') return null
  return {
    principal: terms.principal,
    rate: [BigInt(terms.annualRatePercent.replace('.', '')), 10_000n],
    method,
    instalments: terms.instalments,
    disbursedOn: terms.disbursedOn,
    dayCount,
    recalculation: terms.interestRecalculation,
    overdueInterest: terms.overdueInterest,
  }
}

test('a naive life of a loan, night by night, comes to the same instalments, payments and payoff', () => {
  let compared = 0
  let all = 0
  holds(someLife, ({ terms, events, settleOn }) => {
    const naive = naiveTerms(terms)
    all++
    if (naive === null) return
    try {
      const life = naiveLife(naive, events)
      const state = foldLoan(terms, events)
      const rows = state.instalments.map(
        ({ principal, interest, fee, penalty, principalPaid, interestPaid, feePaid, penaltyPaid }) => ({
          owing: { penalty, fee, interest, principal },
          paid: { penalty: penaltyPaid, fee: feePaid, interest: interestPaid, principal: principalPaid },
        }),
      )
      assertSame(
        rows,
        life.owing.map((owing, index) => ({ owing, paid: life.paid[index] })),
      )
      assert.equal(state.creditBalance, life.credit)
      assert.equal(state.principalOutstanding, outstanding(life))
      if (events.every((event) => event.on <= settleOn)) {
        assert.equal(payoffOn(state, settleOn).total, naivePayoff(life, settleOn))
      }
      compared++
    } catch (problem) {
      if (!(problem instanceof TooDear)) throw problem
    }
  })
  assert.ok(compared > all / 2, `only ${compared} of ${all} lives were compared`)
})
