/** Examples of 12 CFR Part 1026, Appendix J, paragraphs (c) and (e): dates and amounts in, the published rate out. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Flow, trueRate, type UnitPeriod } from './index.ts'
import { on } from './testing/flows.ts'

const WEEKS = (n: number): UnitPeriod => ({ n, unit: 'week' })
const MONTHS = (n: number): UnitPeriod => ({ n, unit: 'month' })
const HALF_MONTH: UnitPeriod = { n: 1, unit: 'half-month' }

/** Every four weeks from 20 February 1978; where two payments would fall in a month, the second waits two weeks. */
const SKIPPING = [
  ...['1978-02-20', '1978-03-20', '1978-04-17', '1978-05-15', '1978-06-12', '1978-07-10', '1978-08-07', '1978-09-04'],
  ...['1978-10-02', '1978-11-13', '1978-12-11', '1979-01-08', '1979-02-05', '1979-03-05', '1979-04-02', '1979-05-14'],
  ...['1979-06-11', '1979-07-09', '1979-08-06', '1979-09-03', '1979-10-01', '1979-11-12', '1979-12-10', '1980-01-07'],
]

/** What a month costs in each of thirty years: rises for ten, then falls with the premium of its insurance. */
const VARYING = [
  ...['291.81', '300.18', '308.78', '317.61', '326.65', '335.92', '345.42', '355.15', '365.12', '375.33'],
  ...['385.76', '385.42', '385.03', '384.62', '384.17', '383.67', '383.13', '382.54', '381.90', '381.20'],
  ...['380.43', '379.60', '378.68', '377.69', '376.60', '375.42', '374.13', '372.72', '371.18', '369.50'],
]

const examples: [source: string, advances: Flow[], payments: Flow[], published: string][] = [
  ['(c)(1)(i) monthly, regular first period', [on('1978-01-10', '5000')], [on('1978-02-10', '230', 24)], '9.69'],
  ['(c)(1)(ii) monthly, long first period', [on('1978-02-10', '6000')], [on('1978-04-01', '200', 36)], '11.82'],
  [
    '(c)(1)(iii) twice a month, short first period',
    [on('1978-02-23', '5000')],
    [on('1978-03-01', '219.17', 24, HALF_MONTH)],
    '10.34',
  ],
  [
    '(c)(1)(iv) quarterly, long first period',
    [on('1978-05-23', '10000')],
    [on('1978-10-01', '385', 40, MONTHS(3))],
    '8.97',
  ],
  [
    '(c)(1)(v) weekly, long first period',
    [on('1978-03-20', '500')],
    [on('1978-04-21', '17.60', 30, WEEKS(1))],
    '14.96',
  ],
  [
    '(c)(2)(i) monthly, irregular first payment',
    [on('1978-01-10', '5000')],
    [on('1978-02-10', '250'), on('1978-03-10', '230', 23)],
    '10.08',
  ],
  [
    '(c)(2)(ii) every four weeks, long first period, irregular first payment',
    [on('1978-03-18', '400')],
    [on('1978-04-20', '39.50'), on('1978-05-18', '38.31', 11, WEEKS(4))],
    '28.50',
  ],
  [
    '(c)(3)(i) monthly, irregular last payment',
    [on('1978-01-10', '5000')],
    [on('1978-02-10', '230', 23), on('1980-01-10', '280')],
    '10.50',
  ],
  [
    '(c)(3)(ii) every two weeks, short first period, irregular last payment',
    [on('1978-04-03', '200')],
    [on('1978-04-11', '9.50', 19, WEEKS(2)), on('1979-01-02', '30')],
    '12.22',
  ],
  [
    '(c)(4)(i) monthly, irregular first and last payment',
    [on('1978-01-10', '5000')],
    [on('1978-02-10', '250'), on('1978-03-10', '230', 22), on('1980-01-10', '280')],
    '10.90',
  ],
  [
    '(c)(4)(ii) every two months, short first period, irregular first and last payment',
    [on('1978-01-10', '8000')],
    [on('1978-03-01', '449.36'), on('1978-05-01', '465', 18, MONTHS(2)), on('1981-05-01', '200')],
    '7.30',
  ],
  ['(c)(5)(i) one payment within a year, in days', [on('1978-01-03', '1000')], [on('1978-09-15', '1080')], '11.45'],
  ['(c)(5)(ii) one payment within a year, in months', [on('1978-07-15', '1000')], [on('1979-01-15', '1044')], '8.80'],
  ['(c)(5)(iii) one payment in 1 1/2 years', [on('1978-01-17', '1000')], [on('1979-07-17', '1135.19')], '8.76'],
  ['(c)(5)(iv) one payment in exactly two years', [on('1978-01-03', '1000')], [on('1980-01-03', '1240')], '11.36'],
  ['(c)(6)(i) skipped payments', [on('1978-01-25', '2135')], SKIPPING.map((date) => on(date, '100')), '12.00'],
  [
    '(c)(6)(ii) skipped payments and single ones',
    [on('1978-03-03', '7350')],
    [on('1978-09-15', '1000', 3), on('1979-03-15', '2000'), on('1979-09-15', '750', 3), on('1980-02-01', '1000')],
    '10.22',
  ],
  [
    '(c)(6)(iii) mortgage with varying payments, long first period',
    [on('1978-04-10', '39688.56')],
    VARYING.map((amount, year) => on(`${1978 + year}-06-01`, amount, 12)),
    '9.80',
  ],
  [
    '(e)(1) construction loan, three advances',
    [on('1979-04-10', '20000'), on('1979-06-12', '20000'), on('1979-09-18', '20000')],
    [on('1979-12-10', '612.36', 240)],
    '10.25',
  ],
]

for (const [source, advances, payments, published] of examples) {
  test(`Regulation Z, Appendix J ${source}: ${published} %`, () => {
    assert.equal(trueRate('us-reg-z', { advances, payments }).display, published)
  })
}

/**
 * Variations with the unit-periods of paragraph (b)(5): F# library FSharp.Finance.Personal, AprUsActuarialTests, whose
 * author checked them against a spreadsheet.
 */
const variations: [rule: string, advances: Flow[], payments: Flow[], rate: string][] = [
  ['quarterly, first period 98 days', [on('1978-06-23', '10000')], [on('1978-10-01', '385', 40, MONTHS(3))], '9.15'],
  ['quarterly, first period below one', [on('1978-07-23', '10000')], [on('1978-10-01', '385', 40, MONTHS(3))], '9.32'],
  ['daily', [on('2023-10-26', '1000')], [on('2023-11-30', '220', 5, { n: 1, unit: 'day' })], '94.15'],
  ['weekly, long first period', [on('2023-10-28', '1000')], [on('2023-11-30', '250', 5, WEEKS(1))], '176.52'],
  ['weekly, regular', [on('2023-11-23', '1000')], [on('2023-11-30', '250', 5, WEEKS(1))], '412.40'],
  ['weekly, short first period', [on('2023-11-24', '1000')], [on('2023-11-30', '250', 5, WEEKS(1))], '434.30'],
  ['yearly', [on('2023-10-26', '1000')], [on('2023-11-30', '500', 5, MONTHS(12))], '78.34'],
]

for (const [rule, advances, payments, rate] of variations) {
  test(`Regulation Z, unit-periods ${rule}: ${rate} %`, () => {
    assert.equal(trueRate('us-reg-z', { advances, payments }).display, rate)
  })
}

test('a stated unit-period overrides the one found', () => {
  const input = { advances: [on('1978-01-10', '5000')], payments: [on('1978-02-10', '230', 24)] }
  assert.equal(trueRate('us-reg-z', { ...input, unitPeriod: MONTHS(1) }).ratePercent, '9.6857')
  assert.notEqual(trueRate('us-reg-z', { ...input, unitPeriod: WEEKS(1) }).ratePercent, '9.6857')
})

test('a student’s loan that is repaid from before its first advance has two rates, of which the lower is given', () => {
  const september = [1978, 1979, 1980, 1981].map((year) => on(`${year}-09-05`, '1800'))
  const january = [1979, 1980, 1981, 1982].map((year) => on(`${year}-01-05`, '1000'))
  const flows = { advances: [...september, ...january], payments: [on('1978-07-01', '240', 50)] }
  const { display, ratePercent, multiple } = trueRate('us-reg-z', flows)
  assert.deepEqual([display, multiple], ['32.04', true])
  // Worth at the first payment, each advance 2, 6, 14, … months and 4/30 of one later.
  const rate = Number(ratePercent) / 1200
  const worth = (amount: number, months: number, part: number) => amount / ((1 + part * rate) * (1 + rate) ** months)
  const lent = [0, 12, 24, 36].map((year) => worth(1800, 2 + year, 4 / 30) + worth(1000, 6 + year, 4 / 30))
  const repaid = Array.from({ length: 50 }, (_, month) => worth(240, month, 0))
  const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0)
  assert.ok(Math.abs(total(lent) - total(repaid)) < 0.01, `${total(lent)} and ${total(repaid)}`)
})

test('four payments two weeks apart are so in a February of 28 days too, where each third one is a month after the first', () => {
  for (const first of ['2021-02-01', '2021-04-01']) {
    const input = { advances: [on(first, '400')], payments: [on(first, '102', 4, WEEKS(2))] }
    assert.equal(trueRate('us-reg-z', input).ratePercent, '34.7456', first)
  }
})
