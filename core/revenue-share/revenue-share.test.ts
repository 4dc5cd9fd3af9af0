/** A merchant's advance of 10,000.00 at a fixed 1,000.00, repaid by 10 % of sales. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cases, record } from '../property.test-support.ts'
import { expectedTerm, type RevenueShareEvent, type RevenueShareTerms, revenueShareOn } from './index.ts'

const terms: RevenueShareTerms = {
  currency: 'CNY',
  advance: 1_000_000n,
  fixedCost: 100_000n,
  sharePercent: '10',
  advancedOn: '2024-01-01',
  minimum: null,
  endsOn: null,
  rounding: 'half-even',
}
const sales = (id: string, on: string, amount: bigint): RevenueShareEvent => ({ id, on, type: 'sales', amount })

test('a share of every sale repays advance and cost in proportion', () => {
  const state = revenueShareOn(terms, [sales('a', '2024-01-10', 2_200_000n)], '2024-01-10')
  assert.deepEqual(state.sweeps, [
    { eventId: 'a', on: '2024-01-10', sales: 2_200_000n, amount: 220_000n, cost: 20_000n, advance: 200_000n },
  ])
  assert.deepEqual([state.remaining, state.advanceRemaining, state.costEarned], [880_000n, 800_000n, 20_000n])
})

test('the last sweep takes only what is left; then the rate of what really moved is known', () => {
  const state = revenueShareOn(terms, [sales('a', '2024-12-31', 20_000_000n)], '2024-12-31')
  assert.deepEqual([state.repaid, state.remaining, state.repaidOn], [1_100_000n, 0n, '2024-12-31'])
  // 365 days: 10 %.
  assert.equal(state.ratePercent, '10.0000')
  // 182 days: 1.1 to the power 365 / 182.
  assert.equal(revenueShareOn(terms, [sales('a', '2024-07-01', 20_000_000n)], '2024-07-01').ratePercent, '21.0634')
})

test('goods given back lower what later sales give', () => {
  const events: RevenueShareEvent[] = [
    sales('a', '2024-01-10', 500_000n),
    { id: 'r', on: '2024-01-11', type: 'sales-refund', amount: 300_000n },
    sales('b', '2024-01-12', 400_000n),
  ]
  assert.equal(revenueShareOn(terms, events, '2024-01-11').shareToReturn, 30_000n)
  assert.deepEqual(
    revenueShareOn(terms, events, '2024-01-12').sweeps.map((sweep) => sweep.amount),
    [50_000n, 10_000n],
  )
})

test('slow sales fall short of the minimum; after the end all is owed', () => {
  const bound: RevenueShareTerms = { ...terms, minimum: { amount: 100_000n, everyDays: 30 }, endsOn: '2024-12-31' }
  const events = [sales('a', '2024-01-10', 500_000n)]
  assert.equal(revenueShareOn(bound, events, '2024-01-30').arrears, 0n)
  assert.equal(revenueShareOn(bound, events, '2024-01-31').arrears, 50_000n)
  assert.equal(revenueShareOn(bound, events, '2025-01-01').arrears, 1_050_000n)
})

test('a reversed sale leaves no trace', () => {
  const events: RevenueShareEvent[] = [
    sales('a', '2024-01-10', 500_000n),
    { id: 'x', on: '2024-02-01', type: 'reversal', of: 'a' },
  ]
  assert.equal(revenueShareOn(terms, events, '2024-02-01').repaid, 0n)
})

test('expected term: 500.00 of sales a day repay 11,000.00 in 220 days', () => {
  const expected = expectedTerm(terms, 50_000n)
  assert.deepEqual([expected.days, expected.endsOn, expected.dailySweep], [220, '2024-08-08', 5_000n])
  const events = Array.from({ length: 220 }, (_, k) =>
    sales(`s${k}`, Temporal.PlainDate.from('2024-01-02').add({ days: k }).toString(), 50_000n),
  )
  assert.equal(revenueShareOn(terms, events, '2024-08-08').ratePercent, expected.ratePercent)
})

test('bad terms are refused by name', () => {
  assert.throws(() => expectedTerm(terms, 0n), { code: 'no-sales', field: 'dailySales' })
  assert.throws(() => expectedTerm({ ...terms, sharePercent: '0' }, 1n), { code: 'bad-share', field: 'sharePercent' })
  assert.throws(() => expectedTerm({ ...terms, sharePercent: '101' }, 1n), { code: 'bad-share' })
  assert.throws(() => expectedTerm({ ...terms, advance: 0n }, 1n), { code: 'bad-amount', field: 'advance' })
  const below = { minimum: { amount: -1n, everyDays: 30 } }
  assert.throws(() => expectedTerm({ ...terms, ...below }, 1n), { code: 'bad-minimum', field: 'minimum.amount' })
  assert.throws(() => revenueShareOn(terms, [sales('a', '2023-12-31', 1n)], '2024-01-01'), { code: 'before-advance' })
})

test('whatever the sales: parts sum to sweeps, sweeps never exceed what is owed, cost ends as agreed', () => {
  const days = fc.array(
    record({ day: fc.integer({ min: 0, max: 300 }), amount: fc.bigInt({ min: 1n, max: 3_000_000n }) }),
  )
  const price = record({ cost: fc.bigInt({ min: 0n, max: 500_000n }), share: fc.integer({ min: 1, max: 100 }) })
  fc.assert(
    fc.property(days, price, (sold, { cost, share }) => {
      const line = { ...terms, fixedCost: cost, sharePercent: `${share}` }
      const start = Temporal.PlainDate.from(terms.advancedOn)
      const events = sold.map(({ day, amount }, k) => sales(`s${k}`, start.add({ days: day }).toString(), amount))
      const state = revenueShareOn(line, events, '2025-01-01')
      assert.ok(state.sweeps.every((sweep) => sweep.cost + sweep.advance === sweep.amount && sweep.amount > 0n))
      assert.equal(
        state.sweeps.reduce((sum, sweep) => sum + sweep.amount, 0n),
        state.repaid,
      )
      assert.equal(
        state.sweeps.reduce((sum, sweep) => sum + sweep.cost, 0n),
        state.costEarned,
      )
      assert.ok(state.remaining >= 0n)
      if (state.remaining === 0n) assert.equal(state.costEarned, cost)
    }),
    { numRuns: cases(800, 1 / 4) },
  )
})

test('the expected term is that of the sales it expects, whose share is rounded a day at a time', () => {
  for (const dailySales of [1_006n, 1_004n, 1_005n]) {
    const brief: RevenueShareTerms = { ...terms, advance: 10_000n, fixedCost: 100n }
    const expected = expectedTerm(brief, dailySales)
    const events = Array.from({ length: expected.days }, (_, k): RevenueShareEvent => {
      const on = Temporal.PlainDate.from(brief.advancedOn).add({ days: k + 1 })
      return sales(`day ${k}`, `${on}`, dailySales)
    })
    const state = revenueShareOn(brief, events, expected.endsOn)
    assert.deepEqual([state.repaidOn, state.ratePercent], [expected.endsOn, expected.ratePercent])
  }
})

test('a reversal of nothing, or of a reversal, is refused, as is an id used twice', () => {
  const sold = sales('a', '2024-01-10', 500_000n)
  const undo = (id: string, of: string): RevenueShareEvent => ({ id, on: '2024-01-11', type: 'reversal', of })
  const refused: [RevenueShareEvent[], object][] = [
    [[sold, undo('r', 'b')], { code: 'unknown-event', field: 'events[1].of' }],
    [[sold, undo('r', 'a'), undo('s', 'r')], { code: 'not-reversible', field: 'events[2].of' }],
    [[sold, sold], { code: 'duplicate-id', field: 'events[1].id' }],
  ]
  for (const [events, problem] of refused) assert.throws(() => revenueShareOn(terms, events, '2024-02-01'), problem)
})
