/**
 * Lives of a loan in which anything may be asked: every term and choice, allocations that leave steps out or turn their
 * order round, and every event, dated back or at once, as a customer, a merchant or a clerk could book it.
 */
import fc from 'fast-check'
import { dayText, record } from '../property.test-support.ts'
import { foldLoan, LoanProblem } from './index.ts'
import type { AllocationRule, AllocationStep, LoanEvent, LoanState, LoanTerms } from './types.ts'

export interface Life {
  readonly terms: LoanTerms
  readonly events: readonly LoanEvent[]
}

const everyStep = (['past-due', 'due', 'in-advance'] as const).flatMap((timing) =>
  (['penalty', 'fee', 'interest', 'principal'] as const).map((component): AllocationStep => `${timing}-${component}`),
)

const anyRule: fc.Arbitrary<AllocationRule> = record({
  // The whole order in turn, or some steps in any order.
  order: fc.oneof(fc.constant(everyStep), fc.shuffledSubarray(everyStep, { minLength: 1 })),
  surplus: fc.constantFrom('next', 'last', 'next-last', 're-amortise'),
  across: fc.constantFrom('horizontal', 'vertical'),
} as const)

const somePrincipal = fc.constantFrom(10_000n, 1n, 100n, 3_333n, 100_000n, 12_345_678n, 10n ** 15n)

/** Apart from those that take some making, so that they are copied as they are. */
const plainChoices = record({
  principal: somePrincipal,
  annualRatePercent: fc.constantFrom('12', '0', '7', '24', '36', '365', '10000'),
  method: fc.constantFrom('equal-instalment', 'flat', 'equal-principal', 'interest-only', 'bullet'),
  instalments: fc.constantFrom(3, 1, 2, 4, 6, 12),
  dayCount: fc.constantFrom('30/360', 'actual/365', 'actual/actual'),
  interestPeriod: fc.constantFrom('daily', 'same-as-period', 'whole-period'),
  interestRecalculation: fc.constantFrom('daily', 'none'),
  overdueInterest: fc.boolean(),
  earlyInterest: fc.constantFrom('to-day', 'to-due-date'),
  earlyFlat: fc.constantFrom('charged', 'forgiven'),
  lastInstalment: fc.constantFrom('remainder', 'levelled'),
  rounding: fc.constantFrom('half-even', 'half-up', 'half-down', 'down', 'up'),
  downPaymentPercent: fc.option(fc.constantFrom('25', '99.9'), { freq: 4 }),
  downPaymentPaid: fc.boolean(),
  interestFreePeriods: fc.constantFrom(0, 0, 1),
} as const)

const anyTerms: fc.Arbitrary<LoanTerms> = record({
  plain: plainChoices,
  n: fc.constantFrom(1, 2, 15),
  unit: fc.constantFrom('month', 'week', 'day'),
  firstDueAfter: fc.option(fc.constantFrom(0, 50), { freq: 6 }),
  multiple: fc.option(fc.constantFrom(1n, 10n), { freq: 4 }),
  grace: fc.constantFrom(0, 0, 1),
  balloon: fc.constantFrom(0n, 0n, 0n, 1n, 2n),
  allocation: fc.option(anyRule),
} as const).map(({ plain, n, unit, firstDueAfter, multiple, grace, balloon, allocation }): LoanTerms => {
  return {
    ...plain,
    currency: 'CNY',
    every: { n, unit },
    disbursedOn: dayText(0),
    firstDueOn: firstDueAfter === null ? null : dayText(firstDueAfter),
    instalmentMultiple: multiple === null ? null : plain.principal / multiple + 1n,
    principalGrace: Math.min(grace, plain.instalments - 1),
    allocation: allocation === null ? null : { default: allocation },
    ...(balloon > 0n && plain.method === 'equal-instalment' ? { balloon: plain.principal / balloon } : {}),
  }
})

const eventTypes = [
  ...(['repayment', 'shorten', 'repayment', 'lower', 'purchase-refund', 'chargeback', 'merchant-refund'] as const),
  ...(['goodwill-credit', 'payout-refund', 'disbursement', 'rate-change', 'reschedule', 're-age'] as const),
  ...(['re-amortise', 'interest-pause', 'deferral', 'contract-termination', 'fee', 'penalty', 'waiver'] as const),
  ...(['extra-interest', 'interest-refund', 'recalculate', 'credit-balance-refund', 'reversal', 'charge-off'] as const),
] as const

interface Step {
  readonly type: (typeof eventTypes)[number]
  /** The day, in thousandths of the term and a little more. */
  readonly at: number
  /** Of the principal, in thousandths; larger ones count tenfold less, so that small amounts come up as well. */
  readonly share: number
  readonly choice: number
}

const anyStep: fc.Arbitrary<Step> = record({
  type: fc.constantFrom(...eventTypes),
  at: fc.nat(1150),
  share: fc.oneof(fc.integer({ min: 1, max: 2000 }), fc.constant(1000), fc.integer({ min: 1, max: 50 })),
  choice: fc.nat(11),
})

const daysOf = { day: 1, week: 7, month: 30, year: 365 } as const

function eventOf(terms: LoanTerms, { type, at, share, choice }: Step, index: number): LoanEvent {
  const days = terms.instalments * terms.every.n * daysOf[terms.every.unit]
  const dayOf = (thousandths: number): string => dayText(Math.floor((days * thousandths) / 1000))
  const base = { id: `e${index}`, on: dayOf(at) }
  const amount = (terms.principal * BigInt(share)) / 1000n + 1n
  const later = dayText(Math.floor((days * at) / 1000) + 1 + ((share * (choice + 1)) % (days + 30)))
  const instalments = [1, 2, 5, 12][choice % 4]!
  const interest = choice % 2 === 0 ? 'continues' : 'stops'
  switch (type) {
    case 'shorten':
    case 'lower':
      return { ...base, type: 'repayment', amount, prepay: type }
    case 'rate-change':
      return { ...base, type, annualRatePercent: ['0', '5', '36', '10000'][choice % 4]! }
    case 'interest-pause':
      return { ...base, type, to: later }
    case 'reschedule':
      return choice < 4
        ? { ...base, type, instalments, firstDueOn: later, annualRatePercent: '9' }
        : { ...base, type, instalments, firstDueOn: later }
    case 're-age':
      return { ...base, type, instalments, firstDueOn: choice < 3 ? dayOf((at * 9) / 10) : later }
    case 'deferral':
      return choice < 6
        ? { ...base, type, interest, periods: 1 + (choice % 3) }
        : { ...base, type, interest, until: later }
    case 'waiver':
      return {
        ...base,
        type,
        amount: amount / 20n + 1n,
        component: (['interest', 'principal', 'fee', 'interest'] as const)[choice % 4]!,
      }
    case 'reversal':
      return { ...base, type, of: `e${index === 0 ? 0 : choice % index}` }
    case 'fee':
    case 'penalty':
    case 'extra-interest':
      return { ...base, type, amount: amount / 20n + 1n }
    case 're-amortise':
    case 'contract-termination':
    case 'recalculate':
    case 'charge-off':
      return { ...base, type }
    default:
      return { ...base, type, amount }
  }
}

/** Up to so many events, in any order of days. */
export function anyLife(most: number): fc.Arbitrary<Life> {
  return record({ terms: anyTerms, steps: fc.array(anyStep, { minLength: 1, maxLength: most }) }).map(
    ({ terms, steps }) => ({ terms, events: steps.map((step, index) => eventOf(terms, step, index)) }),
  )
}

/** The loan, or null where it names why it refuses one of the events. */
export function foldedLife({ terms, events }: Life): LoanState | null {
  try {
    return foldLoan(terms, events)
  } catch (problem) {
    if (problem instanceof LoanProblem) return null
    throw problem
  }
}
