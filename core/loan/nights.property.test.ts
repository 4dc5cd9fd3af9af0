/**
 * Where interest follows the balance and late principal bears it too, a payoff is the principal and the interest of every
 * night it was owed, whether money came late, in part, or ahead to end the loan earlier.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dayOffset, dayText, record } from '../property.test-support.ts'
import { holds, holdsOnAQuarter, someTerms } from './arbitrary.test-support.ts'
import { bookOf } from './fold.ts'
import { applyEvent, foldLoan, LoanProblem, type LoanState, openLoan, payoffOn } from './index.ts'
import { plainLoan } from './plain.test-support.ts'
import type { LoanEvent, LoanTerms } from './types.ts'

const someShort = fc.constantFrom(1n, 2n, 100n, 1_000n)

const daysOf = { day: 1, week: 7, month: 30, year: 365 } as const

const someKind = fc.constantFrom(
  ...(['plain', 'shorten', 'lower', 'merchant-refund', 'chargeback', 'disbursement'] as const),
  ...(['reschedule', 're-age', 're-amortise', 'deferral', 'rate-change', 'interest-pause'] as const),
)

/** Of these the ones that open an instalment again, or plan it anew, that was paid ahead. */
const openingKind = fc.constantFrom(
  ...(['plain', 'shorten', 'lower', 'merchant-refund', 'chargeback', 'disbursement', 're-age', 're-amortise'] as const),
)

/** After these the nights alone do not say what is owed: what came back counts as never lent, what was let go is not asked for. */
const otherKind = fc.constantFrom('purchase-refund', 'waiver', 'contract-termination', 'stopping-deferral')

type Kind = typeof someKind extends fc.Arbitrary<infer T> ? T : never
type OtherKind = typeof otherKind extends fc.Arbitrary<infer T> ? T : never

/** Payments in thousandths of what settles the loan on their day, at thousandths of the term and a little after it. */
function lifeOf<K>(kind: fc.Arbitrary<K>) {
  const steps = fc.array(record({ at: fc.nat(1100), share: fc.integer({ min: 1, max: 1000 }), kind }), {
    minLength: 1,
    maxLength: 6,
  })
  return record({ terms: someTerms, percent: fc.integer({ min: 0, max: 36 }), steps, askAt: fc.nat(1100) }).map(
    plainLife,
  )
}

function plainLife<K>({ terms, percent, steps, askAt }: Drawn<K>): Life<K> {
  const plain: LoanTerms = {
    ...terms,
    principal: terms.principal + 100_000n,
    method: terms.method === 'flat' ? 'equal-instalment' : terms.method,
    annualRatePercent: String(percent),
    dayCount: 'actual/365',
    interestPeriod: 'daily',
    interestRecalculation: 'daily',
    overdueInterest: true,
    earlyInterest: 'to-day',
  }
  const length = plain.instalments * plain.every.n * daysOf[plain.every.unit]
  const start = dayOffset(plain.disbursedOn)
  const onDay = (at: number) => dayText(start + Math.floor((length * at) / 1000))
  const inOrder = [...steps].sort((a, b) => a.at - b.at)
  const askOn = onDay(Math.max(askAt, inOrder.at(-1)!.at))
  return { terms: plain, steps: inOrder.map(({ at, share, kind }) => ({ on: onDay(at), share, kind })), askOn }
}

interface Drawn<K> {
  readonly terms: LoanTerms
  readonly percent: number
  readonly steps: readonly { at: number; share: number; kind: K }[]
  readonly askAt: number
}

interface Life<K> {
  readonly terms: LoanTerms
  readonly steps: readonly { on: string; share: number; kind: K }[]
  readonly askOn: string
}

/** Null where the loan is in no state for it. */
function eventOf(state: LoanState, base: Base, kind: Kind | OtherKind, share: bigint): LoanEvent | null {
  if (kind === 'chargeback') return { ...base, type: kind, amount: (state.terms.principal * share) / 5000n + 1n }
  if (state.status !== 'active') return null
  switch (kind) {
    case 'purchase-refund': {
      const returned = (state.principalOutstanding * share) / 1000n
      return returned === 0n ? null : { ...base, type: kind, amount: returned }
    }
    case 'waiver':
      return { ...base, type: kind, component: share % 3n === 0n ? 'principal' : 'interest', amount: share }
    case 'merchant-refund':
    case 'plain':
    case 'shorten':
    case 'lower': {
      const amount = (payoffOn(state, base.on).total * share) / 1000n
      if (amount === 0n) return null
      if (kind === 'merchant-refund') return { ...base, type: kind, amount }
      return kind === 'plain'
        ? { ...base, type: 'repayment', amount }
        : { ...base, type: 'repayment', amount, prepay: kind }
    }
    default:
      return base.on < lastDueOn(state) ? changeOf(base, kind, Number(share)) : null
  }
}

interface Base {
  readonly id: string
  readonly on: string
}

type Money = 'chargeback' | 'merchant-refund' | 'plain' | 'shorten' | 'lower' | 'purchase-refund' | 'waiver'

function changeOf(base: Base, kind: Exclude<Kind | OtherKind, Money>, share: number): LoanEvent {
  const later = (days: number) => dayText(dayOffset(base.on) + days)
  switch (kind) {
    case 'disbursement':
      return { ...base, type: kind, amount: BigInt(share) * 100n }
    case 'contract-termination':
      return { ...base, type: kind }
    case 'stopping-deferral':
      return share % 2 === 0
        ? { ...base, type: 'deferral', interest: 'stops', periods: 1 + (share % 3) }
        : { ...base, type: 'deferral', interest: 'continues', until: later(30 + share) }
    case 'reschedule':
    case 're-age':
      return { ...base, type: kind, instalments: 1 + (share % 12), firstDueOn: later(1 + (share % 40)) }
    case 're-amortise':
      return { ...base, type: kind }
    case 'deferral':
      return { ...base, type: kind, interest: 'continues', periods: 1 + (share % 3) }
    case 'rate-change':
      return { ...base, type: kind, annualRatePercent: String(share % 37) }
    case 'interest-pause':
      return { ...base, type: kind, to: later(share % 60) }
  }
}

/** The last due date of the plan that stands; rows of one that was replaced can have a later one. */
function lastDueOn(state: LoanState): string {
  return bookOf(state).plan.at(-1)!.dueOn
}

function lived({ terms, steps }: Life<Kind | OtherKind>): LoanState {
  let state = openLoan(terms)
  for (const [place, { on, share, kind }] of steps.entries()) {
    const event = eventOf(state, { id: `e${place}`, on }, kind, BigInt(share))
    if (event !== null) state = afterEvent(state, event)
  }
  return state
}

/**
 * Nothing happens where no instalment is left to be moved (by a deferral, or by one of the same day once the rate is another),
 * nor where less is owed than was to be let go.
 */
function afterEvent(state: LoanState, event: LoanEvent): LoanState {
  try {
    return applyEvent(state, event)
  } catch (problem) {
    if (problem instanceof LoanProblem && refusals.has(problem.code)) return state
    throw problem
  }
}

const refusals: ReadonlySet<string> = new Set(['no-coming-instalment', 'waiver-exceeds-owed', 'not-deferred'])

/** Percent a year of the night that ends on a day. */
function percentOn({ terms, events }: LoanState): (day: number) => number {
  const rates = events.flatMap((event) =>
    event.type === 'rate-change' ? [{ from: dayOffset(event.on), percent: Number(event.annualRatePercent) }] : [],
  )
  const pauses = events.flatMap((event) =>
    event.type === 'interest-pause' ? [{ from: dayOffset(event.on), to: dayOffset(event.to) }] : [],
  )
  return (day) => {
    if (pauses.some(({ from, to }) => from <= day && day <= to)) return 0
    return rates.findLast(({ from }) => from <= day)?.percent ?? Number(terms.annualRatePercent)
  }
}

/** Interest of all nights until a day or maturity, less what of it was paid; in minor units, not rounded. */
function interestOfNights(state: LoanState, until: string): number {
  const { terms, allocated } = state
  const maturity = dayOffset(lastDueOn(state))
  const percent = percentOn(state)
  const lent = state.events.flatMap((event) => (event.type === 'disbursement' ? [lending(event)] : []))
  let principal = Number(terms.principal)
  let interest = 0
  let day = dayOffset(terms.disbursedOn)
  const moves = [...allocated, ...lent].sort((a, b) => (a.on < b.on ? -1 : Number(a.on > b.on)))
  for (const move of [...moves, { type: '', on: until, principal: 0n, interest: 0n }]) {
    const next = Math.min(dayOffset(move.on), maturity)
    for (; day < next; day++) interest += (principal * percent(day + 1)) / 36_500
    interest -= Number(move.interest)
    principal -= move.type === 'chargeback' ? -Number(move.principal) : Number(move.principal)
  }
  return interest
}

/** Money lent later, as something that adds to what is owed. */
function lending({ on, amount }: { on: string; amount: bigint }) {
  return { type: 'disbursement', on, principal: -amount, interest: 0n }
}

/** What is due by a day asks for no more interest than there is, each instalment's rounding apart. */
function assertNoneTwice(state: LoanState, on: string, interest: bigint): void {
  let due = 0n
  for (const row of state.instalments) {
    if (row.dueOn <= on) due += row.interest - row.interestPaid - row.interestWaived
  }
  assert.ok(due <= interest + BigInt(state.instalments.length) / 2n + 2n, `${due} is due of ${interest}`)
}

/**
 * What settles the loan, as it was quoted, ends it, and money short of that lacks just what it is short of; or less, where money
 * that does not settle pays less interest.
 */
function assertSettledByQuote(state: LoanState, total: bigint, on: string, short: bigint): void {
  const pay = (amount: bigint) => applyEvent(state, { type: 'repayment', id: 'last', on, amount })
  if (total > 0n) assert.equal(pay(total).status, 'paid')
  if (total <= short) return
  const lacking = pay(total - short)
  assert.equal(lacking.status, 'active')
  assert.equal(lacking.creditBalance, 0n)
  const left = payoffOn(lacking, on).total
  if (state.terms.earlyInterest === 'to-day') assert.equal(left, short)
  else assert.ok(left > 0n && left <= short, `${left} is left of ${short}`)
}

test('a payoff asks for the interest of every night, once; it ends the loan, and money short of it lacks just that', () => {
  holds(fc.tuple(lifeOf(someKind), someShort), ([life, short]) => {
    const state = lived(life)
    const { principal, interest, total } = payoffOn(state, life.askOn)
    assert.equal(principal, state.principalOutstanding)
    // One rounding per instalment, each by half a unit at most.
    const off = Number(interest) - interestOfNights(state, life.askOn)
    assert.ok(Math.abs(off) <= state.instalments.length / 2 + 2, `${interest} is off by ${off}`)
    assertNoneTwice(state, life.askOn, interest)
    assertSettledByQuote(state, total, life.askOn, short)
  })
})

test('so does one after goods came back, principal or interest was let go, a contract ended or interest stopped', () => {
  holdsOnAQuarter(fc.tuple(lifeOf(fc.oneof(someKind, otherKind)), someShort), ([life, short]) => {
    const state = lived(life)
    const { principal, interest, total } = payoffOn(state, life.askOn)
    assert.equal(principal, state.principalOutstanding)
    assertNoneTwice(state, life.askOn, interest)
    assertSettledByQuote(state, total, life.askOn, short)
  })
})

test('where settling money pays to the due date, what is due is in a payoff, and money short of that leaves no more than it lacks', () => {
  holdsOnAQuarter(fc.tuple(lifeOf(openingKind), someShort), ([life, short]) => {
    const state = lived({ ...life, terms: { ...life.terms, earlyInterest: 'to-due-date' } })
    const { principal, interest, total } = payoffOn(state, life.askOn)
    assert.equal(principal, state.principalOutstanding)
    assertNoneTwice(state, life.askOn, interest)
    assertSettledByQuote(state, total, life.askOn, short)
  })
})

test('instalments paid ahead and others late after them are not asked for twice', () => {
  const terms: LoanTerms = {
    ...plainLoan,
    principal: 45_464_781n,
    annualRatePercent: '30.43',
    instalments: 13,
    every: { n: 2, unit: 'month' },
    disbursedOn: '2024-09-25',
    dayCount: 'actual/365',
  }
  const state = foldLoan(terms, [
    { type: 'repayment', id: 'a', on: '2025-03-04', amount: 39_471_527n, prepay: 'shorten' },
    { type: 'repayment', id: 'b', on: '2025-05-28', amount: 6_686_969n, prepay: 'shorten' },
  ])
  // 60,967.61 since the end of May, and three nights before that, at 30.43 %.
  const quote = payoffOn(state, '2025-10-16')
  assert.deepEqual([quote.principal, quote.interest], [6_096_761n, 743_238n])
  assert.ok(Math.abs(interestOfNights(state, '2025-10-16') - 743_238) < 3)
})
