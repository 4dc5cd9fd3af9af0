/** Accounting by published examples and by sums that must close. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatDay, parseDay } from '../calendar.ts'
import { cases, record } from '../property.test-support.ts'
import {
  accruedBetween,
  accruedInterest,
  amortisedCost,
  catchUp,
  cnGrade,
  effectiveInterest,
  expectedLoss,
  ifrs9Stage,
  incomeBetween,
  incomeTo,
  isNonPerforming,
  lossByGrade,
} from './index.ts'

const numRuns = cases(500, 1 / 4)

test('IFRS 9 Implementation Guidance B.26: 1,000 bought, 59 a year, 1,250 at the end of five, is 10 %', () => {
  // Its amortised cost: 1,041, 1,086, 1,136, 1,190; years without a leap day keep it to years of 365 days.
  const coupons = [1, 2, 3, 4, 5].map((year) => ({ on: yearsLater(year), amount: 5_900n }))
  const effective = effectiveInterest({
    disbursed: [{ on: START, amount: 100_000n }],
    adjustments: [],
    payments: [...coupons, { on: yearsLater(5), amount: 125_000n }],
  })
  assert.equal((effective.annualRate * 100).toFixed(1), '10.0')
  assert.deepEqual(
    effective.rows.map((row) => Math.round(Number(row.closing) / 100)),
    [1000, 1041, 1086, 1136, 1190, 0],
  )
})

const START = '2021-01-01'
function yearsLater(years: number): string {
  return Temporal.PlainDate.from(START)
    .add({ days: 365 * years })
    .toString()
}

test('a fee up front is income over the life, not on its day', () => {
  const months = Array.from({ length: 12 }, (_, k) => `2024-${String(k + 1).padStart(2, '0')}-28`)
  const loan = {
    disbursed: [{ on: '2023-12-28', amount: 1_200_000n }],
    adjustments: [{ on: '2023-12-28', amount: 36_000n }],
    payments: months.map((on) => ({ on, amount: 100_000n })),
  }
  const effective = effectiveInterest(loan)
  assert.equal(effective.totalIncome, 36_000n)
  assert.equal(effective.rows[0]!.income, 0n)
  assert.equal(amortisedCost(effective, '2023-12-28'), 1_164_000n)
  assert.equal(amortisedCost(effective, '2024-12-28'), 0n)
  // More is earned while more is outstanding.
  assert.ok(incomeBetween(effective, '2023-12-28', '2024-01-28') > incomeBetween(effective, '2024-11-28', '2024-12-28'))
  assert.equal(incomeTo(effective, '2024-06-15') + incomeBetween(effective, '2024-06-15', '2025-01-01'), 36_000n)
})

test('an interest-free loan with a merchant subsidy earns the subsidy; without it, nothing', () => {
  const payments = [{ on: '2024-04-01', amount: 100_000n }]
  const disbursed = [{ on: '2024-01-01', amount: 100_000n }]
  const subsidy = [{ on: '2024-01-01', amount: 2_000n }]
  assert.equal(effectiveInterest({ disbursed, adjustments: subsidy, payments }).totalIncome, 2_000n)
  assert.equal(effectiveInterest({ disbursed, adjustments: [], payments }).totalIncome, 0n)
})

test('paid back early, the rest of the fee is income at once (B5.4.6)', () => {
  const effective = effectiveInterest({
    disbursed: [{ on: '2024-01-01', amount: 100_000n }],
    adjustments: [{ on: '2024-01-01', amount: 2_000n }],
    payments: [{ on: '2024-12-31', amount: 100_000n }],
  })
  const gain = catchUp(effective, '2024-07-01', [{ on: '2024-07-01', amount: 100_000n }])
  assert.equal(incomeTo(effective, '2024-07-01') + gain, 2_000n)
  assert.equal(catchUp(effective, '2024-07-01', [{ on: '2024-12-31', amount: 100_000n }]), 0n)
})

test('accrued interest: half of a period of 30 days, all of what has ended, none of what has not begun', () => {
  const periods = [
    { fromOn: '2024-04-01', dueOn: '2024-05-01', interest: 3_001n },
    { fromOn: '2024-05-01', dueOn: '2024-06-01', interest: 2_000n },
  ]
  assert.equal(accruedInterest(periods, '2024-04-01'), 0n)
  assert.equal(accruedInterest(periods, '2024-04-16'), 1_500n)
  assert.equal(accruedInterest(periods, '2024-05-01'), 3_001n)
  assert.equal(accruedInterest(periods, '2025-01-01'), 5_001n)
})

test('the accruals of single days add up to the interest of the loan', () => {
  const period = record({ days: fc.integer({ min: 1, max: 40 }), interest: fc.bigInt({ min: 0n, max: 100_000n }) })
  fc.assert(
    fc.property(fc.array(period, { minLength: 1, maxLength: 4 }), (all) => {
      const start = parseDay('2024-01-31')
      let day = start
      const periods = all.map(({ days, interest }) => {
        const fromOn = formatDay(day)
        day += days
        return { fromOn, dueOn: formatDay(day), interest }
      })
      let sum = 0n
      for (let at = start; at < day; at++) sum += accruedBetween(periods, formatDay(at), formatDay(at + 1))
      assert.equal(
        sum,
        all.reduce((total, { interest }) => total + interest, 0n),
      )
    }),
    { numRuns },
  )
})

test('effective interest closes at zero and its income is what came in less what went out', () => {
  const loan = record({
    principal: fc.bigInt({ min: 10_000n, max: 10_000_000n }),
    fee: fc.integer({ min: -20, max: 50 }),
    cost: fc.integer({ min: 0, max: 400 }),
    months: fc.integer({ min: 1, max: 36 }),
    cut: fc.integer({ min: 0, max: 1_200 }),
  })
  fc.assert(
    fc.property(loan, ({ principal, fee, cost, months, cut }) => {
      const start = Temporal.PlainDate.from('2024-01-15')
      const each = (principal * BigInt(1_000 + cost)) / BigInt(1_000 * months)
      const adjustment = (principal * BigInt(fee)) / 1_000n
      const effective = effectiveInterest({
        disbursed: [{ on: start.toString(), amount: principal }],
        adjustments: [{ on: start.toString(), amount: adjustment }],
        payments: Array.from({ length: months }, (_, k) => ({
          on: start.add({ months: k + 1 }).toString(),
          amount: each,
        })),
      })
      const expected = each * BigInt(months) + adjustment - principal
      assert.equal(effective.totalIncome, expected)
      assert.equal(effective.rows.at(-1)!.closing, 0n)
      const on = start.add({ days: cut }).toString()
      assert.equal(incomeTo(effective, on) + incomeBetween(effective, on, '2030-01-01'), expected)
      // The last row takes the rounding of all: at most half a unit a row, compounded.
      const steady = effective.rows.at(-2)!.closing
      const model = Math.round(Number(steady) * Math.expm1(effective.dailyForce * 31))
      assert.ok(Math.abs(Number(effective.rows.at(-1)!.income)) <= Math.abs(model) + months + 1)
    }),
    { numRuns },
  )
})

const days: [daysPastDue: number, grade: string, stage: number][] = [
  [0, 'normal', 1],
  [1, 'special-mention', 1],
  [30, 'special-mention', 1],
  [31, 'special-mention', 2],
  [89, 'special-mention', 2],
  [90, 'special-mention', 3],
  [91, 'substandard', 3],
  [270, 'substandard', 3],
  [271, 'doubtful', 3],
  [360, 'doubtful', 3],
  [361, 'loss', 3],
]
for (const [daysPastDue, grade, stage] of days) {
  test(`${daysPastDue} days past due: ${grade}, stage ${stage}`, () => {
    assert.equal(cnGrade(daysPastDue), grade)
    assert.equal(ifrs9Stage(daysPastDue), stage)
    assert.equal(isNonPerforming(cnGrade(daysPastDue)), daysPastDue > 90)
  })
}

test('what else is known may class an asset lower than its days, never higher', () => {
  assert.equal(cnGrade(0, 'doubtful'), 'doubtful')
  assert.equal(cnGrade(361, 'special-mention'), 'loss')
  assert.equal(ifrs9Stage(0, 2), 2)
  assert.equal(ifrs9Stage(90, 2), 3)
  assert.throws(() => cnGrade(-1), { code: 'bad-days', field: 'daysPastDue' })
  assert.throws(() => ifrs9Stage(1.5), { code: 'bad-days' })
})

test('expected loss by grade: 1, 2, 25, 50 and 100 %', () => {
  const { lines, total } = lossByGrade({
    normal: 1_000_000n,
    'special-mention': 100_000n,
    substandard: 10_000n,
    loss: 500n,
  })
  assert.deepEqual(
    lines.map((line) => line.expectedLoss),
    [10_000n, 2_000n, 2_500n, 0n, 500n],
  )
  assert.equal(total, 15_000n)
})

test('expected loss by stage: twelve months, the whole life, certain', () => {
  const input = {
    exposure: 1_000_000n,
    twelveMonthPdPercent: '2',
    lifetimePdPercent: '10',
    lossGivenDefaultPercent: '60',
  }
  assert.deepEqual(
    ([1, 2, 3] as const).map((stage) => expectedLoss({ ...input, stage })),
    [12_000n, 60_000n, 600_000n],
  )
  assert.equal(expectedLoss({ ...input, stage: 2, discountFactor: '0.95' }), 57_000n)
  assert.throws(() => expectedLoss({ ...input, stage: 1, twelveMonthPdPercent: '101' }), { code: 'bad-percent' })
  for (const discountFactor of ['1.01', '-0.1']) {
    assert.throws(() => expectedLoss({ ...input, stage: 1, discountFactor }), {
      code: 'bad-discount',
      field: 'discountFactor',
    })
  }
})
