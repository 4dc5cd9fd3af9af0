/**
 * A loan owes or keeps credit, never both: what a line keeps for its customer is spent on other loans and paid back, and
 * a loan that owed beside its credit would spend it a second time on its next late charge.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dayText } from '../property.test-support.ts'
import { holdsOnAQuarter } from './arbitrary.test-support.ts'
import { applyEvent, LoanProblem, openLoan, payoffOn } from './index.ts'
import { plainLoan } from './plain.test-support.ts'
import type { AllocationStep, Component, LoanEvent, LoanState, LoanTerms } from './types.ts'

/** As programs write contracts: the customer pays all components, past due before due before in advance. */
const anyContract: fc.Arbitrary<LoanTerms> = fc
  .record({
    principal: fc.oneof(fc.integer({ min: 300, max: 200_000 }), fc.constant(100_000)),
    method: fc.constantFrom('flat', 'equal-instalment', 'equal-principal', 'interest-only', 'bullet'),
    instalments: fc.constantFrom(1, 3, 6, 12),
    annualRatePercent: fc.constantFrom('0', '6', '10.95', '24'),
    perPeriod: fc.boolean(),
    order: fc.shuffledSubarray<Component>(['penalty', 'fee', 'interest', 'principal'], { minLength: 4 }),
    firstDueAfter: fc.integer({ min: 10, max: 50 }),
  } as const)
  .map(({ principal, perPeriod, order, firstDueAfter, ...plain }) => ({
    ...plainLoan,
    ...plain,
    principal: BigInt(principal),
    disbursedOn: dayText(0),
    firstDueOn: dayText(firstDueAfter),
    dayCount: 'actual/365',
    interestPeriod: perPeriod ? 'whole-period' : 'daily',
    overdueInterest: false,
    earlyInterest: perPeriod ? 'to-due-date' : 'to-day',
    earlyFlat: 'forgiven',
    allocation: {
      default: {
        order: ['past-due', 'due', 'in-advance'].flatMap((timing) =>
          order.map((component) => `${timing}-${component}` as AllocationStep),
        ),
        surplus: 'next',
        across: 'horizontal',
      },
    },
  }))

interface Step {
  readonly what: 'paid' | 'shorten' | 'lower' | 'settled' | 'returned' | 'late' | 'waived' | 'new-plan' | 'bounced'
  readonly after: number
  readonly before: number
  readonly share: number
  readonly choice: number
}

const anyStep: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(
    'paid',
    'paid',
    'shorten',
    'lower',
    'settled',
    'returned',
    'late',
    'waived',
    'new-plan',
    'bounced',
  ),
  after: fc.nat(40),
  before: fc.oneof(fc.constant(0), fc.nat(20)),
  share: fc.oneof(fc.nat(1_000), fc.constantFrom(1_000, 999)),
  choice: fc.nat(50),
})

/** What the server would ask of a loan that stands so, on a day; null where it would ask nothing. */
function eventOf(state: LoanState, { what, before, share, choice }: Step, today: number, id: string): LoanEvent | null {
  const base = { id, on: dayText(today) }
  const part = (most: bigint) => (most * BigInt(share)) / 1_000n
  const owes = state.status === 'active'
  const { total } = payoffOn(state, base.on)
  const money = part(total)
  switch (what) {
    case 'paid':
      if (!owes || money === 0n) return null
      return money === total && before === 0
        ? { ...base, type: 'payoff', amount: total }
        : { ...base, on: dayText(Math.max(0, today - before)), type: 'repayment', amount: money }
    case 'shorten':
    case 'lower':
      return owes && money > 0n && money < total ? { ...base, type: 'repayment', amount: money, prepay: what } : null
    case 'settled':
      return owes && total > 0n ? { ...base, type: 'payoff', amount: total } : null
    case 'returned': {
      const returned = state.events.reduce((sum, e) => (e.type === 'purchase-refund' ? sum + e.amount : sum), 0n)
      const amount = part(state.terms.principal - returned)
      return amount > 0n ? { ...base, type: 'purchase-refund', amount } : null
    }
    case 'late':
      return owes ? { ...base, type: 'penalty', amount: 500n } : null
    case 'waived': {
      const component = choice % 2 === 0 ? 'interest' : 'penalty'
      const owed = state.instalments.reduce(
        (sum, row) =>
          sum + row[component] - row[`${component}Paid`] - row[`${component}Waived`] - row[`${component}WrittenOff`],
        0n,
      )
      return owes && part(owed) > 0n ? { ...base, type: 'waiver', component, amount: part(owed) } : null
    }
    case 'new-plan':
      return owes
        ? { ...base, type: 'reschedule', instalments: 1 + (choice % 6), firstDueOn: dayText(today + 1 + choice) }
        : null
    case 'bounced': {
      const undone = new Set(state.events.map((e) => (e.type === 'reversal' ? e.of : null)))
      const paid = state.events.filter((e) => (e.type === 'repayment' || e.type === 'payoff') && !undone.has(e.id))
      return paid.length === 0 ? null : { ...base, type: 'reversal', of: paid[choice % paid.length]!.id }
    }
  }
}

const someSteps = fc.array(anyStep, { minLength: 1, maxLength: 8 })

/** The loan after each of the steps that it takes, and the day of the last. */
function* lived(terms: LoanTerms, steps: readonly Step[]): Generator<{ state: LoanState; today: number }> {
  let state = openLoan(terms)
  let today = 0
  for (const [place, step] of steps.entries()) {
    today += step.after
    const event = eventOf(state, step, today, `e${place}`)
    if (event === null) continue
    try {
      state = applyEvent(state, event)
    } catch (problem) {
      if (!(problem instanceof LoanProblem)) throw problem
    }
    yield { state, today }
  }
}

test('a loan that owes keeps no credit, whatever money comes, goes back or bounces', () => {
  holdsOnAQuarter(fc.tuple(anyContract, someSteps), ([terms, steps]) => {
    for (const { state } of lived(terms, steps)) {
      if (state.status === 'active') assert.equal(state.creditBalance, 0n)
    }
  })
})

test('less money than settles a loan leaves it open, without a credit and owing no more than the money was short of', () => {
  // Flat interest is forgiven only to who settles.
  const contract = anyContract.filter(({ method }) => method !== 'flat')
  holdsOnAQuarter(fc.tuple(contract, someSteps, fc.constantFrom(1n, 2n, 100n, 1_000n), fc.nat(60)), (life) => {
    const [terms, steps, short, later] = life
    const { state, today } = [...lived(terms, steps)].at(-1) ?? { state: openLoan(terms), today: 0 }
    const on = dayText(today + later)
    const { total } = payoffOn(state, on)
    if (state.status !== 'active' || total <= short) return
    const lacking = applyEvent(state, { type: 'repayment', id: 'last', on, amount: total - short })
    assert.equal(lacking.status, 'active')
    assert.equal(lacking.creditBalance, 0n)
    const left = payoffOn(lacking, on).total
    assert.ok(left > 0n && left <= short, `${left} is left of ${short}`)
    assert.equal(applyEvent(lacking, { type: 'payoff', id: 'rest', on, amount: left }).status, 'paid')
  })
})
