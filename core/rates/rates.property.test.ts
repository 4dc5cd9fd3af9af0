/** Properties of every rate found. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { formatDay, parseDay } from '../calendar.ts'
import { cases, record } from '../property.test-support.ts'
import { irr, irrOf, trueRate } from './index.ts'
import { solve } from './solve.ts'
import { isRateOf, type SteppedFlow, trillionth } from './testing/exact.ts'

const numRuns = cases(2_000)

const loan = record({
  advance: fc.integer({ min: 1_000, max: 100_000_000 }),
  shares: fc
    .array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 60 })
    .filter((all) => all.some(Boolean)),
  cost: fc.integer({ min: -300, max: 3_000 }),
}).map(({ advance, shares, cost }) => {
  const sum = shares.reduce((total, share) => total + share, 0)
  const owed = Math.max(1, Math.round(advance * (1 + cost / 1_000)))
  const payments = shares.map((share) => Math.round((owed * share) / sum))
  return { advance, payments: payments.some(Boolean) ? payments : [owed] }
})

test('the present value at the internal rate is the advance', () => {
  fc.assert(
    fc.property(loan, ({ advance, payments }) => {
      const rate = irrOf([-advance, ...payments])
      const present = payments.reduce((sum, payment, k) => sum + payment / (1 + rate) ** (k + 1), 0)
      assert.ok(Math.abs(present / advance - 1) < 1e-9, `present ${present} of ${advance} at ${rate}`)
    }),
    { numRuns },
  )
})

test('the fast rate of a loan is the bracketing solver’s rate', () => {
  fc.assert(
    fc.property(loan, ({ advance, payments }) => {
      const amounts = [-advance, ...payments]
      const { forces } = solve({ amounts, discount: (x, j) => Math.exp(-x * j) })
      assert.equal(forces.length, 1)
      assert.ok(Math.abs(Math.log1p(irrOf(amounts)) - forces[0]!) < 1e-11)
    }),
    { numRuns },
  )
})

test('turning every sign leaves the rate, a larger payment raises it', () => {
  fc.assert(
    fc.property(loan, ({ advance, payments }) => {
      const flows = [-advance, ...payments].map(BigInt)
      assert.equal(irr(flows.map((flow) => -flow)), irr(flows))
      assert.ok(irr(flows.with(-1, flows.at(-1)! + 1_000n)) > irr(flows))
    }),
    { numRuns },
  )
})

test('the exact judgement knows a rate from its neighbours: 100,000 less 1,000 against 12 × 8,833.3 is 13.5826 %', () => {
  const flows = [-9_900_000n, ...Array<bigint>(12).fill(883_330n)].map((amount, step) => ({ amount, step }))
  assert.ok(isRateOf(flows, monthly, '13.5826'))
  for (const other of ['13.5825', '13.5827', '12.8038']) assert.ok(!isRateOf(flows, monthly, other))
  assert.ok(isRateOf(flows, monthlyNominal, '12.8038'))
})

const monthly = { perYear: 12, kind: 'effective' } as const
const monthlyNominal = { perYear: 12, kind: 'nominal' } as const

test('in exact integers the present value changes its sign within half a unit of the fourth decimal', () => {
  fc.assert(
    fc.property(loan, ({ advance, payments }) => {
      const flows: SteppedFlow[] = [-advance, ...payments].map((amount, step) => ({ amount: BigInt(amount), step }))
      const input = {
        advances: [{ amount: BigInt(advance), at: { years: '0' } }],
        payments: payments.map((amount, k) => ({ amount: BigInt(amount), at: { years: `${k + 1}/12` } })),
      }
      const effective = rateOrTooHigh('cn-irr', input)
      if (effective === null) assert.ok(!isRateOf(flows, monthly, '1000000000', trillionth))
      // To the last decimal up to 10^5 %; above, twelve digits.
      else assert.ok(isRateOf(flows, monthly, effective, Number(effective) < 1e5 ? 0n : trillionth), effective)
      const last = payments.findLastIndex((amount) => amount > 0)
      if (effective === null || last - payments.findIndex((amount) => amount > 0) < 2) return
      const unitPeriod = { n: 1, unit: 'month' } as const
      const nominal = trueRate('us-reg-z', { ...input, unitPeriod }).ratePercent
      assert.ok(isRateOf(flows, monthlyNominal, nominal), nominal)
      assert.equal(trueRate('cn-simple', { ...input, unitPeriod }).ratePercent, nominal)
    }),
    { numRuns },
  )
})

function rateOrTooHigh(law: Parameters<typeof trueRate>[0], input: Parameters<typeof trueRate>[1]): string | null {
  try {
    return trueRate(law, input).ratePercent
  } catch (problem) {
    assert.equal((problem as { code: string }).code, 'rate-too-high')
    return null
  }
}

test('on days, too: XIRR in exact integers with steps of 1/365', () => {
  const dated = record({
    advance: fc.integer({ min: 1_000, max: 10_000_000 }),
    days: fc.uniqueArray(fc.integer({ min: 30, max: 1_500 }), { minLength: 1, maxLength: 12 }),
    cost: fc.integer({ min: 1, max: 500 }),
  })
  const start = parseDay('2023-11-30')
  fc.assert(
    fc.property(dated, ({ advance, days, cost }) => {
      const each = BigInt(Math.ceil((advance * (1 + cost / 1_000)) / days.length))
      const steps = days.toSorted((a, b) => a - b)
      const flows = [{ amount: -BigInt(advance), step: 0 }, ...steps.map((step) => ({ amount: each, step }))]
      const input = {
        advances: [{ amount: BigInt(advance), on: '2023-11-30' }],
        payments: days.map((step) => ({ amount: each, on: formatDay(start + step) })),
      }
      const rate = trueRate('xirr', input).ratePercent
      assert.ok(isRateOf(flows, { perYear: 365, kind: 'effective' }, rate), rate)
    }),
    { numRuns },
  )
})

test('every rate reported for flows of any signs balances them; otherwise the problem has a name', () => {
  const anySigns = fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 1, maxLength: 12 })
  fc.assert(
    fc.property(anySigns, (amounts) => {
      let rate: number
      try {
        rate = irrOf(amounts)
      } catch (problem) {
        assert.ok(['no-solution', 'rate-too-high'].includes((problem as { code: string }).code))
        return
      }
      const terms = amounts.map((amount, k) => amount / (1 + rate) ** k)
      const size = terms.reduce((sum, term) => sum + Math.abs(term), 0)
      const net = Math.abs(terms.reduce((sum, term) => sum + term, 0))
      assert.ok(rate < -0.99 || net <= 1e-6 * size, `${net} of ${size} at ${rate}`)
    }),
    { numRuns: cases(2_000, 1 / 4) },
  )
})

test('every law agrees on a loan of equal months, as effective or as nominal rate', () => {
  const level = record({ months: fc.integer({ min: 3, max: 36 }), cost: fc.integer({ min: 0, max: 2_000 }) })
  fc.assert(
    fc.property(level, ({ months, cost }) => {
      const payment = BigInt(Math.round((1_000_000 * (1 + cost / 1_000)) / months))
      const every = { n: 1, unit: 'month' } as const
      const input = {
        advances: [{ amount: 1_000_000n, on: '2024-05-15' }],
        payments: [{ amount: payment, on: '2024-06-15', count: months, every }],
      }
      const of = (law: Parameters<typeof trueRate>[0]) => trueRate(law, input).ratePercent
      assert.equal(of('eu-aprc'), of('cn-irr'))
      assert.equal(of('uk-apr'), of('cn-irr'))
      assert.equal(of('us-reg-z'), of('cn-simple'))
    }),
    { numRuns: cases(2_000, 1 / 4) },
  )
})
