/** Whatever happened to a loan, every amount that is explained is what its parts come to by the formula that is shown. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { anyLife, foldedLife, type Life } from '../loan/any-life.test-support.ts'
import { holdsOnAQuarter } from '../loan/arbitrary.test-support.ts'
import { limits } from '../loan/check.ts'
import { foldLoan, payoffOn } from '../loan/index.ts'
import { plainLoan } from '../loan/plain.test-support.ts'
import type { Instalment, LoanEvent, LoanState, LoanTerms } from '../loan/types.ts'
import { parseMinor } from '../money.ts'
import { record } from '../property.test-support.ts'
import { type Rounding, roundQuotient } from '../rounding.ts'
import { type Explanation, explainInstalment, explainPayoff } from './index.ts'

function minorOf(text: string): bigint {
  assert.match(text, / CNY$/)
  return parseMinor(text.slice(0, -4), 'CNY')
}

/** `balance × numerator/denominator`, as it is written. */
function stretchOf({ value, parts }: Explanation): { num: bigint; den: bigint } {
  const [balance, factor] = value.split(' × ')
  assert.deepEqual([parts![0]!.value, parts![1]!.value], [balance, factor])
  const [num, den] = factor!.split('/').map(BigInt)
  return { num: minorOf(balance!) * num!, den: den! }
}

const isStretch = (part: Explanation): boolean => part.value.includes(' × ')

/** What the parts come to: one after the other with the signs of the formula, balances × factors as its first term. */
function sumOfParts({ what, formula, rounding, parts }: Explanation): bigint {
  const stretches = parts!.filter(isStretch)
  const others = parts!.filter((part) => !isStretch(part))
  const [first, ...rest] = formula!.split(/ (?=[+−] )/)
  const signs = rest.map((term) => (term.startsWith('−') ? -1n : 1n))
  let sum = 0n
  if (stretches.length > 0) {
    const { den } = stretchOf(stretches[0]!)
    for (const stretch of stretches) {
      assert.equal(stretchOf(stretch).den, den)
      sum += stretchOf(stretch).num
    }
    assert.match(first!, /^sum of balance × factor, rounded once/)
    sum = roundQuotient(sum, den, rounding as Rounding)
  } else signs.unshift(1n)
  assert.equal(others.length, signs.length, `${what}: ${formula}`)
  const amounts = others.map((part) => minorOf(part.value))
  assert.ok(
    amounts.every((amount) => amount >= 0n),
    `${what}: ${formula}, ${amounts}`,
  )
  return amounts.reduce((all, amount, index) => all + signs[index]! * amount, sum)
}

/** All the way down. */
function assertAddsUp(explanation: Explanation): void {
  if (explanation.parts === undefined || isStretch(explanation)) return
  assert.equal(sumOfParts(explanation), minorOf(explanation.value), JSON.stringify(explanation, null, 1))
  for (const part of explanation.parts) assertAddsUp(part)
}

/** Where each day counts alike, the factor is that of the days and the rate that are shown. */
function assertCounted({ terms, events }: LoanState, { what, parts }: Explanation): void {
  const byDays = terms.dayCount === 'actual/365' && terms.interestPeriod === 'daily' && terms.interestFreePeriods === 0
  if (!byDays || events.some(({ type }) => type === 'deferral')) return
  const [days, paused] = /(\d+) days?(?: less (\d+) paused)?,/
    .exec(what)!
    .slice(1)
    .map((count) => BigInt(count ?? 0))
  const [num, den] = parts![1]!.value.split('/').map(BigInt)
  const percent = BigInt(parts![2]!.value.replace(' %', ''))
  assert.equal(num! * 36_500n, percent * (days! - paused!) * den!, what)
}

function assertExplains(state: LoanState, row: Instalment): void {
  const { value, parts } = explainInstalment(state, row.n)
  const charges = row.fee + row.penalty
  assert.equal(minorOf(value), row.principal + row.interest + charges)
  assert.deepEqual(
    parts!.map((part) => minorOf(part.value)),
    [row.principal, row.interest, charges],
  )
  const [principal, interest] = parts!
  for (const stretch of interest!.parts?.filter(isStretch) ?? []) assertCounted(state, stretch)
  // A sum is raised to what was paid, so it is that.
  const paid = row.interestPaid + row.interestWaived + row.interestWrittenOff
  if (interest!.formula?.includes('+ paid or waived')) assert.equal(row.interest, paid)
  const repaid = row.principalPaid + row.principalWrittenOff
  if (principal!.formula?.includes('+ paid beyond')) assert.equal(row.principal, repaid)
  assert.doesNotMatch(`${interest!.formula} ${principal!.formula}`, /− paid |\+ beyond the balance|\+ lapsed/)
  if (state.status !== 'charged-off') assert.doesNotMatch(interest!.formula ?? '', /lapsed/)
  const isReckonedAnew = state.events.some(({ type }) => type === 'rate-change')
  if (!isReckonedAnew) assert.doesNotMatch(interest!.formula ?? '', /as it stood/)
}

function latestDay(state: LoanState): string {
  return [state.terms.disbursedOn, ...state.events.map((event) => event.on)].sort().at(-1)!
}

function assertAllExplained(state: LoanState): void {
  for (const row of state.instalments) {
    assertAddsUp(explainInstalment(state, row.n))
    assertExplains(state, row)
  }
  for (const on of [latestDay(state), '2070-01-01']) {
    const explanation = explainPayoff(state, on)
    assert.equal(minorOf(explanation.value), payoffOn(state, on).total)
    assertAddsUp(explanation)
  }
}

/** In words, with the parts of the formula. */
function told({ value, formula, parts }: Explanation): string {
  return `${value} = ${formula}: ${parts!.map((part) => part.value).join(', ')}`
}

const toDueDate = { ...plainLoan, earlyInterest: 'to-due-date' } as const
const settledEarly: readonly LoanEvent[] = [
  { id: 'settled', type: 'payoff', on: '2024-01-16', amount: 10_100n },
  { id: 'back', type: 'chargeback', on: '2024-02-20', amount: 10_100n },
]

test('money taken back after a settlement: interest that was paid to the due date is told from what came up', () => {
  const state = foldLoan(toDueDate, settledEarly)
  // 100.00 for 15 of 31 days, and 33.00, which the settlement paid as of the due date, for 16: 0.48 + 0.17.
  const [, january] = explainInstalment(state, 1).parts!
  assert.equal(
    told(january!),
    '1.00 CNY = sum of balance × factor, rounded once, + paid or waived beyond what came up: 100.00 CNY × 1350/279000, 33.00 CNY × 1440/279000, 0.35 CNY',
  )
  const [principal] = explainInstalment(state, 2).parts!
  assert.equal(told(principal!), '135.00 CNY = instalment + charged back − interest: 34.35 CNY, 101.00 CNY, 0.35 CNY')
})

test('a rate that was taken back is not named, and days on which interest was paused are', () => {
  const events: readonly LoanEvent[] = [
    { id: 'agreed', type: 'rate-change', on: '2024-02-11', annualRatePercent: '6' },
    { id: 'mistaken', type: 'rate-change', on: '2024-02-11', annualRatePercent: '24' },
    { id: 'taken back', type: 'reversal', on: '2024-02-12', of: 'mistaken' },
    { id: 'pause', type: 'interest-pause', on: '2024-02-21', to: '2024-02-22' },
  ]
  const [, february] = explainInstalment(foldLoan(plainLoan, events), 2).parts!
  assert.deepEqual(
    february!.parts!.map(({ what, parts }) => `${what}: ${parts!.at(-1)!.value}`),
    ['2024-02-01 to 2024-02-10, 9 days, 30/360: 12 %', '2024-02-10 to 2024-03-01, 20 days less 2 paused, 30/360: 6 %'],
  )
})

test('free periods of a bullet are no part of the sum that its interest is', () => {
  const state = foldLoan({ ...plainLoan, method: 'bullet', interestFreePeriods: 1 }, [])
  assert.equal(payoffOn(state, '2024-02-01').interest, 0n)
  // 2 % for 60 days, of which 29 are over.
  assert.equal(payoffOn(state, '2024-03-01').interest, 97n)
  const [, interest] = explainInstalment(state, 1).parts!
  assert.equal(told(interest!), '2.00 CNY = sum of balance × factor, rounded once: 100.00 CNY × 10800/540000')
  assert.equal(interest!.parts![0]!.what, '2024-02-01 to 2024-04-01, 60 days, 30/360')
})

test('a contract that ends at less than its other instalments ask for, as one was paid ahead, has nothing below zero in its explanation', () => {
  // Nothing pays what is due: 58.94 of interest in advance, no more of the rest.
  const order = ['in-advance-interest'] as const
  const terms: LoanTerms = {
    ...plainLoan,
    annualRatePercent: '10000',
    instalments: 3,
    disbursedOn: '2023-01-01',
    firstDueOn: '2023-02-20',
    interestRecalculation: 'daily',
    allocation: { default: { order, surplus: 'next', across: 'horizontal' } },
  }
  const on = '2023-02-20'
  const state = foldLoan(terms, [
    { id: 'paid', type: 'repayment', on, amount: 100_000n },
    { id: 'ended', type: 'contract-termination', on: '2023-02-21' },
    { id: 'returned', type: 'purchase-refund', on, amount: 10_001n },
  ])
  assertAllExplained(state)
})

test('every amount of any loan is what its parts add up to', () => {
  const explained = (life: Life): void => {
    const state = foldedLife(life)
    if (state !== null) assertAllExplained(state)
  }
  holdsOnAQuarter(anyLife(7), explained)
})

interface Settled {
  readonly life: Life
  /** So many of the events come before the loan is settled; the others on its day at the earliest. */
  readonly before: number
  readonly type: 'payoff' | 'repayment'
}

const anySettled: fc.Arbitrary<Settled> = record({
  life: anyLife(6),
  before: fc.nat(4),
  type: fc.constantFrom('payoff', 'repayment'),
} as const)

/** Null where the loan has nothing to settle, or refuses an event. */
function settledLife({ life: { terms, events }, before, type }: Settled): LoanState | null {
  const first = events.slice(0, before)
  const state = foldedLife({ terms, events: first })
  if (state === null) return null
  const on = latestDay(state)
  const amount = payoffOn(state, on).total
  if (amount === 0n || amount > limits.amount) return null
  const settlement: LoanEvent = { id: 'settlement', type, on, amount }
  const after = events.slice(before).map((event): LoanEvent => {
    const later = event.on < on ? { ...event, on } : event
    return later.type === 'reversal' && later.of < 'e3' ? { ...later, of: 'settlement' } : later
  })
  return foldedLife({ terms, events: [...first, settlement, ...after] })
}

test('so it is after a settlement whose money is taken back, whatever else comes after it', () => {
  const explained = (settled: Settled): void => {
    const state = settledLife(settled)
    if (state !== null) assertAllExplained(state)
  }
  holdsOnAQuarter(anySettled, explained)
})
