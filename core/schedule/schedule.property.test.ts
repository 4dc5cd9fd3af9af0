import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addPeriods, adjustToBusinessDay, daysBetween, formatDay, parseDay } from '../calendar.ts'
import { holds, someTerms } from '../loan/arbitrary.test-support.ts'
import { openLoan } from '../loan/index.ts'
import { formatMinor, parseMinor, splitByWeights } from '../money.ts'
import { dayText, record } from '../property.test-support.ts'
import { irr } from '../rates/index.ts'
import { spansOf } from './dates.ts'
import { measureOf } from './measure.ts'

test('the present value of a schedule at its own rate is what was lent', () => {
  holds(someTerms, (terms) => {
    const flows = openLoan(terms).instalments.map((row) => row.principal + row.interest)
    if (flows.length < 2 || terms.principal < 10_000n) return
    const rate = irr([-terms.principal, ...flows])
    const value = flows.reduce((sum, flow, index) => sum + Number(flow) / (1 + rate) ** (index + 1), 0)
    assert.ok(Math.abs(value / Number(terms.principal) - 1) < 1e-9, `${value} against ${terms.principal}`)
  })
})

test('a bullet whose first periods are free bears what one lent at their end does', () => {
  const free = record({
    terms: someTerms.filter(({ instalments }) => instalments > 1),
    share: fc.integer({ min: 0, max: 99 }),
    interestPeriod: fc.constantFrom('daily', 'whole-period'),
    stated: fc.boolean(),
  } as const)
  holds(free, ({ terms, share, interestPeriod, stated }) => {
    const dueDates = spansOf(terms).map(({ due }) => formatDay(due))
    const interestFreePeriods = 1 + Math.floor((share * (terms.instalments - 1)) / 100)
    const bullet = { ...terms, method: 'bullet', interestPeriod, ...(stated ? { dueDates } : {}) } as const
    const later = {
      ...bullet,
      dueDates: dueDates.slice(interestFreePeriods),
      disbursedOn: dueDates[interestFreePeriods - 1]!,
      instalments: terms.instalments - interestFreePeriods,
    }
    // By the rule a month is 30 days; stated dates are counted one by one, which a month's end can make another number.
    if (!stated && terms.dayCount === '30/360') return
    assert.equal(
      openLoan({ ...bullet, interestFreePeriods }).instalments[0]!.interest,
      openLoan(later).instalments[0]!.interest,
    )
  })
})

test('actual day counts add over any split of a period', () => {
  const days = record({ from: fc.nat(9000), first: fc.nat(400), second: fc.nat(400) })
  holds(days, ({ from, first, second }) => {
    const start = parseDay(dayText(from))
    const due = start + first + second
    for (const dayCount of ['actual/actual', 'actual/365', 'actual/360', '30E/360'] as const) {
      const every = { n: 1, unit: 'month' } as const
      const { units } = measureOf({ from: start, due, every, regular: false }, dayCount, 'daily')
      assert.equal(units(start, start + first) + units(start + first, due), units(start, due))
    }
  })
})

test('a split by weights sums to the whole, is fair to a unit, and mirrors its negative', () => {
  const split = record({
    total: fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }),
    weights: fc.array(fc.bigInt({ min: 0n, max: 1000n }), { minLength: 1 }),
  })
  holds(split, ({ total, weights }) => {
    const sum = weights.reduce((all, weight) => all + weight, 0n)
    if (sum === 0n) return
    const parts = splitByWeights(total, weights)
    assert.equal(
      parts.reduce((all, part) => all + part, 0n),
      total,
    )
    assert.deepEqual(
      splitByWeights(-total, weights),
      parts.map((part) => -part),
    )
    parts.forEach((part, index) => {
      const exact = total * weights[index]!
      const off = part * sum - exact
      assert.ok(off < sum && off > -sum)
    })
  })
})

test('a day read and written is the same day; periods keep to the end of the month', () => {
  holds(fc.nat(40_000), (offset) => {
    const text = dayText(offset)
    assert.equal(formatDay(parseDay(text)), text)
    assert.equal(daysBetween('2023-01-01', text), offset)
    const moved = Temporal.PlainDate.from(text)
      .add({ months: offset % 50 })
      .toString()
    assert.equal(formatDay(addPeriods(parseDay(text), { n: 1, unit: 'month' }, offset % 50)), moved)
  })
})

test('31 January is followed by 29 February and 31 March; a Saturday by Monday, or Friday at the end of a month', () => {
  const dates = [1, 2, 3].map((count) => formatDay(addPeriods(parseDay('2024-01-31'), { n: 1, unit: 'month' }, count)))
  assert.deepEqual(dates, ['2024-02-29', '2024-03-31', '2024-04-30'])
  const calendar = { holidays: new Set(['2024-04-01']), workdays: new Set(['2024-04-28']) }
  const moved = (text: string, rule: 'following' | 'preceding' | 'modified-following'): string =>
    formatDay(adjustToBusinessDay(parseDay(text), rule, calendar))
  assert.equal(moved('2024-03-30', 'following'), '2024-04-02')
  assert.equal(moved('2024-03-30', 'modified-following'), '2024-03-29')
  assert.equal(moved('2024-04-28', 'following'), '2024-04-28')
})

test('amounts are written with the decimals of their currency and read back', () => {
  const table = [
    ['USD', 399900n, '3999.00'],
    ['JPY', 3999n, '3999'],
    ['KWD', 1n, '0.001'],
    ['CLF', -12345n, '-1.2345'],
  ] as const
  for (const [currency, amount, text] of table) {
    assert.equal(formatMinor(amount, currency), text)
    assert.equal(parseMinor(text, currency), amount)
  }
  assert.throws(() => parseMinor('1.005', 'USD'), { code: 'too-many-decimals' })
  assert.throws(() => parseMinor('NaN', 'USD'), { code: 'malformed-amount' })
  assert.throws(() => parseMinor('1', 'ABC'), { code: 'unknown-currency' })
})
