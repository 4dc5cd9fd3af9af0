/** What draws, lines and revenue shares owe is what their explanations come to, whatever happens. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type DrawEvent, type DrawTerms, drawsOn } from '../draws/index.ts'
import { fraction, parseDecimal } from '../fraction.ts'
import { cases, dayText, record } from '../property.test-support.ts'
import { type RevenueShareTerms, revenueShareOn } from '../revenue-share/index.ts'
import { type RevolvingEvent, type RevolvingTerms, revolvingOn } from '../revolving/index.ts'
import { roundQuotient } from '../rounding.ts'
import {
  type Explanation,
  explainDrawsPayoff,
  explainLinePayoff,
  explainMinimum,
  explainRevenueShare,
  explainStatement,
} from './index.ts'

const lastDay = 300
const anyDay = fc.nat(lastDay)

/** Cents of "1,234.56 CNY". */
function cents(text: string): bigint {
  const amount = parseDecimal(text.replace(' CNY', ''))
  return (amount.num * 100n) / amount.den
}

/** Every node that says how its parts make it does so by them, and only by them. */
function assertAddsUp(tree: Explanation): void {
  const { what, value, formula, parts = [] } = tree
  parts.forEach(assertAddsUp)
  if (formula === undefined || formula.startsWith('nothing') || formula.includes('%')) return
  const amounts = parts.map((part) => (part.value.includes('×') ? 0n : cents(part.value)))
  if (formula.startsWith('sum of balance')) {
    const exact = parts.map(({ parts: of }) => {
      const [num, den] = of![1]!.value.split('/').map(BigInt)
      return fraction(cents(of![0]!.value) * num!, den)
    })
    const den = exact.reduce((all, each) => all * each.den, 1n)
    const num = exact.reduce((all, each) => all + (each.num * den) / each.den, 0n)
    assert.equal(cents(value), roundQuotient(num, den, 'half-even'), what)
    return
  }
  const signs = formula.startsWith('the sum') ? amounts.map(() => 1n) : signsOf(formula)
  assert.equal(signs.length, parts.length, `${what}: ${formula}`)
  assert.equal(
    cents(value),
    amounts.reduce((sum, amount, at) => sum + signs[at]! * amount, 0n),
    what,
  )
}

/** "a + b − c" is +, +, −. */
function signsOf(formula: string): bigint[] {
  return [1n, ...[...formula.matchAll(/ ([+−]) /g)].map(([, sign]) => (sign === '+' ? 1n : -1n))]
}

test('what draws owe is what the nights, the fees and the money of their explanation come to', () => {
  const use = fc.array(
    record({
      type: fc.constantFrom('draw', 'draw', 'repayment', 'fee', 'rate-change'),
      day: anyDay,
      amount: fc.integer({ min: 1, max: 500_000 }),
      rate: fc.constantFrom('0.03', '0.05', '0.048', '0'),
    } as const),
    { maxLength: 12 },
  )
  const terms: DrawTerms = {
    currency: 'CNY',
    limit: 10n ** 12n,
    dailyRatePercent: '0.03',
    overdueDailyRatePercent: '0.045',
    order: 'oldest',
    interest: 'first',
    rounding: 'half-even',
  }
  fc.assert(
    fc.property(use, anyDay, fc.constantFrom('first', 'with-principal'), (steps, asOf, interest) => {
      const events: DrawEvent[] = [{ id: 'first', type: 'draw', on: dayText(0), amount: 100_000n }]
      for (const [k, { type, day, amount, rate }] of steps.entries()) {
        const base = { id: `e${k}`, on: dayText(day), amount: BigInt(amount) }
        if (type === 'rate-change')
          events.push({ id: base.id, on: base.on, type, draw: 'first', dailyRatePercent: rate })
        else if (type === 'draw') events.push({ ...base, type, dailyRatePercent: rate, dueOn: dayText(day + 30) })
        else events.push({ ...base, type })
      }
      const own = { ...terms, interest }
      const state = drawsOn(own, events, dayText(asOf))
      const tree = explainDrawsPayoff(own, state)
      assert.equal(cents(tree.value), state.payoff)
      assertAddsUp(tree)
    }),
    { numRuns: cases(500) },
  )
})

test('a bill, its minimum and what ends the debt of a line are what their explanations come to', () => {
  const use = fc.array(
    record({
      type: fc.constantFrom('purchase', 'purchase', 'payment', 'fee'),
      day: anyDay,
      amount: fc.integer({ min: 1, max: 200_000 }),
      cash: fc.boolean(),
    } as const),
    { maxLength: 12 },
  )
  const terms: RevolvingTerms = {
    currency: 'CNY',
    openedOn: dayText(0),
    cycle: { statementDay: 5, dueDay: 25 },
    balances: {
      purchase: {
        rate: { percent: '18', per: 'year' },
        changes: [{ from: dayText(100), rate: { percent: '0.04', per: 'day' } }],
        grace: true,
      },
      cash: { rate: { percent: '0.06', per: 'day' }, grace: false },
    },
    daysInYear: 365,
    interestFrom: 'posting',
    graceLost: 'unpaid',
    graceRegainedAfter: 1,
    minimum: { percent: '10', floor: 5_000n },
    hierarchy: { first: ['interest', 'fee'], rest: 'highest-rate', billedFirst: true, minimumToLowestRate: false },
    rounding: 'half-even',
  }
  fc.assert(
    fc.property(use, anyDay, fc.constantFrom('unpaid', 'whole'), (steps, asOf, graceLost) => {
      const events = steps.map(({ type, day, amount, cash }, k): RevolvingEvent => {
        const base = { id: `e${k}`, on: dayText(day), amount: BigInt(amount) }
        return type === 'purchase' ? { ...base, type, balance: cash ? 'cash' : 'purchase' } : { ...base, type }
      })
      const own: RevolvingTerms = { ...terms, graceLost }
      const state = revolvingOn(own, events, dayText(asOf))
      const payoff = explainLinePayoff(own, state)
      assert.equal(cents(payoff.value), state.payoff)
      assertAddsUp(payoff)
      for (const { n, balance, minimum } of state.statements) {
        const [bill, least] = [explainStatement(own, state, n), explainMinimum(own, state, n)]
        assert.deepEqual([cents(bill.value), cents(least.value)], [balance, minimum])
        assertAddsUp(bill)
        assertAddsUp(least)
      }
    }),
    { numRuns: cases(500) },
  )
})

test('what is left of an advance on sales is what the sweeps of its explanation leave', () => {
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
  const state = revenueShareOn(
    terms,
    [
      { id: 's1', on: '2024-01-10', type: 'sales', amount: 5_000_005n },
      { id: 'own', on: '2024-01-11', type: 'payment', amount: 25_000n },
    ],
    '2024-02-01',
  )
  const tree = explainRevenueShare(terms, state)
  // 10 % of 50,000.05 is 5,000.005, half to even 5,000.00.
  assert.deepEqual(
    [tree.value, ...tree.parts![2]!.parts!.map(({ what, value }) => `${what}: ${value}`)],
    ['5750.00 CNY', 's1 of 2024-01-10, of sales 50000.05 CNY: 5000.00 CNY', 'own of 2024-01-11, paid: 250.00 CNY'],
  )
  assertAddsUp(tree)
})
