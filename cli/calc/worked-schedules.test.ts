/**
 * Schedules worked out by hand. Each states the factor of every period; from those alone the rows follow by the closed
 * formulas below, written here a second time in exact fractions so that the printed rows can be trusted too.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { calcSchedule } from './schedule.ts'

type Ratio = readonly [bigint, bigint]
type Method = 'equal-instalment' | 'equal-principal' | 'flat' | 'interest-only'

interface Example {
  readonly title: string
  readonly terms: Readonly<Record<string, unknown>>
  /** Principal that the instalments repay, in cents; absent: all of it. */
  readonly financed?: bigint
  /** Interest of each period per unit of balance, for example "1/100"; one text stands for all periods. */
  readonly factors: string | readonly string[]
  /** Due date, principal and interest of each instalment, where they are printed out. */
  readonly rows?: readonly string[]
  /** Rows before the instalments (a down payment), not part of the formula. */
  readonly extraRows?: number
  /** The instalment where it is not the formula's own (a multiple, a levelled one). */
  readonly instalment?: bigint
}

const monthly = { currency: 'USD', principal: '300', annualRatePercent: '12', instalments: 3 }
const base = { ...monthly, method: 'equal-instalment', disbursedOn: '2024-01-01', dayCount: '30/360' }
const dollars = { lastInstalment: 'levelled', instalmentMultiple: '1' }
const weekly = { annualRatePercent: '52', every: { n: 1, unit: 'week' } }
const year = { ...base, every: { n: 1, unit: 'year' }, interestPeriod: 'same-as-period' }

const examples: readonly Example[] = [
  {
    title: 'equal instalments: E = P·r / (1 − (1+r)^−n) = 300·0.01 / (1 − 1.01^−3) = 102.0066',
    terms: {},
    factors: '1/100',
    rows: ['2024-02-01 99.01 3.00', '2024-03-01 100.00 2.01', '2024-04-01 100.99 1.01'],
  },
  {
    title: 'equal principal: P / n each, interest on what is left',
    terms: { method: 'equal-principal' },
    factors: '1/100',
    rows: ['2024-02-01 100.00 3.00', '2024-03-01 100.00 2.00', '2024-04-01 100.00 1.00'],
  },
  {
    title: 'flat: interest on the amount lent in every period',
    terms: { method: 'flat' },
    factors: '1/100',
    rows: ['2024-02-01 100.00 3.00', '2024-03-01 100.00 3.00', '2024-04-01 100.00 3.00'],
  },
  {
    title: 'interest only, principal with the last',
    terms: { method: 'interest-only' },
    factors: '1/100',
    rows: ['2024-02-01 0.00 3.00', '2024-03-01 0.00 3.00', '2024-04-01 300.00 3.00'],
  },
  {
    title: 'bullet: one payment after all periods, P·r·n',
    terms: { method: 'bullet' },
    factors: ['3/100'],
    rows: ['2024-04-01 300.00 9.00'],
  },
  {
    title: 'bullet with stated due dates: each of its periods bears 1/12 of the rate',
    terms: { method: 'bullet', dueDates: ['2024-02-05', '2024-03-01', '2024-04-02'], interestPeriod: 'whole-period' },
    factors: ['3/100'],
    rows: ['2024-04-02 300.00 9.00'],
  },
  {
    title: 'no interest: P / n, the last takes the cent that is left',
    terms: { principal: '100', annualRatePercent: '0' },
    factors: '0/1',
    rows: ['2024-02-01 33.33 0.00', '2024-03-01 33.33 0.00', '2024-04-01 33.34 0.00'],
  },
  {
    title: 'actual/365: 12 % × 31, 29 and 31 days',
    terms: { dayCount: 'actual/365' },
    factors: ['372/36500', '348/36500', '372/36500'],
    rows: ['2024-02-01 98.94 3.06', '2024-03-01 100.08 1.92', '2024-04-01 100.98 1.03'],
  },
  {
    title: 'actual/360: 12 % × 31, 29 and 31 days over 360',
    terms: { dayCount: 'actual/360' },
    factors: ['372/36000', '348/36000', '372/36000'],
    rows: ['2024-02-01 98.93 3.10', '2024-03-01 100.09 1.94', '2024-04-01 100.98 1.04'],
  },
  {
    title: 'actual/actual in a leap year: over 366',
    terms: { dayCount: 'actual/actual' },
    factors: ['372/36600', '348/36600', '372/36600'],
    rows: ['2024-02-01 98.95 3.05', '2024-03-01 100.09 1.91', '2024-04-01 100.96 1.03'],
  },
  {
    title: 'actual/actual over New Year: 16 days over 365 and 15 over 366',
    terms: { dayCount: 'actual/actual', disbursedOn: '2023-12-15' },
    factors: ['135972/13359000', '372/36600', '348/36600'],
  },
  {
    title: 'actual/365.25: 12 % × days × 4 / 1461',
    terms: { dayCount: 'actual/365.25' },
    factors: ['1488/146100', '1392/146100', '1488/146100'],
  },
  {
    title: '30E/360 from 31 January: 29, 31 and 30 days of 360',
    terms: { dayCount: '30E/360', disbursedOn: '2024-01-31' },
    factors: ['348/36000', '372/36000', '360/36000'],
  },
  {
    title: 'weeks of 7 days over 360',
    terms: { every: { n: 1, unit: 'week' } },
    factors: '84/36000',
  },
  {
    title: 'every two weeks, same as period: 2 / 52 of the rate',
    terms: { every: { n: 2, unit: 'week' }, interestPeriod: 'same-as-period' },
    factors: '24/5200',
  },
  {
    title: 'every 30 days at 0.05 % a day',
    terms: { every: { n: 30, unit: 'day' }, dayCount: 'actual/365', annualRatePercent: '18.25' },
    factors: '15/1000',
  },
  {
    title: 'quarters: 3 / 12 of the rate',
    terms: { every: { n: 3, unit: 'month' }, instalments: 4 },
    factors: '3/100',
  },
  {
    title: 'a first period of a month and fifteen of 31 days',
    terms: { firstDueOn: '2024-02-16' },
    factors: ['44/2900', '1/100', '1/100'],
  },
  {
    title: 'a first period of half a month: 16 of 31 days',
    terms: { firstDueOn: '2024-01-17' },
    factors: ['16/3100', '1/100', '1/100'],
  },
  {
    title: 'due dates by hand, actual/365: 20, 40 and 31 days',
    terms: { dayCount: 'actual/365', dueDates: ['2024-01-21', '2024-03-01', '2024-04-01'] },
    factors: ['240/36500', '480/36500', '372/36500'],
  },
  {
    title: 'a down payment of 25 % is due at once and bears nothing',
    terms: { principal: '400', downPaymentPercent: '25' },
    financed: 30_000n,
    extraRows: 1,
    factors: '1/100',
    rows: ['2024-01-01 100.00 0.00', '2024-02-01 99.01 3.00', '2024-03-01 100.00 2.01', '2024-04-01 100.99 1.01'],
  },
  {
    title: 'instalments in whole dollars: 102.01 becomes 102',
    terms: { instalmentMultiple: '1' },
    instalment: 10_200n,
    factors: '1/100',
    rows: ['2024-02-01 99.00 3.00', '2024-03-01 99.99 2.01', '2024-04-01 101.01 1.01'],
  },
  {
    title: 'instalments in tens: 102.01 becomes 100',
    terms: { instalmentMultiple: '10' },
    instalment: 10_000n,
    factors: '1/100',
    rows: ['2024-02-01 97.00 3.00', '2024-03-01 97.97 2.03', '2024-04-01 105.03 1.05'],
  },
  {
    title: 'levelled: 250.00 / 12 = 20.83 leaves 20.87; 4 cents are within 6, so the instalment stays',
    terms: { principal: '250', annualRatePercent: '0', instalments: 12, lastInstalment: 'levelled' },
    factors: '0/1',
  },
  {
    title: 'levelled: dollars of 250 / 12 = 21 leave 19; 2.00 is moved by a twelfth, which rounds to 21 again',
    terms: { ...dollars, principal: '250', annualRatePercent: '0', instalments: 12 },
    instalment: 2100n,
    factors: '0/1',
  },
  {
    title:
      'levelled: six of 3 leave 6.41 to the last, 3.41 more; six of 4 would leave it nothing, 4.00 less: not moved',
    terms: { ...dollars, principal: '15', annualRatePercent: '120', instalments: 6 },
    instalment: 300n,
    factors: '1/10',
  },
  {
    title: 'levelled: 22 of 0.13 leave the last of 23 nothing, 13 cents less; 22 of 0.12 leave it 0.21, 9 more: moved',
    terms: { principal: '2.85', annualRatePercent: '1.37', instalments: 23, lastInstalment: 'levelled' },
    financed: 285n,
    instalment: 12n,
    factors: '137/120000',
  },
  {
    title: 'interest-free first period: 0 %, then 1 %',
    terms: { interestFreePeriods: 1 },
    factors: ['0/1', '1/100', '1/100'],
    rows: ['2024-02-01 101.00 0.00', '2024-03-01 99.01 1.99', '2024-04-01 99.99 1.00'],
  },
  {
    title: 'weeks at 1 %, the first period of 2 days: 1 % × 2/7',
    terms: { ...weekly, interestPeriod: 'same-as-period', firstDueOn: '2024-01-03' },
    factors: ['2/700', '1/100', '1/100'],
  },
  {
    title: 'the same as whole periods: 1 % for the 2 days, too',
    terms: { ...weekly, interestPeriod: 'whole-period', firstDueOn: '2024-01-03' },
    factors: '1/100',
  },
  {
    title: 'same as period, the first of a month and 15 of 29 days: 1 % × 44/29',
    terms: { interestPeriod: 'same-as-period', firstDueOn: '2024-02-16' },
    factors: ['44/2900', '1/100', '1/100'],
  },
  {
    title: 'same as period, stated dates: each is one of its periods',
    terms: { interestPeriod: 'same-as-period', dueDates: ['2024-02-05', '2024-03-05', '2024-04-03'] },
    factors: '1/100',
  },
  {
    title: 'same as period, moved off Saturday 16 and Tuesday 16: only the first is odd, 1 % × (1 + 17/31)',
    terms: {
      interestPeriod: 'same-as-period',
      disbursedOn: '2024-02-01',
      firstDueOn: '2024-03-16',
      businessDays: { rule: 'following', holidays: ['2024-04-16'] },
    },
    factors: ['48/3100', '1/100', '1/100'],
  },
  {
    title: 'bullet with one of three periods free: 2 % for the others',
    terms: { method: 'bullet', interestFreePeriods: 1 },
    factors: ['2/100'],
    rows: ['2024-04-01 300.00 6.00'],
  },
  {
    title: 'bullet, interest by periods, an odd first one free: 2 % for the others',
    terms: { method: 'bullet', interestFreePeriods: 1, firstDueOn: '2024-02-15', interestPeriod: 'whole-period' },
    factors: ['2/100'],
    rows: ['2024-04-15 300.00 6.00'],
  },
  {
    title: 'bullet, actual/365: 12 % × the 31 days of the last period',
    terms: { method: 'bullet', interestFreePeriods: 2, dayCount: 'actual/365' },
    factors: ['372/36500'],
    rows: ['2024-04-01 300.00 3.06'],
  },
  {
    title: 'bullet with all of its periods free',
    terms: { method: 'bullet', interestFreePeriods: 3 },
    factors: ['0/1'],
    rows: ['2024-04-01 300.00 0.00'],
  },
  {
    title: 'equal instalments over four periods of 2 %: E = 1000·0.02 / (1 − 1.02^−4) = 262.6238',
    terms: { principal: '1000', annualRatePercent: '24', instalments: 4 },
    factors: '2/100',
  },
  {
    title: 'equal principal of 100 over 3 at actual/365',
    terms: { principal: '100', method: 'equal-principal', dayCount: 'actual/365' },
    factors: ['372/36500', '348/36500', '372/36500'],
    rows: ['2024-02-01 33.33 1.02', '2024-03-01 33.33 0.64', '2024-04-01 33.34 0.34'],
  },
  {
    title: 'flat at actual/360: (P + Σ interest) / n less the interest of each',
    terms: { method: 'flat', dayCount: 'actual/360' },
    factors: ['372/36000', '348/36000', '372/36000'],
  },
  {
    title:
      'Ross, Westerfield, Jordan, Fundamentals of Corporate Finance, ch. 6: 5,000 at 9 % over 5 years is 1,285.46 (the book does not round its rows)',
    terms: { ...year, principal: '5000', annualRatePercent: '9', instalments: 5 },
    factors: '9/100',
    rows: [
      '2025-01-01 835.46 450.00',
      '2026-01-01 910.65 374.81',
      '2027-01-01 992.61 292.85',
      '2028-01-01 1081.94 203.52',
      '2029-01-01 1179.34 106.14',
    ],
  },
  {
    title: 'the same book, equal principal: 1,450, 1,360, 1,270, 1,180, 1,090',
    terms: { ...year, method: 'equal-principal', principal: '5000', annualRatePercent: '9', instalments: 5 },
    factors: '9/100',
    rows: [
      '2025-01-01 1000.00 450.00',
      '2026-01-01 1000.00 360.00',
      '2027-01-01 1000.00 270.00',
      '2028-01-01 1000.00 180.00',
      '2029-01-01 1000.00 90.00',
    ],
  },
  {
    title:
      'Brealey, Myers, Allen, Principles of Corporate Finance, amortising loans: 1,000 at 10 % over 4 years is 315.47',
    terms: { ...year, principal: '1000', annualRatePercent: '10', instalments: 4 },
    factors: '1/10',
    rows: ['2025-01-01 215.47 100.00', '2026-01-01 237.02 78.45', '2027-01-01 260.72 54.75', '2028-01-01 286.79 28.68'],
  },
  {
    title: 'spreadsheet PMT(8%/12, 10, 10000), the example of its manual: 1,037.03',
    terms: { principal: '10000', annualRatePercent: '8', instalments: 10 },
    factors: '8/1200',
    instalment: 103_703n,
  },
]

const ratio = (text: string): Ratio => {
  const [num, den] = text.split('/')
  return [BigInt(num!), BigInt(den!)]
}

/** To the nearest cent, a half to the even one. */
function nearest(num: bigint, den: bigint): bigint {
  const floor = num / den
  const twice = 2n * (num - floor * den)
  return twice > den || (twice === den && floor % 2n === 1n) ? floor + 1n : floor
}

/** E with which carrying the debt forward, period by period, leaves nothing: B·∏(1+f) / Σ∏(1+f later). */
function equalInstalment(balance: bigint, factors: readonly Ratio[]): bigint {
  let debt: Ratio = [balance, 1n]
  let paid: Ratio = [0n, 1n]
  for (const [num, den] of factors) {
    debt = [debt[0] * (den + num), debt[1] * den]
    paid = [paid[0] * (den + num) + paid[1] * den, paid[1] * den]
  }
  return nearest(debt[0] * paid[1], debt[1] * paid[0])
}

/** Interest = round(balance × factor), principal = instalment − interest, the last principal is the rest. */
function worked(method: Method, lent: bigint, factors: readonly Ratio[], given?: bigint): [bigint, bigint][] {
  const flat = factors.map(([num, den]) => nearest(lent * num, den))
  const count = BigInt(factors.length)
  const cost = flat.reduce((sum, interest) => sum + interest, lent)
  const byMethod = {
    'equal-instalment': () => equalInstalment(lent, factors),
    'equal-principal': () => nearest(lent, count),
    flat: () => nearest(cost, count),
    'interest-only': () => 0n,
  }
  const part = given ?? byMethod[method]()
  let balance = lent
  return factors.map(([num, den], index) => {
    const interest = method === 'flat' ? flat[index]! : nearest(balance * num, den)
    const fixed = method === 'equal-principal' || method === 'interest-only' ? part : part - interest
    const principal = index === factors.length - 1 ? balance : fixed
    balance -= principal
    return [principal, interest]
  })
}

const cents = (amount: string): bigint => BigInt(amount.replace('.', ''))

for (const { title, terms, financed, factors, rows, extraRows = 0, instalment } of examples) {
  test(title, () => {
    const input = { ...base, ...terms }
    const answer = calcSchedule(input).instalments
    if (rows !== undefined) {
      assert.deepEqual(
        answer.map((row) => `${row.dueOn} ${row.principal} ${row.interest}`),
        rows,
      )
    }
    const instalments = answer.slice(extraRows)
    const periods = typeof factors === 'string' ? instalments.map(() => factors) : factors
    const method = (input.method === 'bullet' ? 'interest-only' : input.method) as Method
    const lent = financed ?? cents(`${input.principal}.00`)
    assert.deepEqual(
      instalments.map((row) => [cents(row.principal), cents(row.interest)]),
      worked(method, lent, periods.map(ratio), instalment),
    )
  })
}

test('principal grace: the interest alone, then E = 300·0.01 / (1 − 1.01^−2) = 152.2537', () => {
  const rows = calcSchedule({ ...base, principalGrace: 1 }).instalments
  assert.deepEqual(
    rows.map((row) => `${row.principal} ${row.interest}`),
    ['0.00 3.00', '149.25 3.00', '150.75 1.51'],
  )
})

test('a balloon of 100: E = (300·1.01³ − 100) / (1 + 1.01 + 1.01²) = 69.0044; the last also takes the 100', () => {
  const rows = calcSchedule({ ...base, balloon: '100' }).instalments
  assert.deepEqual(
    rows.map((row) => `${row.principal} ${row.interest}`),
    ['66.00 3.00', '66.66 2.34', '167.34 1.67'],
  )
})

test('levelled, the last instalment is compared without its balloon: eleven of 20.84 would leave it 0.11 less', () => {
  const terms = { ...base, annualRatePercent: '0', instalments: 12, balloon: '50.03', rounding: 'up' }
  const expected = { remainder: ['20.84', '70.76'], levelled: ['20.83', '70.87'] } as const
  for (const [lastInstalment, [others, last]] of Object.entries(expected)) {
    const rows = calcSchedule({ ...terms, lastInstalment }).instalments.map((row) => row.total)
    assert.deepEqual(rows, [...Array(11).fill(others), last])
  }
})
