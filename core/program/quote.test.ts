import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { holdsOnAQuarter } from '../loan/arbitrary.test-support.ts'
import { assertSame, dayText, record } from '../property.test-support.ts'
import { RateProblem } from '../rates/index.ts'
import { roundingNames } from '../rounding.ts'
import { nextStatementOn } from './cycle.ts'
import { PlanProblem, planLoan, totalInterest } from './plan.ts'
import { planQuoter } from './quote.ts'
import { annualRates } from './review.ts'
import { cardMinimum, planOf, termsOf } from './terms.test-support.ts'
import type { Plan } from './terms.ts'

const anyPlan: fc.Arbitrary<Plan> = record({
  method: fc.constantFrom('equal-instalment', 'equal-principal', 'flat', 'bullet', 'interest-only'),
  instalments: fc.integer({ min: 1, max: 36 }),
  per: fc.constantFrom('period', 'year'),
  percent: fc.constantFrom('0', '0.5', '0.55', '1', '1.095', '13.14', '24'),
  paidBy: fc.constantFrom('customer', 'customer', 'merchant'),
} as const).map(({ per, percent, ...plan }) =>
  planOf({ ...plan, instalments: plan.method === 'bullet' ? 1 : plan.instalments, rate: { per, percent } } as Plan),
)

const anyTerms = record({
  statementDay: fc.integer({ min: 1, max: 28 }),
  dueDay: fc.integer({ min: 1, max: 28 }),
  minimumPayment: fc.constantFrom(null, cardMinimum),
  rounding: fc.constantFrom(...roundingNames),
} as const).map(({ statementDay, dueDay, ...terms }) => termsOf({ ...terms, cycle: { statementDay, dueDay } }))

/** A seventh of the amount for the one day until the bill is more than a rate can say: refused by both in the same words. */
function outcomeOf<Value>(work: () => Value): Value | string {
  try {
    return work()
  } catch (error) {
    if (error instanceof RateProblem) return error.message
    throw error
  }
}

test('a quote is what the purchase would be booked as, with its annual rates', () => {
  const question = record({
    terms: anyTerms,
    plan: anyPlan,
    day: fc.integer({ min: 0, max: 4_000 }),
    amounts: fc.array(fc.bigInt({ min: 36n, max: 10n ** 13n }), { minLength: 1, maxLength: 4 }),
  })
  holdsOnAQuarter(question, ({ terms, plan, day, amounts }) => {
    const on = dayText(day)
    const dates = { on, statementOn: nextStatementOn(terms.cycle, on) }
    // One quoter for all of them: an amount must leave nothing behind for the next.
    const quotePlan = planQuoter(terms, plan, dates)
    for (const amount of amounts) {
      const booked = () => {
        const { loan } = planLoan(terms, plan, { amount, ...dates })
        const cost = totalInterest(loan)
        const rates = cost === 0n ? { irrPercent: '0', simplePercent: '0' } : annualRates(loan)
        return { instalments: loan.instalments, cost, ...rates }
      }
      assertSame(
        outcomeOf(() => quotePlan(amount)),
        outcomeOf(booked),
      )
    }
  })
})

test('an amount outside the plan’s range, or of nothing, is not offered', () => {
  const quotePlan = planQuoter(termsOf(), planOf({ minAmount: 1_000n, maxAmount: 2_000n }), {
    on: '2026-03-05',
    statementOn: '2026-04-03',
  })
  assert.equal(quotePlan(1_000n).instalments.length, 3)
  for (const amount of [999n, 2_001n, 0n, -5n]) assert.throws(() => quotePlan(amount), PlanProblem)
})
