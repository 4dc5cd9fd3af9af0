/** What the solver says where there is no rate, or more than one, and how time is counted at the edges. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDay } from '../calendar.ts'
import { conventions, type Flow, irrOf, RateProblem, trueRate } from './index.ts'
import { euYears, ukYears } from './intervals.ts'
import { monthsBack } from './months.ts'
import { at, on } from './testing/flows.ts'

const yearly = (amounts: readonly string[]) => amounts.map((amount, k) => at(String(k), amount))
const rateOf = (first: string, later: readonly string[]) =>
  trueRate('eu-aprc', { advances: [at('0', first)], payments: yearly(['0', ...later]).slice(1) })

test('two rates: the lowest that is not negative is given, and said to be one of several', () => {
  // 100 lent, 230 back, 132 lent again: 10 % and 20 %; Lorie and Savage (1955): 25 % and 400 %.
  assert.deepEqual(rateOf('100', ['230', '-132']), { ratePercent: '10.0000', display: '10.0', multiple: true })
  assert.deepEqual(rateOf('1600', ['10000', '-10000']), { ratePercent: '25.0000', display: '25.0', multiple: true })
  assert.deepEqual(rateOf('1', ['6', '-11', '6']), { ratePercent: '0.0000', display: '0.0', multiple: true })
  for (const other of ['105', '95', '100.01']) {
    const twice = (Number(other) + 100).toFixed(2)
    assert.deepEqual(rateOf('100', [twice, `-${other}`]), { ratePercent: '0.0000', display: '0.0', multiple: true })
  }
  // 1.10, 1.12 and 1.14, as close together as one step of the scan; 1.45 twice beside 1.50.
  const close = rateOf('1000000', ['3360000', '-3762800', '1404480'])
  assert.deepEqual(close, { ratePercent: '10.0000', display: '10.0', multiple: true })
  const touched = rateOf('1000000', ['4400000', '-6452500', '3153750'])
  assert.deepEqual(touched, { ratePercent: '45.0000', display: '45.0', multiple: true })
})

test('with negative rates only, the one nearest to zero is given (FCA CONC App 1.1.9 R (4))', () => {
  assert.equal(irrOf([-100, 100, 0, -7]).toFixed(4), '-0.0833')
})

test('a curve that only touches zero has one rate there', () => {
  // −(1 − 1.2 v)² × 100: both roots are 20 %.
  assert.equal(rateOf('100', ['240', '-144']).ratePercent, '20.0000')
  for (const [first, later, ratePercent] of [
    ['100', ['100', '-25'], '-50.0000'],
    ['100', ['220', '-121'], '10.0000'],
    ['1', ['10', '-25'], '400.0000'],
  ] as const) {
    assert.deepEqual(rateOf(first, later), { ratePercent, display: ratePercent.slice(0, -3), multiple: false })
  }
  // A thousandth of a point on either side: two.
  assert.equal(rateOf('100000000', ['220002000', '-121002199.99']).multiple, true)
})

test('no rate: the flows never balance', () => {
  assert.throws(() => rateOf('100', ['200', '-150']), { name: 'RateProblem', code: 'no-solution' })
  assert.throws(() => irrOf([-100, -1]), { code: 'no-solution' })
  assert.throws(() => irrOf([]), { code: 'no-solution' })
})

test('all money at once: any rate fits, or none', () => {
  const once = (amount: string) => ({ advances: [on('2024-01-01', '100')], payments: [on('2024-01-01', amount)] })
  assert.throws(() => trueRate('xirr', once('100')), { code: 'any-rate', field: 'payments' })
  assert.throws(() => trueRate('xirr', once('90')), { code: 'no-solution', field: 'payments' })
  // On two days, and on each of them nothing is left.
  const twice = {
    advances: [on('2024-01-01', '100'), on('2024-06-01', '50')],
    payments: [on('2024-06-01', '50'), on('2024-01-01', '100')],
  }
  for (const law of conventions) assert.throws(() => trueRate(law, twice), { code: 'any-rate', field: 'payments' })
})

test('a rate beyond 10^9 % is refused rather than shown with digits that mean nothing', () => {
  const overnight = { advances: [on('2024-01-01', '1')], payments: [on('2024-01-02', '100')] }
  const beyond = { advances: [on('2024-01-01', '1')], payments: [on('2025-01-01', '100000000')] }
  // The cent given back a day later changes the sign once more, not the answer.
  const given = {
    advances: [on('2024-01-01', '1000')],
    payments: [on('2024-01-02', '1100'), on('2024-01-03', '-0.01')],
  }
  for (const flows of [overnight, beyond, given]) {
    assert.throws(() => trueRate('xirr', flows), { code: 'rate-too-high', message: /^the rate is beyond 10\^9 %/ })
  }
})

test('a total loss is −100 % to every digit shown', () => {
  const overnight = { advances: [on('2024-01-01', '100')], payments: [on('2024-01-02', '1')] }
  assert.equal(trueRate('xirr', overnight).ratePercent, '-100.0000')
})

test('no rate above −100 % of the period in which interest is simple: none is made up at its end', () => {
  // 100 = 80 / (1 + 5/30 × i) has i = −120 % of a month.
  const advances = [on('2024-01-01', '100')]
  const unitPeriod = { n: 1, unit: 'month' } as const
  const early = { advances, payments: [on('2024-01-06', '80')], unitPeriod }
  assert.throws(() => trueRate('us-reg-z', early), { code: 'no-solution' })
  assert.equal(trueRate('us-reg-z', { ...early, payments: [on('2024-01-06', '90')] }).ratePercent, '-720.0000')
  // At −100 % of 300 days the first 100 is worth nothing, the second 100 × (1 − 1/300) and not 50.
  const tranches = [...advances, on('2024-10-27', '100')]
  assert.throws(() => trueRate('cn-simple', { advances: tranches, payments: [on('2024-10-28', '50')] }), {
    code: 'no-solution',
  })
})

const wrong: [what: string, advances: unknown, payments: unknown, code: string, field: string][] = [
  ['no advance', [], [at('1', '1')], 'bad-flows', 'advances'],
  ['no payment', [at('0', '1')], [], 'bad-flows', 'payments'],
  ['advances of nothing', [at('0', '0')], [at('1', '1')], 'bad-flows', 'advances'],
  ['payments of nothing', [at('0', '1')], [at('1', '0')], 'bad-flows', 'payments'],
  ['31 February', [on('2024-02-31', '1')], [on('2024-03-31', '1')], 'bad-date', 'advances[0].on'],
  ['not a date', [on('2024-01-01', '1')], [on('soon', '1')], 'bad-date', 'payments[0].on'],
  ['dates and times mixed', [on('2024-01-01', '1')], [at('1', '1')], 'bad-time', 'payments[0].at'],
  ['times and dates mixed', [at('0', '1')], [on('2024-01-01', '1')], 'bad-date', 'payments[0].on'],
  ['division by zero', [at('0', '1')], [at('1/0', '1')], 'bad-time', 'payments[0].at.years'],
  ['not a number', [at('0', '1')], [at('NaN', '1')], 'bad-time', 'payments[0].at.years'],
  ['beyond 200 years', [at('0', '1')], [at('201', '1')], 'bad-time', 'payments[0].at.years'],
  ['no count', [at('0', '1')], [{ ...at('1', '1', 2), count: 0 }], 'bad-flows', 'payments[0].count'],
  ['no spacing', [at('0', '1')], [{ ...at('1', '1'), count: 2 }], 'bad-flows', 'payments[0].every'],
  [
    'odd spacing',
    [at('0', '1')],
    [{ ...at('1', '1', 2), every: { n: 0, unit: 'day' } }],
    'bad-unit-period',
    'payments[0].every',
  ],
]

for (const [what, advances, payments, code, field] of wrong) {
  test(`${what} is refused, naming ${field}`, () => {
    assert.throws(
      () => trueRate('eu-aprc', { advances: advances as Flow[], payments: payments as Flow[] }),
      (problem: unknown) => problem instanceof RateProblem && problem.code === code && problem.field === field,
    )
  })
}

/** SWD(2012) 128, 4.1.1, in its own words; and the schedule's month ends. */
const intervals: [from: string, to: string, months: number, days: number, yearDays: number][] = [
  ['2012-01-12', '2012-03-15', 2, 3, 365],
  ['2012-01-12', '2012-02-15', 1, 3, 365],
  ['2013-01-12', '2013-02-15', 1, 3, 366],
  ['2013-02-25', '2013-03-28', 1, 3, 366],
  ['2013-02-26', '2013-03-29', 1, 2, 366],
  ['2012-02-26', '2012-03-29', 1, 3, 366],
  ['2012-12-01', '2013-02-02', 2, 1, 366],
  ['2025-01-31', '2025-02-28', 1, 0, 365],
  ['2025-01-30', '2025-02-28', 1, 0, 365],
  ['2025-02-28', '2025-03-31', 1, 0, 365],
  ['2025-01-31', '2031-02-28', 73, 0, 365],
]

for (const [from, to, months, days, yearDays] of intervals) {
  test(`${from} to ${to}: ${months} months and ${days}/${yearDays}`, () => {
    const [start, end] = [parseDay(from), parseDay(to)]
    assert.deepEqual(monthsBack(start, end), { months, days })
    assert.equal(euYears(start, end, 'month'), months / 12 + days / yearDays)
  })
}

test('UK: months and weeks run forward, left-over days are of the calendar year they fall in', () => {
  const years = (from: string, to: string, counting: 'month' | 'week') =>
    ukYears(parseDay(from), parseDay(to), counting)
  assert.equal(years('2025-01-12', '2025-02-15', 'month'), 1 / 12 + 3 / 365)
  assert.equal(years('2020-01-01', '2020-01-23', 'week'), 3 / 52 + 1 / 366)
  assert.equal(years('2025-01-31', '2031-02-28', 'month'), 73 / 12)
  assert.ok(Math.abs(years('2019-11-30', '2020-01-02', 'month') - (1 / 12 + 1 / 365 + 2 / 366)) < 1e-15)
})

test('flows of a week apart are counted in weeks of 1/52', () => {
  const weekly = { advances: [on('2024-01-01', '100')], payments: [on('2024-01-08', '26', 4, { n: 1, unit: 'week' })] }
  const same = { advances: [at('0', '100')], payments: [at('1/52', '26', 4, { n: 1, unit: 'week' })] }
  for (const law of ['eu-aprc', 'uk-apr', 'cn-irr', 'us-reg-z'] as const) {
    assert.deepEqual(trueRate(law, weekly), trueRate(law, same))
  }
})
