import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { holds } from '../loan/arbitrary.test-support.ts'
import { record } from '../property.test-support.ts'
import { equalInstalment, nearInstalment } from './annuity.ts'

/** Monthly payment per 100,000 by annual rate in percent and years, from amortisation tables as printed. */
const table: readonly (readonly [rate: number, years: number, payment: string])[] = [
  [5, 15, '790.79'],
  [5, 20, '659.96'],
  [5, 25, '584.59'],
  [5, 30, '536.82'],
  [6, 15, '843.86'],
  [6, 20, '716.43'],
  [6, 25, '644.30'],
  [6, 30, '599.55'],
  [7, 15, '898.83'],
  [7, 20, '775.30'],
  [7, 25, '706.78'],
  [7, 30, '665.30'],
  [8, 15, '955.65'],
  [8, 20, '836.44'],
  [8, 25, '771.82'],
  [8, 30, '733.76'],
  [9, 15, '1014.27'],
  [9, 20, '899.73'],
  [9, 25, '839.20'],
  [9, 30, '804.62'],
  [10, 15, '1074.61'],
  [10, 20, '965.02'],
  [10, 25, '908.70'],
  [10, 30, '877.57'],
  [12, 15, '1200.17'],
  [12, 20, '1101.09'],
  [12, 25, '1053.22'],
  [12, 30, '1028.61'],
]

test('equal instalments are those of printed amortisation tables', () => {
  for (const [rate, years, payment] of table) {
    const factors = Array.from({ length: years * 12 }, () => ({ num: BigInt(rate), den: 1200n }))
    const instalment = equalInstalment(10_000_000n, factors, 'half-even', null)
    assert.equal((Number(instalment) / 100).toFixed(2), payment, `${rate} % over ${years} years`)
  }
})

test('等额本息: 1,000,000 at 4.9 % over 30 years is 5,307.27 a month', () => {
  const factors = Array.from({ length: 360 }, () => ({ num: 49n, den: 12_000n }))
  assert.equal(equalInstalment(100_000_000n, factors, 'half-even', null), 530_727n)
})

test('an instalment is rounded to the nearest multiple, a half to the even one, and never to nothing', () => {
  const none = [
    { num: 0n, den: 1n },
    { num: 0n, den: 1n },
  ]
  assert.equal(equalInstalment(5000n, none, 'half-even', 1000n), 2000n)
  assert.equal(equalInstalment(7000n, none, 'half-even', 1000n), 4000n)
  assert.equal(equalInstalment(600n, none, 'half-even', 1000n), 300n)
})

test('what doubles decide is what exact reckoning says', () => {
  const period = record({
    num: fc.integer({ min: 0, max: 10 ** 6 }),
    den: fc.integer({ min: 10 ** 5, max: 10 ** 9 }),
  })
  const scene = record({
    balance: fc.oneof(fc.bigInt({ min: 1n, max: 10n ** 9n }), fc.bigInt({ min: 1n, max: 10n ** 16n })),
    periods: fc.array(period, { minLength: 1, maxLength: 60 }),
    mode: fc.constantFrom('half-even', 'half-up', 'half-down'),
    multiple: fc.constantFrom(null, 10n, 1000n),
  } as const)
  let decided = 0
  let all = 0
  holds(scene, ({ balance, periods, mode, multiple }) => {
    const ratios = periods.map(({ num, den }) => num / den)
    const near = nearInstalment(balance, ratios, mode, multiple)
    all++
    if (near === null) return
    decided++
    const factors = periods.map(({ num, den }) => ({ num: BigInt(num), den: BigInt(den) }))
    assert.equal(near, equalInstalment(balance, factors, mode, multiple))
  })
  assert.ok(decided > all / 3, `only ${decided} of ${all} were decided`)
})
