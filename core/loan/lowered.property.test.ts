/**
 * Money that lowers the instalments, whatever was paid of them before: those that are open are equal, those that were
 * paid ask for nothing again, and paid as asked the loan ends at zero.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dayOffset, dayText, record } from '../property.test-support.ts'
import { holdsOnAQuarter, someTerms } from './arbitrary.test-support.ts'
import { bookOf } from './fold.ts'
import { applyEvent, openLoan, payoffOn } from './index.ts'
import type { Instalment, LoanEvent, LoanState, LoanTerms } from './types.ts'

interface Step {
  readonly what: 'ahead' | 'instalments' | 'shorten' | 'lower'
  /** Days after the step before, in thousandths of a period. */
  readonly after: number
  readonly share: number
}

interface Story {
  readonly terms: LoanTerms
  readonly steps: readonly Step[]
  readonly last: Step
}

type Repayment = Extract<LoanEvent, { type: 'repayment' }>

const anyStep = record<Step>({
  what: fc.constantFrom('ahead', 'instalments', 'shorten', 'lower'),
  after: fc.oneof(fc.nat(1_500), fc.constantFrom(0, 1_000)),
  share: fc.integer({ min: 1, max: 400 }),
})

const anyStory: fc.Arbitrary<Story> = record({
  terms: someTerms,
  steps: fc.array(anyStep, { maxLength: 5 }),
  last: anyStep,
} as const).map(({ terms, steps, last }) => ({
  // Enough that a cent is not a part of an instalment worth speaking of, and no more interest than it has room for.
  terms: {
    ...terms,
    principal: terms.principal + 100_000n,
    annualRatePercent: String(Number(terms.annualRatePercent) % 36),
  },
  steps,
  last: { ...last, what: 'lower' },
}))

const askedOf = ({ principal, interest }: Instalment): bigint => principal + interest
const paidOf = (row: Instalment): bigint => row.principalPaid + row.interestPaid
const openOf = (row: Instalment): bigint => askedOf(row) - paidOf(row)

/** The loan paid as asked until the day of the step, and then the step. */
function lived(
  state: LoanState,
  step: Step,
  before: string,
): { state: LoanState; on: string; event: Repayment | null } {
  const period = state.terms.every.unit === 'month' ? 30 : 7
  const on = dayText(dayOffset(before) + Math.floor((step.after * period * state.terms.every.n) / 1_000))
  const kept = paidAsAsked(state, on)
  const event = moneyOf(kept, step, on)
  return { state: event === null ? kept : applyEvent(kept, event), on, event }
}

function paidAsAsked(state: LoanState, until: string): LoanState {
  let kept = state
  for (let at = 0; at < kept.instalments.length; at++) {
    const row = kept.instalments[at]!
    if (row.dueOn > until || openOf(row) === 0n) continue
    kept = applyEvent(kept, { id: `d${kept.events.length}`, type: 'repayment', on: row.dueOn, amount: openOf(row) })
  }
  return kept
}

function moneyOf(state: LoanState, { what, share }: Step, on: string): Repayment | null {
  const { total } = payoffOn(state, on)
  const coming = state.instalments.filter((row) => row.dueOn > on && openOf(row) > 0n)
  const part = (total * BigInt(share)) / 1_000n
  const whole = coming.slice(0, 1 + (share % 3)).reduce((sum, row) => sum + openOf(row), 0n)
  const amount = what === 'instalments' ? whole : part
  if (amount <= 0n || amount >= total) return null
  const base = { id: `e${state.events.length}`, on, type: 'repayment', amount } as const
  return what === 'shorten' || what === 'lower' ? { ...base, prepay: what } : base
}

test('lowered, the open instalments are equal to the rounding of the last, the paid ones ask for nothing, and all ends at zero', () => {
  let lowered = 0
  let compared = 0
  holdsOnAQuarter(anyStory, ({ terms, steps, last }) => {
    let state = openLoan(terms)
    let on = terms.disbursedOn
    for (const step of steps) ({ state, on } = lived(state, step, on))
    const after = lived(state, last, on)
    if (after.event === null) return
    const kept = paidAsAsked(state, after.on)
    const paid = kept.instalments.filter((row) => paidOf(row) > 0n && openOf(row) === 0n)
    assertEnds(terms, after.state, new Set(paid.map((row) => row.n)))
    // Money for all the principal, though not for all flat interest, leaves nothing to lower.
    const lowers = after.event.amount < kept.principalOutstanding
    if (lowers && assertEven(terms, after.state, after.on)) compared++
    lowered++
  })
  assert.ok(compared > lowered / 4, `only ${compared} of ${lowered} had several open instalments to compare`)
})

function assertEnds(terms: LoanTerms, state: LoanState, paid: ReadonlySet<number>): void {
  const rows = state.instalments
  for (const row of rows) if (paid.has(row.n)) assert.equal(openOf(row), 0n, `${row.n} was paid and asks again`)
  assert.equal(
    rows.reduce((sum, row) => sum + row.principal, 0n),
    terms.principal,
  )
  const end = rows.at(-1)!.dueOn
  // What is late bears interest beyond what is asked for, where the terms say so.
  if (!terms.overdueInterest) {
    const asked = rows.reduce((sum, row) => sum + openOf(row), 0n)
    assert.equal(asked, payoffOn(state, end).total, 'what is asked is what is owed at the end')
  }
  const ended = paidAsAsked(state, end)
  assert.deepEqual([ended.status, ended.creditBalance, payoffOn(ended, end).total], ['paid', 0n, 0n])
}

/**
 * The last takes what rounding leaves: of every instalment half a unit, as their amount is rounded, and of every period
 * half a unit, as its interest is; each of them bears interest until the end. What stands as it was paid or was paid of
 * an instalment beyond the even amount leaves nothing to round.
 */
function assertEven(terms: LoanTerms, state: LoanState, on: string): boolean {
  if (terms.method === 'interest-only' || terms.method === 'bullet') return false
  const prepaidWith = (n: number): bigint => bookOf(state).plan[n - 1]!.prepaid
  const coming = state.instalments.filter((row) => row.dueOn > on)
  // Flat interest and interest on top stay with their instalment, though all of its principal was paid ahead.
  const isOpen = (row: Instalment) =>
    terms.method === 'equal-instalment' ? openOf(row) > 0n : row.principalPaid === prepaidWith(row.n)
  const even = terms.method === 'equal-principal' ? (row: Instalment) => row.principal : askedOf
  const open = coming.filter(isOpen).map((row) => even(row) - prepaidWith(row.n))
  const last = open.pop()
  if (last === undefined || open.length === 0 || isFixedInTheWay(terms, coming, open[0]!, prepaidWith)) return false
  assert.equal(new Set(open).size, 1, `asked: ${open}`)
  const difference = magnitude(last - open[0]!)
  assert.ok(difference <= bound(terms, coming.length), `the last asks for ${last}, the others ${open}`)
  return true
}

/** Interest that stands as scheduled stays with its instalment where that has no room for it, or was paid in part. */
function isFixedInTheWay(
  terms: LoanTerms,
  coming: readonly Instalment[],
  even: bigint,
  prepaidWith: (n: number) => bigint,
): boolean {
  if (terms.interestRecalculation === 'daily' && terms.method !== 'flat') return false
  if (terms.method === 'equal-principal') return false
  return coming.some((row) => row.interest >= even || (openOf(row) > 0n && row.principalPaid > prepaidWith(row.n)))
}

function bound(terms: LoanTerms, periods: number): bigint {
  const half = Math.ceil(periods / 2)
  if (terms.method !== 'equal-instalment') return BigInt(half)
  const perPeriod =
    (Number(terms.annualRatePercent) / 100) * ((terms.every.n * (terms.every.unit === 'month' ? 31 : 7)) / 360)
  return BigInt(Math.ceil(2 * half * (1 + perPeriod) ** periods))
}

function magnitude(amount: bigint): bigint {
  return amount < 0n ? -amount : amount
}
