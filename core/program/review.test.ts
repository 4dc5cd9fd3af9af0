import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reviewProgram } from './review.ts'
import { cardMinimum, payLater, planOf, termsOf } from './terms.test-support.ts'
import type { ProgramTerms } from './terms.ts'

const today = '2026-03-05'

function breachesOf(terms: ProgramTerms, on = today): [rule: string, plan: string | null][] {
  return reviewProgram(terms, on).breaches.map(({ rule, plan }) => [rule, plan])
}

/** One bill of ten days: bought on the 3rd, due on the 13th. */
const dear = planOf({ code: 'dear', method: 'bullet', instalments: 1, rate: { per: 'period', percent: '0.6' } })
const fair = planOf({ code: 'fair', method: 'bullet', instalments: 1, rate: { per: 'period', percent: '0.5' } })

test('a plan is judged by its dearest case: bought on the statement day, the whole first bill for ten days', () => {
  // 1.005^(365/10) = e^(36.5 × 0.00498754) = 1.1997, so 19.97 % a year; 1.006^36.5 = 1.2440, so 24.40 %.
  const { costs } = reviewProgram(termsOf({ plans: [fair, dear] }), today)
  assert.deepEqual(
    costs.map(({ plan, irrPercent }) => [plan, Number(irrPercent).toFixed(1)]),
    [
      ['fair', '20.0'],
      ['dear', '24.4'],
    ],
  )
})

test('the dearest month counts, whenever the review is: before a bill of the next month, February', () => {
  // Bought on 17 February 2027, due on 5 March: 1.0113^(365/16) = e^(22.8125 × 0.01123663) = 1.2922; from a month of 31 days 25.6 %.
  const plan = planOf({ code: 'month', method: 'bullet', instalments: 1, rate: { per: 'period', percent: '1.13' } })
  const costOn = (on: string) =>
    reviewProgram(termsOf({ plans: [plan], cycle: { statementDay: 17, dueDay: 5 } }), on).costs
  for (const on of ['2026-06-07', '2027-02-17', '2027-03-01', '2030-12-31']) {
    assert.equal(costOn(on)[0]!.irrPercent.slice(0, 4), '29.2', on)
  }
})

test('interest by the day costs most over a month of 31 days, which counts as a twelfth of a year', () => {
  // 24 % × 31/365 is 2.03836 % for a twelfth of a year: 1.0203836^12 = 1.2739. From the 18th to the 16th of the next month 27.0 %.
  const plan = planOf({ code: 'daily', method: 'bullet', instalments: 1, rate: { per: 'year', percent: '24' } })
  const { costs } = reviewProgram(termsOf({ plans: [plan], cycle: { statementDay: 18, dueDay: 16 } }), today)
  assert.equal(costs[0]!.irrPercent.slice(0, 4), '27.3')
})

test('a plan above 24 % a year is a breach that names the plan, the rate, the rule and its source', () => {
  const { breaches, capPercent, rulePack } = reviewProgram(termsOf({ plans: [payLater, fair, dear] }), today)
  assert.equal(rulePack, 'cn')
  assert.equal(capPercent, '24')
  assert.equal(breaches.length, 1)
  const [breach] = breaches
  assert.equal(breach!.rule, 'all-in-cap')
  assert.equal(breach!.plan, 'dear')
  assert.match(breach!.detail, /Plan dear costs up to 24\.4\d* % a year, above 24 %/)
  assert.match(breach!.source, /2025-10-01/)
})

test('a rule binds from its day: the day before it, the older one does', () => {
  const plans = [dear]
  const thin = { shares: [{ funderId: 'fun_a', basisPoints: 2_999 }], serviceFeeBasisPoints: 0 }
  const limit = { min: 1n, max: 20_000_001n, initial: 1n }
  const cases: [terms: ProgramTerms, on: string, breaches: string[]][] = [
    [termsOf({ plans }), '2025-09-30', []],
    [termsOf({ plans }), '2025-10-01', ['all-in-cap']],
    [termsOf({ funding: thin }), '2021-02-18', []],
    [termsOf({ funding: thin }), '2021-02-19', ['joint-share']],
    [termsOf({ limit }), '2025-03-13', ['consumer-limit']],
    [termsOf({ limit }), '2025-03-14', []],
  ]
  for (const [terms, on, expected] of cases) {
    assert.deepEqual(
      breachesOf(terms, on).map(([rule]) => rule),
      expected,
      `on ${on}`,
    )
  }
})

test('each limit of the law holds to its last unit', () => {
  const shares = (...parts: number[]) => ({
    shares: parts.map((basisPoints, index) => ({ funderId: `fun_${index}`, basisPoints })),
    serviceFeeBasisPoints: 0,
  })
  const highest = (max: bigint) => ({ min: 1n, max, initial: 1n })
  const months = (instalments: number) => [planOf({ code: 'long', instalments, rate: { per: 'period', percent: '0' } })]
  const daily = (revolvingDailyPercent: string) => ({ ...cardMinimum, revolvingDailyPercent })
  const cases: [changes: Partial<ProgramTerms>, breaches: [string, string | null][]][] = [
    [{ funding: shares(7_000, 3_000) }, []],
    [{ funding: shares(7_001, 2_999) }, [['joint-share', null]]],
    [
      { funding: shares(2_000, 2_000) },
      [
        ['joint-share', null],
        ['joint-share', null],
      ],
    ],
    [{ limit: highest(30_000_000n) }, []],
    [{ limit: highest(30_000_001n) }, [['consumer-limit', null]]],
    [{ limit: highest(30_000_001n), currency: 'EUR' }, []],
    [{ plans: months(60) }, []],
    [{ plans: months(61) }, [['instalment-months', 'long']]],
    // 0.065 × 365 = 23.725, 0.066 × 365 = 24.09.
    [{ minimumPayment: daily('0.065') }, []],
    [{ minimumPayment: daily('0.066') }, [['all-in-cap', null]]],
  ]
  for (const [changes, breaches] of cases) assert.deepEqual(breachesOf(termsOf(changes)), breaches)
})

test('what the merchant pays is no cost of the customer', () => {
  const plans = [{ ...dear, paidBy: 'merchant' as const }]
  const { costs, breaches } = reviewProgram(termsOf({ plans }), today)
  assert.deepEqual(costs, [{ plan: 'dear', irrPercent: '0', simplePercent: '0' }])
  assert.deepEqual(breaches, [])
})

test('all breaches are named at once; a pack without limits has none, and an unknown pack is a breach itself', () => {
  const changes = {
    plans: [dear],
    funding: { shares: [{ funderId: 'fun_a', basisPoints: 100 }], serviceFeeBasisPoints: 0 },
    limit: { min: 1n, max: 30_000_001n, initial: 1n },
    minimumPayment: { ...cardMinimum, revolvingDailyPercent: '0.1' },
  }
  const rules = (rulePack: string) => breachesOf(termsOf({ ...changes, rulePack })).map(([rule]) => rule)
  // The revolving product charges by days, so its ten days of 7.2 % a year are no breach of their own.
  assert.deepEqual(rules('cn'), ['all-in-cap', 'joint-share', 'consumer-limit'])
  assert.deepEqual(rules('none'), [])
  assert.deepEqual(rules('atlantis'), ['rule-pack'])
})
