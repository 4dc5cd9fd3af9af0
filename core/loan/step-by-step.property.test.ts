/** A loan kept event by event stands as one folded from all its events at once: the journal is folded both ways. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { assertSame, dayOffset, dayText, record } from '../property.test-support.ts'
import { holds, someTerms } from './arbitrary.test-support.ts'
import { applyEvent, foldLoan, LoanProblem, openLoan } from './index.ts'
import { plainLoan } from './plain.test-support.ts'
import type { LoanEvent, LoanState, LoanTerms, Surplus } from './types.ts'

const types = [
  ...(['repayment', 'repayment', 'merchant-refund', 'goodwill-credit', 'purchase-refund', 'chargeback'] as const),
  ...(['fee', 'disbursement', 'rate-change', 'interest-pause', 're-age', 're-amortise', 'deferral'] as const),
  ...(['recalculate', 'credit-balance-refund', 'waiver', 'interest-refund'] as const),
]
const surpluses: readonly Surplus[] = ['next', 'last', 'next-last', 're-amortise']
const usual = ['penalty', 'fee', 'interest', 'principal'] as const
const order = (['past-due', 'due', 'in-advance'] as const).flatMap((timing) =>
  usual.map((component) => `${timing}-${component}` as const),
)

interface Step {
  readonly type: (typeof types)[number]
  readonly after: number
  readonly share: number
}

function eventOf(terms: LoanTerms, steps: readonly Step[], index: number, on: string): LoanEvent {
  const { type, share } = steps[index]!
  const base = { id: `e${index}`, on }
  const until = dayText(dayOffset(on) + 1 + share)
  const amount = (terms.principal * BigInt(share)) / 200n + 1n
  switch (type) {
    case 'rate-change':
      return { ...base, type, annualRatePercent: String(share) }
    case 'interest-pause':
      return { ...base, type, to: until }
    case 're-age':
      return { ...base, type, instalments: 1 + (share % 7), firstDueOn: until }
    case 'deferral':
      return { ...base, type, periods: 1 + (share % 3), interest: share % 2 === 0 ? 'continues' : 'stops' }
    case 'waiver':
      return { ...base, type, amount: amount / 100n + 1n, component: 'interest' }
    case 'interest-refund': {
      const refund = steps.findIndex((step, at) => at < index && step.type === 'merchant-refund')
      return refund < 0 ? { ...base, type, amount } : { ...base, type, amount: 0n, of: `e${refund}` }
    }
    case 're-amortise':
    case 'recalculate':
      return { ...base, type }
    default:
      return { ...base, type, amount }
  }
}

const someLife = record({
  terms: someTerms,
  surplus: fc.option(fc.constantFrom(...surpluses)),
  across: fc.constantFrom('horizontal', 'vertical'),
  steps: fc.array(record({ type: fc.constantFrom(...types), after: fc.nat(120), share: fc.nat(250) }), {
    minLength: 2,
    maxLength: 7,
  }),
} as const).map(({ terms, surplus, across, steps }) => {
  const allocation = surplus === null ? null : { default: { order, surplus, across } }
  const start = dayOffset(terms.disbursedOn)
  let day = start
  const events = steps.map((step, index) => {
    // Now and then one is booked late and dated back.
    if (step.share % 9 > 0) day += step.after
    return eventOf(terms, steps, index, dayText(step.share % 9 > 0 ? day : start + step.after))
  })
  return { terms: { ...terms, allocation }, events }
})

/** The state, or null where the loan refuses: a settled loan takes no new event by itself, but keeps those of a journal. */
function standing(fold: () => LoanState): unknown {
  try {
    const { instalments, allocated, creditBalance, status, principalOutstanding } = fold()
    return { instalments, allocated, creditBalance, status, principalOutstanding }
  } catch (problem) {
    if (problem instanceof LoanProblem) return null
    throw problem
  }
}

test('booked one by one, events give the state that they give together', () => {
  holds(someLife, ({ terms, events }) => {
    const oneByOne = standing(() => events.reduce(applyEvent, openLoan(terms)))
    if (oneByOne !== null)
      assertSame(
        oneByOne,
        standing(() => foldLoan(terms, events)),
      )
  })
})

test('what the last unpaid instalment asks for, the remainder included, a second disbursement on its day leaves', () => {
  const terms: LoanTerms = { ...plainLoan, currency: 'USD', principal: 30_000n }
  // Repaid at once, then 200.00 are taken back on the same day: due in February with their interest of 2.00.
  const before: LoanEvent[] = [
    { id: 'a', type: 'repayment', on: '2024-01-01', amount: 30_000n },
    { id: 'b', type: 'chargeback', on: '2024-01-01', amount: 20_000n },
  ]
  const lent: LoanEvent = { id: 'c', type: 'disbursement', on: '2024-02-01', amount: 10_000n }
  const asked = (events: readonly LoanEvent[]): bigint => {
    const { principal, interest } = foldLoan(terms, events).instalments[0]!
    return principal + interest
  }
  assert.equal(asked(before) - 10_201n, 20_200n)
  assert.equal(asked([...before, lent]), asked(before))
})
