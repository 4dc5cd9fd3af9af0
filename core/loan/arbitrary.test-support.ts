/** Random loans and events for the properties. */
import fc from 'fast-check'
import { cases, dayOffset, dayText, record } from '../property.test-support.ts'
import { plainLoan } from './plain.test-support.ts'
import type { LoanEvent, LoanTerms } from './types.ts'

/** Seed and path of a failure are printed by fast-check itself. */
export function holds<T>(arbitrary: fc.Arbitrary<T>, property: (value: T) => void): void {
  fc.assert(fc.property(arbitrary, property), { numRuns: cases(300) })
}

/**
 * On a quarter of the cases: what takes long and is no rule by itself that money is counted by. Such a rule sees all of them:
 * parts sum to the whole, paid as asked a loan ends at zero, no order or splitting of what happened matters, what is taken back
 * leaves no trace, no night is asked for twice, legs balance, a naive reckoning agrees.
 */
export function holdsOnAQuarter<T>(arbitrary: fc.Arbitrary<T>, property: (value: T) => void): void {
  fc.assert(fc.property(arbitrary, property), { numRuns: cases(1_200, 1 / 4) })
}

export const someTerms: fc.Arbitrary<LoanTerms> = record({
  principal: fc.bigInt({ min: 1n, max: 50_000_000n }),
  rate: fc.integer({ min: 0, max: 6000 }),
  method: fc.constantFrom('equal-instalment', 'equal-principal', 'flat', 'interest-only', 'bullet'),
  instalments: fc.integer({ min: 1, max: 24 }),
  n: fc.integer({ min: 1, max: 3 }),
  unit: fc.constantFrom('month', 'week'),
  start: fc.integer({ min: 0, max: 800 }),
  dayCount: fc.constantFrom('30/360', 'actual/365', 'actual/360', 'actual/actual'),
  daily: fc.boolean(),
  overdueInterest: fc.boolean(),
  levelled: fc.boolean(),
} as const).map(
  (pick): LoanTerms => ({
    ...plainLoan,
    principal: pick.principal,
    annualRatePercent: (pick.rate / 100).toFixed(2),
    method: pick.method,
    instalments: pick.instalments,
    every: { n: pick.n, unit: pick.unit },
    disbursedOn: dayText(pick.start),
    dayCount: pick.dayCount,
    interestRecalculation: pick.daily ? 'daily' : 'none',
    overdueInterest: pick.overdueInterest,
    lastInstalment: pick.levelled ? 'levelled' : 'remainder',
  }),
)

export interface Story {
  readonly terms: LoanTerms
  readonly events: readonly LoanEvent[]
}

/** A loan with money coming in, charges, refunds and chargebacks on random days; shares are of the principal. */
export const someStory: fc.Arbitrary<Story> = record({
  terms: someTerms,
  steps: fc.array(
    record({
      type: fc.constantFrom('repayment', 'repayment', 'repayment', 'fee', 'penalty', 'merchant-refund', 'chargeback'),
      after: fc.integer({ min: 0, max: 500 }),
      share: fc.integer({ min: 1, max: 400 }),
    } as const),
    { maxLength: 8 },
  ),
}).map(({ terms, steps }) => ({ terms, events: steps.map((step, index) => eventOf(terms, step, index)) }))

type StepType = 'repayment' | 'fee' | 'penalty' | 'merchant-refund' | 'chargeback'

function eventOf(terms: LoanTerms, step: { type: StepType; after: number; share: number }, index: number): LoanEvent {
  const start = dayOffset(terms.disbursedOn)
  const scale = step.type === 'fee' || step.type === 'penalty' ? 20_000n : 1000n
  const amount = (terms.principal * BigInt(step.share)) / scale + 1n
  return { id: `e${index}`, type: step.type, on: dayText(start + step.after), amount }
}
