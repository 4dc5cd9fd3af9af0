import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Instalment } from '../loan/types.ts'
import { cases, record } from '../property.test-support.ts'
import { findPlan, merchantFee, PlanProblem, percentOf, planLoan, totalInterest, yearlyOfDaily } from './plan.ts'
import { cardMinimum, payLater, planOf, termsOf } from './terms.test-support.ts'
import type { Plan } from './terms.ts'

const on = '2026-03-05'
const statementOn = '2026-04-03'

function scheduleOf(plan: Plan, amount: bigint): [principal: bigint, interest: bigint][] {
  const { loan } = planLoan(termsOf(), plan, { amount, on, statementOn })
  return loan.instalments.map(({ principal, interest }: Instalment) => [principal, interest])
}

test('a flat plan asks for the same part and the same charge on every bill', () => {
  // 0.5 % of 3,000.00 is 15.00; of 3,999.00 it is 19.995, a half, which goes to the even 20.00.
  assert.deepEqual(scheduleOf(planOf(), 300_000n), [
    [100_000n, 1_500n],
    [100_000n, 1_500n],
    [100_000n, 1_500n],
  ])
  const phone = scheduleOf(planOf({ instalments: 12 }), 399_900n)
  assert.deepEqual(phone, Array(12).fill([33_325n, 2_000n]))
})

test('equal instalments per bill: the level sum, less 1 % of the balance, whatever the length of the bill', () => {
  // 3,000.00 × 0.01 ÷ (1 − 1.01⁻³) = 1,020.066 → 1,020.07; balances 2,009.93 and 1,009.96 bear 20.10 and 10.10.
  const plan = planOf({ method: 'equal-instalment', rate: { per: 'period', percent: '1' } })
  assert.deepEqual(scheduleOf(plan, 300_000n), [
    [99_007n, 3_000n],
    [99_997n, 2_010n],
    [100_996n, 1_010n],
  ])
})

test('equal instalments per year: interest by actual days, 39 to the first due date and 30 to the second', () => {
  // 36.5 % a year is 0.1 % a day. 1,000.00 × 1.039 × 1.030 ÷ 2.030 = 527.18; 39.00 of the first is interest, and
  // 511.82 × 0.030 = 15.35 of the second, which takes what principal is left.
  const plan = planOf({ method: 'equal-instalment', instalments: 2, rate: { per: 'year', percent: '36.5' } })
  assert.deepEqual(scheduleOf(plan, 100_000n), [
    [48_818n, 3_900n],
    [51_182n, 1_535n],
  ])
})

test('equal principal: the same part each time, interest on what is left of the balance', () => {
  // 10.95 % a year is 0.03 % a day, over 39, 30 and 31 days: 3,650.00 bears 42.705 (half to even: 42.70), 2,433.33
  // bears 21.90, 1,216.66 bears 11.31.
  const plan = planOf({ method: 'equal-principal', rate: { per: 'year', percent: '10.95' } })
  assert.deepEqual(scheduleOf(plan, 365_000n), [
    [121_667n, 4_270n],
    [121_667n, 2_190n],
    [121_666n, 1_131n],
  ])
})

test('interest only, then all: and a bullet is one payment', () => {
  const plan = planOf({ method: 'interest-only', rate: { per: 'period', percent: '1' } })
  assert.deepEqual(scheduleOf(plan, 300_000n), [
    [0n, 3_000n],
    [0n, 3_000n],
    [300_000n, 3_000n],
  ])
  assert.deepEqual(scheduleOf(payLater, 25_900n), [[25_900n, 0n]])
})

test('where the merchant pays, the customer owes the price alone and the merchant the charge', () => {
  const free = planLoan(termsOf(), planOf({ paidBy: 'merchant' }), { amount: 300_000n, on, statementOn })
  assert.equal(free.merchantSubsidy, 4_500n)
  assert.deepEqual(
    free.loan.instalments.map(({ principal, interest }) => [principal, interest]),
    Array(3).fill([100_000n, 0n]),
  )
})

test('a purchase that a minimum payment may carry over bears interest by days, not by bills', () => {
  const purchase = { amount: 100_000n, on, statementOn }
  const revolving = planLoan(termsOf({ minimumPayment: cardMinimum }), payLater, purchase)
  assert.equal(revolving.loan.terms.interestPeriod, 'daily')
  assert.equal(revolving.loan.terms.earlyInterest, 'to-day')
  const billed = planLoan(termsOf(), payLater, purchase)
  assert.equal(billed.loan.terms.interestPeriod, 'whole-period')
  assert.equal(yearlyOfDaily('0.05'), '18.25')
})

test('a plan outside its range, or of more instalments than cents, is not offered', () => {
  const plan = planOf({ minAmount: 10_000n, maxAmount: 500_000n })
  const refused: [Plan, bigint][] = [
    [plan, 9_999n],
    [plan, 500_001n],
    [planOf({ instalments: 12 }), 11n],
  ]
  for (const [candidate, amount] of refused) {
    assert.throws(() => planLoan(termsOf(), candidate, { amount, on, statementOn }), { code: 'plan-not-offered' })
  }
  for (const amount of [10_000n, 500_000n]) planLoan(termsOf(), plan, { amount, on, statementOn })
})

test('a plan the product does not have is named together with those it has', () => {
  const terms = termsOf({ plans: [payLater, planOf({ code: '3x' })] })
  assert.equal(findPlan(terms, '3x').instalments, 3)
  assert.throws(
    () => findPlan(terms, '6x'),
    (error: unknown) => error instanceof PlanProblem && /pay-later, 3x/.test(error.message),
  )
})

test('a merchant pays its own percentage, else the product’s, and never more than the capture', () => {
  const cases: [own: string | null, captured: bigint, fee: bigint][] = [
    // 0.8 % of 3,999.00 is 31.992, of 259.00 2.072.
    [null, 399_900n, 3_199n],
    [null, 25_900n, 207n],
    ['0.5', 25_900n, 130n],
    ['0', 25_900n, 0n],
    ['150', 1_000n, 1_000n],
  ]
  for (const [own, captured, fee] of cases) assert.equal(merchantFee(termsOf(), own, captured), fee)
})

test('a percentage is rounded once, by the mode of the terms', () => {
  // 5 % of 0.50 is 0.025: a half of the last digit.
  const roundings = { 'half-even': 2n, 'half-up': 3n, 'half-down': 2n, up: 3n, down: 2n } as const
  for (const [rounding, expected] of Object.entries(roundings)) {
    assert.equal(percentOf(50n, '5', rounding as keyof typeof roundings), expected, rounding)
  }
})

const somePlan: fc.Arbitrary<Plan> = record({
  method: fc.constantFrom('equal-instalment', 'equal-principal', 'flat', 'interest-only', 'bullet'),
  instalments: fc.integer({ min: 1, max: 36 }),
  per: fc.constantFrom('period', 'year'),
  rate: fc.integer({ min: 0, max: 300 }),
} as const).map(({ method, instalments, per, rate }) =>
  planOf({
    method,
    instalments: method === 'bullet' ? 1 : instalments,
    rate: { per: method === 'flat' ? 'period' : per, percent: (rate / 100).toFixed(2) },
  }),
)

test('of any plan and amount: the parts sum to the price, and the merchant pays what the customer would', () => {
  fc.assert(
    fc.property(somePlan, fc.bigInt({ min: 36n, max: 100_000_000n }), (plan, amount) => {
      const purchase = { amount, on, statementOn }
      const paid = planLoan(termsOf(), plan, purchase)
      const free = planLoan(termsOf(), { ...plan, paidBy: 'merchant' }, purchase)
      for (const { loan } of [paid, free]) {
        assert.equal(loan.instalments.length, plan.instalments)
        assert.equal(
          loan.instalments.reduce((sum, instalment) => sum + instalment.principal, 0n),
          amount,
        )
        assert.ok(loan.instalments.every(({ principal, interest }) => principal >= 0n && interest >= 0n))
      }
      assert.equal(totalInterest(free.loan), 0n)
      assert.equal(free.merchantSubsidy, totalInterest(paid.loan))
    }),
    { numRuns: cases(200) },
  )
})
