/** Lives of one loan, told to the auditor and to core beside each other, without a server: thousands in a minute. */
import fc from 'fast-check'
import { applyEvent, openLoan, payoffOn } from '../../core/loan/index.ts'
import { plainLoan } from '../../core/loan/plain.test-support.ts'
import { LoanProblem } from '../../core/loan/problem.ts'
import type { LoanState as CoreState, LoanEvent, LoanTerms } from '../../core/loan/types.ts'
import { unpaidOf } from '../../core/program/bill.ts'
import { dayOf, monthsLater, textOf } from '../auditor/arithmetic.ts'
import { settles, tell } from '../auditor/loan.ts'
import { unpaid, unpaidInterest, unpaidPenalty } from '../auditor/part.ts'
import { DoesNotFit, type Happening, type LoanFacts, type LoanState, partsOf, principalLeft } from '../auditor/state.ts'

const kinds = [
  ...(['paid', 'paid', 'prepaid', 'prepaid', 'settled', 'refunded', 'late-charge', 'waived'] as const),
  ...(['new-plan', 'lost', 'reversed'] as const),
] as const

interface Step {
  readonly kind: (typeof kinds)[number]
  /** Days since the step before. */
  readonly after: number
  /** Days it counts earlier than it is booked, of money. */
  readonly before: number
  /** Of what it may at most be, in thousandths. */
  readonly share: number
  readonly choice: number
}

export interface Life {
  readonly method: 'level' | 'carried' | 'flat'
  readonly percent: string
  readonly price: number
  readonly instalments: number
  readonly openedAfter: number
  /** What a refund leaves over goes back to the customer at once, as in a program that pays it back. */
  readonly paysBack: boolean
  readonly steps: readonly Step[]
}

const anyStep: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom(...kinds),
  after: fc.oneof(fc.nat(20), fc.constantFrom(0, 30, 31)),
  before: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(12) }),
  share: fc.oneof(fc.nat(1000), fc.constant(1000), fc.nat(40)),
  choice: fc.nat(23),
})

export function anyLife(method: Life['method'], most: number): fc.Arbitrary<Life> {
  return fc.record({
    method: fc.constant(method),
    percent:
      method === 'carried'
        ? fc.constant('0')
        : method === 'flat'
          ? fc.constantFrom('0.5', '0.45', '0.6')
          : fc.constantFrom('10.95', '14.6', '7.2', '19.95', '9.125', '12', '17.52'),
    price: fc.oneof(fc.integer({ min: 100, max: 200_000 }), fc.constantFrom(10_000, 300_000)),
    instalments: method === 'carried' ? fc.constant(1) : fc.constantFrom(3, 6, 12),
    openedAfter: fc.nat(29),
    paysBack: fc.boolean(),
    steps: fc.array(anyStep, { minLength: 1, maxLength: most }),
  })
}

export function termsOf(
  { method, percent, price, instalments }: Life,
  opened: number,
  dues: readonly number[],
): LoanTerms {
  return {
    ...plainLoan,
    principal: BigInt(price),
    annualRatePercent: method === 'flat' ? String((Number(percent) * 1200) / 100) : percent,
    method: method === 'carried' ? 'bullet' : method === 'flat' ? 'flat' : 'equal-instalment',
    instalments,
    disbursedOn: textOf(opened),
    dueDates: dues.map(textOf),
    dayCount: 'actual/365',
    interestPeriod: method === 'flat' ? 'whole-period' : 'daily',
    overdueInterest: false,
    earlyInterest: method === 'flat' ? 'to-due-date' : 'to-day',
    earlyFlat: 'forgiven',
  }
}

interface Booked {
  readonly happening: Happening
  readonly id: string
  reversed: boolean
}

/** What differs at the first step after which something does; empty where nothing does. */
export function differences(life: Life): string[] {
  const opened = dayOf('2026-03-01') + life.openedAfter
  const firstDue = dayOf('2026-04-13')
  const dues = Array.from({ length: life.instalments }, (_, place) => monthsLater(firstDue, place))
  const plan = {
    code: 'any',
    method: life.method,
    instalments: life.instalments,
    percent: life.percent,
    merchantPays: false,
    leastAmount: 0,
  }
  const facts: LoanFacts = { plan, price: life.price, openedOn: opened, dues }
  const told: Booked[] = []
  let own = tell(facts, [])
  let core = openLoan(termsOf(life, opened, dues))
  let today = opened
  const story: string[] = []
  const begin = compare(own, core, today)
  if (begin.length > 0) return begin
  for (const [place, step] of life.steps.entries()) {
    today += step.after
    const found = compare(own, core, today)
    if (found.length > 0) return [...story, `later, on ${textOf(today)}`, ...found]
    const kept = own.credit
    let next = book(told, facts, own, core, step, today, `e${place}`)
    while (next !== null) {
      story.push(`${textOf(today)} ${next.said}`)
      if (next.differs !== null) return [...story, next.differs]
      ;({ own, core } = next)
      const after = compare(own, core, today)
      if (after.length > 0) return [...story, ...after]
      const surplus = life.paysBack && step.kind === 'refunded' ? own.credit - kept : 0
      const back: Happening = { what: 'given-back', on: today, amount: surplus }
      next = surplus > 0 ? happens(told, facts, own, core, back, `b${place}`) : null
    }
  }
  return []
}

interface After {
  readonly said: string
  readonly differs: string | null
  readonly own: LoanState
  readonly core: CoreState
}

function book(
  told: Booked[],
  facts: LoanFacts,
  own: LoanState,
  core: CoreState,
  step: Step,
  today: number,
  id: string,
): After | null {
  if (step.kind === 'reversed') return reverse(told, facts, own, core, step, today, id)
  const happening = happeningOf(facts, own, told, step, today)
  return happening === null ? null : happens(told, facts, own, core, happening, id)
}

function happens(
  told: Booked[],
  facts: LoanFacts,
  own: LoanState,
  core: CoreState,
  happening: Happening,
  id: string,
): After | null {
  const event = eventOf(happening, id, own.percent)
  const said = JSON.stringify(happening, (name, value) =>
    name === 'on' || name === 'firstDue' ? textOf(value) : value,
  )
  const attempt = both(
    () => tell(facts, [...told.filter((one) => !one.reversed).map((one) => one.happening), happening]),
    () => applyEvent(core, event),
  )
  if (attempt.differs !== null || attempt.own === null) return { said, own, core, differs: attempt.differs }
  told.push({ happening, id, reversed: false })
  return { said, differs: null, own: attempt.own, core: attempt.core }
}

function reverse(
  told: Booked[],
  facts: LoanFacts,
  own: LoanState,
  core: CoreState,
  { choice }: Step,
  today: number,
  id: string,
): After | null {
  const money = told.filter(
    ({ happening: { what }, reversed }) => !reversed && ['paid', 'settled', 'prepaid', 'recovered'].includes(what),
  )
  if (money.length === 0) return null
  const target = money[choice % money.length]!
  const said = `reversed ${JSON.stringify(target.happening)}`
  const attempt = both(
    () =>
      tell(
        facts,
        told.filter((one) => !one.reversed && one !== target).map((one) => one.happening),
      ),
    () => applyEvent(core, { id, on: textOf(today), type: 'reversal', of: target.id }),
  )
  if (attempt.differs !== null || attempt.own === null) return { said, own, core, differs: attempt.differs }
  target.reversed = true
  return { said, differs: null, own: attempt.own, core: attempt.core }
}

type Both =
  | { readonly differs: string | null; readonly own: null }
  | { readonly differs: null; readonly own: LoanState; readonly core: CoreState }

/** Both do it, or both refuse. */
function both(tells: () => LoanState, applies: () => CoreState): Both {
  let own: LoanState | null = null
  let core: CoreState | null = null
  try {
    own = tells()
  } catch (problem) {
    if (!(problem instanceof DoesNotFit)) throw problem
  }
  try {
    core = applies()
  } catch (problem) {
    if (!(problem instanceof LoanProblem)) throw problem
  }
  if (own !== null && core !== null) return { differs: null, own, core }
  const differs = own === null && core === null ? null : `only ${own === null ? 'the auditor' : 'core'} refuses`
  return { differs, own: null }
}

function happeningOf(
  facts: LoanFacts,
  own: LoanState,
  told: readonly Booked[],
  { kind, before, share, choice }: Step,
  today: number,
): Happening | null {
  const part = (most: number) => Math.min(most, Math.floor((most * share) / 1000) + 1)
  const active = own.status === 'active'
  const early = Math.max(facts.openedOn, today - before)
  const payoff = settles(own, today)
  switch (kind) {
    case 'paid': {
      if (!active) return own.status === 'charged-off' ? { what: 'recovered', on: today, amount: part(5_000) } : null
      const amount = part(payoff)
      if (amount === 0) return null
      return amount === payoff && early === today
        ? { what: 'settled', on: today, amount }
        : { what: 'paid', on: early, amount }
    }
    case 'settled':
      return active && payoff > 0 && choice % 3 === 0 ? { what: 'settled', on: today, amount: payoff } : null
    case 'prepaid': {
      const amount = part(payoff)
      if (!active || amount === 0 || amount === payoff || facts.plan.method === 'flat') return null
      return { what: 'prepaid', on: today, amount, effect: choice % 2 === 0 ? 'shorten' : 'lower' }
    }
    case 'refunded': {
      const given = told.reduce((sum, { happening }) => sum + (happening.what === 'refunded' ? happening.amount : 0), 0)
      const amount = part(facts.price - given)
      return amount === 0 ? null : { what: 'refunded', on: today, amount }
    }
    case 'late-charge':
      return active && partsOf(own).some((one) => one.due < today && unpaid(one) > 0)
        ? { what: 'late-charge', on: today, amount: part(2_000), missed: today }
        : null
    case 'waived': {
      const charge = choice % 2 === 0 ? 'penalty' : 'interest'
      const owing = partsOf(own).reduce(
        (sum, one) => sum + (charge === 'penalty' ? unpaidPenalty(one) : unpaidInterest(one)),
        0,
      )
      return active && owing > 0 ? { what: 'waived', on: today, amount: part(owing), charge } : null
    }
    case 'new-plan': {
      if (!active) return null
      const firstDue = today + 1 + choice
      const monthly = new Date(firstDue * 86_400_000).getUTCDate() > 28 ? firstDue + 3 : firstDue
      const percent = choice % 3 === 0 ? '0' : facts.plan.method === 'carried' ? '18.25' : own.percent
      const instalments = facts.plan.method === 'carried' ? 1 : 1 + (share % 8)
      return { what: 'new-plan', on: today, instalments, firstDue: monthly, percent }
    }
    case 'lost':
      return active && choice === 0 ? { what: 'lost', on: today } : null
    default:
      return null
  }
}

export function eventOf(happening: Happening, id: string, planPercent = ''): LoanEvent {
  const base = { id, on: textOf(happening.on) }
  switch (happening.what) {
    case 'paid':
      return { ...base, type: 'repayment', amount: BigInt(happening.amount) }
    case 'settled':
      return { ...base, type: 'payoff', amount: BigInt(happening.amount) }
    case 'prepaid':
      return { ...base, type: 'repayment', amount: BigInt(happening.amount), prepay: happening.effect }
    case 'recovered':
      return { ...base, type: 'recovery', amount: BigInt(happening.amount) }
    case 'refunded':
      return { ...base, type: 'purchase-refund', amount: BigInt(happening.amount) }
    case 'given-back':
      return { ...base, type: 'credit-balance-refund', amount: BigInt(happening.amount) }
    case 'late-charge':
      return { ...base, type: 'penalty', amount: BigInt(happening.amount) }
    case 'waived':
      return { ...base, type: 'waiver', amount: BigInt(happening.amount), component: happening.charge }
    case 'lost':
      return { ...base, type: 'charge-off' }
    case 'new-plan':
      return {
        ...base,
        type: 'reschedule',
        instalments: happening.instalments,
        firstDueOn: textOf(happening.firstDue),
        ...(happening.percent === planPercent ? {} : { annualRatePercent: happening.percent }),
      }
  }
}

function compare(own: LoanState, core: CoreState, today: number): string[] {
  const parts = partsOf(own)
  const found: string[] = []
  const hold = (what: string, is: unknown, should: unknown) => {
    if (is !== should) found.push(`${what} is ${is} by core, ${should} by the auditor`)
  }
  hold('status', core.status, own.status)
  hold('principal outstanding', Number(core.principalOutstanding), principalLeft(own))
  hold('credit', Number(core.creditBalance), own.credit)
  if (own.status === 'active') hold('payoff', Number(payoffOn(core, textOf(today)).total), settles(own, today))
  if (own.status === 'active') {
    const end = Math.max(today, ...parts.map((part) => part.due))
    const asked = parts.reduce((sum, part) => sum + unpaid(part), 0)
    hold('at maturity', Number(payoffOn(core, textOf(end)).total), settles(own, end))
    if (settles(own, end) !== asked)
      found.push(`auditor: schedule asks ${asked}, at maturity ${settles(own, end)} are owed`)
    const coreAsks = core.instalments.reduce((sum, row) => sum + unpaidOf(row), 0n)
    const coreEnd = payoffOn(core, textOf(end)).total
    if (coreAsks !== coreEnd) found.push(`core: schedule asks ${coreAsks}, at maturity ${coreEnd} are owed`)
    // A waiver may forgive interest before it is borne, which then saves what comes later.
    const waived = parts.some((part) => part.waivedInterest > 0)
    if (!waived && coreEnd < payoffOn(core, textOf(today)).total) found.push(`core: payoff falls to ${coreEnd}`)
    if (!waived && settles(own, end) < settles(own, today)) found.push(`auditor: payoff falls to ${settles(own, end)}`)
  }
  hold('number of instalments', core.instalments.length, parts.length)
  for (const [place, part] of parts.entries()) {
    const row = core.instalments[place]
    if (row === undefined) break
    hold(`${place + 1} due`, row.dueOn, textOf(part.due))
    hold(`${place + 1} principal`, Number(row.principal), part.principal)
    hold(`${place + 1} interest`, Number(row.interest), part.interest)
    hold(`${place + 1} penalty`, Number(row.penalty), part.penalty)
    hold(`${place + 1} principal paid`, Number(row.principalPaid), part.paidPrincipal)
    hold(`${place + 1} interest paid`, Number(row.interestPaid), part.paidInterest)
    hold(`${place + 1} penalty paid`, Number(row.penaltyPaid), part.paidPenalty)
  }
  return found
}
