/** Reads the loan that `chit calc schedule`, `allocate` and `explain` take: terms, events and the day of the question. */
import { parseDecimal } from '../../core/fraction.ts'
import { checkAmount, checkTerms } from '../../core/loan/check.ts'
import type { AllocationRule, AllocationStep, LoanEvent, LoanTerms } from '../../core/loan/types.ts'
import { currencyDecimals, type Minor } from '../../core/money.ts'
import { Problem } from '../../core/problem.ts'
import { businessDueDates, spansOf } from '../../core/schedule/dates.ts'
import {
  absent,
  CalcProblem,
  type Fields,
  named,
  or,
  readAmount,
  readBoolean,
  readChoice,
  readDate,
  readDecimal,
  readFields,
  readInteger,
  readList,
  readText,
} from './input.ts'
import { knownInPlace, laterOf, readEvent, refuseEvent, takesPlaceOn } from './loan-event-input.ts'

export interface LoanInput {
  readonly terms: LoanTerms
  readonly events: readonly LoanEvent[]
  /** The day asked about; absent: the day of the last event, or of the disbursement. */
  readonly asOf: string
  /** Where each event stands in the list that was given, by its id: `events` can have another order. */
  readonly places: ReadonlyMap<string, number>
}

export const loanFields = [
  'currency',
  'principal',
  'annualRatePercent',
  'method',
  'instalments',
  'every',
  'disbursedOn',
  'firstDueOn',
  'dueDates',
  'businessDays',
  'dayCount',
  'interestPeriod',
  'interestRecalculation',
  'overdueInterest',
  'earlyInterest',
  'lastInstalment',
  'rounding',
  'instalmentMultiple',
  'downPaymentPercent',
  'downPaymentPaid',
  'principalGrace',
  'interestFreePeriods',
  'balloon',
  'allocation',
  'events',
  'asOf',
] as const

/** What a field can be where that is one of a few words. */
export const choices = {
  method: ['equal-instalment', 'equal-principal', 'flat', 'interest-only', 'bullet'],
  dayCount: ['30/360', '30E/360', 'actual/365', 'actual/360', 'actual/actual', 'actual/365.25'],
  interestPeriod: ['daily', 'same-as-period', 'whole-period'],
  interestRecalculation: ['none', 'daily'],
  earlyInterest: ['to-day', 'to-due-date'],
  lastInstalment: ['remainder', 'levelled'],
  rounding: ['half-even', 'half-up', 'half-down', 'up', 'down'],
  surplus: ['next', 'last', 'next-last', 're-amortise'],
  across: ['horizontal', 'vertical'],
} as const

export function readLoan(fields: Fields): LoanInput {
  const asStated = readTerms(fields)
  const earliest = earlierStart(fields.events, asStated)
  const begun = { ...asStated, ...earliest }
  const asListed = readEvents(fields.events, begun)
  const undone = new Set(asListed.flatMap((event) => (event.type === 'reversal' ? [event.of] : [])))
  const listed = knownInPlace(asListed, undone, begun.disbursedOn)
  const { terms, events } = earliest === null ? { terms: asStated, events: listed } : started(listed, undone, asStated)
  refuseTerms(terms, !absent(fields.dueDates))
  // The stated disbursement is an event then, which has no place in the list.
  if (terms !== asStated) named('principal', () => checkAmount(asStated.principal, 'principal'))
  const dated = events.flatMap((event) => (undone.has(event.id) ? [event] : onItsDay(event, terms)))
  // Of what was listed: the reversal of what opened nothing is an event as any other.
  const latest = listed.reduce((day, event) => laterOf(day, event.on), asStated.disbursedOn)
  const asOf = absent(fields.asOf) ? latest : readDate(fields.asOf, 'asOf')
  return { terms, events: undoneAtOnce(dated), asOf, places: new Map(listed.map(({ id }, index) => [id, index])) }
}

type Start = Pick<LoanTerms, 'disbursedOn' | 'principal'>

/** The earliest disbursement before the stated one, where the due dates follow from the start: the loan can begin with it. */
function earlierStart(list: unknown, terms: LoanTerms): Start | null {
  if (!Array.isArray(list) || terms.dueDates !== undefined || terms.firstDueOn !== null) return null
  let earliest: Start | null = null
  for (const [index, item] of list.entries()) {
    if (typeof item !== 'object' || item === null || item.type !== 'disbursement') continue
    const event = readEvent(item, `events[${index}]`, terms, [])
    if (event.type !== 'disbursement' || event.on >= (earliest ?? terms).disbursedOn) continue
    earliest = { disbursedOn: event.on, principal: event.amount }
  }
  return earliest
}

/**
 * The disbursement that opens the loan leaves the list, and the stated one takes its place at the head of its day. One that
 * is reversed opens nothing: before the loan that then is, it leaves the list with its reversal.
 */
function started(
  listed: readonly LoanEvent[],
  undone: ReadonlySet<string>,
  stated: LoanTerms,
): { readonly terms: LoanTerms; readonly events: readonly LoanEvent[] } {
  let opening: (LoanEvent & { readonly type: 'disbursement' }) | null = null
  for (const event of listed) {
    const isFirst = event.type === 'disbursement' && event.on < (opening?.on ?? stated.disbursedOn)
    if (isFirst && !undone.has(event.id)) opening = event
  }
  const start = opening?.on ?? stated.disbursedOn
  const before = listed.filter(({ id, type, on }) => type === 'disbursement' && undone.has(id) && on < start)
  const gone = new Set(before.map(({ id }) => id))
  const kept = listed.filter((event) => !gone.has(event.type === 'reversal' ? event.of : event.id))
  const events = kept.map((event) => knownFrom(event, start))
  if (opening === null) return { terms: stated, events }
  const { id, on: disbursedOn, amount: principal } = opening
  const moved: LoanEvent = { id, type: 'disbursement', on: stated.disbursedOn, amount: stated.principal }
  return { terms: { ...stated, disbursedOn, principal }, events: [moved, ...events.filter((event) => event.id !== id)] }
}

/** A charge was known from the beginning of the loan at the earliest. */
function knownFrom(event: LoanEvent, start: string): LoanEvent {
  if (event.type !== 'fee' && event.type !== 'penalty') return event
  return { ...event, knownOn: laterOf(event.knownOn ?? event.on, start) }
}

/** What is reversed has never been, on the days before its reversal too: the payoff of such a day leaves it out as the rows do. */
function undoneAtOnce(events: readonly LoanEvent[]): readonly LoanEvent[] {
  if (!events.some((event) => event.type === 'reversal')) return events
  const days = new Map(events.map((event) => [event.id, takesPlaceOn(event)]))
  return events.map((event) => (event.type === 'reversal' ? { ...event, on: days.get(event.of) ?? event.on } : event))
}

/** New instalments that begin before the day they were agreed on count from their beginning, and are late from there. */
function onItsDay(event: LoanEvent, { disbursedOn }: LoanTerms): readonly LoanEvent[] {
  if (event.type !== 're-age' || event.firstDueOn >= event.on || event.firstDueOn < disbursedOn) return [event]
  const late: LoanEvent = { id: `${event.id} late`, type: 'recalculate', on: event.on }
  return [{ ...event, on: event.firstDueOn }, late]
}

function readTerms(fields: Fields): LoanTerms {
  const currency = or(fields.currency, 'USD', readCurrency)
  const amount = (name: string): Minor => readAmount(fields[name], name, currency)
  const choice = <T extends string>(name: string, usual: T, choices: readonly T[]): T =>
    or(fields[name], usual, (value) => readChoice(value, name, choices))
  const flag = (name: string, usual: boolean): boolean => or(fields[name], usual, (value) => readBoolean(value, name))
  const count = (name: string, max: number): number => or(fields[name], 0, (value) => readInteger(value, name, 0, max))
  const instalments = readInteger(fields.instalments, 'instalments', 1, 1200)
  const rule = {
    instalments,
    every: or(fields.every, { n: 1, unit: 'month' } as const, readEvery),
    disbursedOn: readDate(fields.disbursedOn, 'disbursedOn'),
    firstDueOn: or(fields.firstDueOn, null, (value) => readDate(value, 'firstDueOn')),
  }
  const dueDates = readDueDates(fields, rule)
  return {
    currency,
    principal: amount('principal'),
    annualRatePercent: readDecimal(fields.annualRatePercent, 'annualRatePercent'),
    method: choice('method', 'equal-instalment', choices.method),
    ...rule,
    ...(dueDates === null ? {} : { dueDates }),
    dayCount: choice('dayCount', '30/360', choices.dayCount),
    interestPeriod: choice('interestPeriod', 'daily', choices.interestPeriod),
    interestRecalculation: choice('interestRecalculation', 'none', choices.interestRecalculation),
    overdueInterest: flag('overdueInterest', true),
    earlyInterest: choice('earlyInterest', 'to-day', choices.earlyInterest),
    lastInstalment: choice('lastInstalment', 'remainder', choices.lastInstalment),
    rounding: choice('rounding', 'half-even', choices.rounding),
    instalmentMultiple: absent(fields.instalmentMultiple) ? null : amount('instalmentMultiple'),
    downPaymentPercent: or(fields.downPaymentPercent, null, readDownPayment),
    downPaymentPaid: flag('downPaymentPaid', false),
    principalGrace: count('principalGrace', instalments - 1),
    interestFreePeriods: count('interestFreePeriods', instalments),
    ...(absent(fields.balloon) ? {} : { balloon: amount('balloon') }),
    allocation: or(fields.allocation, null, readAllocation),
  }
}

function readCurrency(value: unknown): string {
  const currency = readText(value, 'currency')
  named('currency', () => currencyDecimals(currency))
  return currency
}

function refuseTerms(terms: LoanTerms, areDatesStated: boolean): void {
  ofTerms(terms, 'input', () => checkTerms(terms))
  // Dates that were not stated are those that the rule of business days made.
  if (areDatesStated || terms.dueDates === undefined) ofTerms(terms, 'input', () => spansOf(terms))
  else named('businessDays', () => spansOf(terms))
}

/** The day that due dates are counted from. */
export function originOf({ firstDueOn }: Pick<LoanTerms, 'firstDueOn'>): 'disbursedOn' | 'firstDueOn' {
  return firstDueOn === null ? 'disbursedOn' : 'firstDueOn'
}

/** Due dates beyond the calendar are the fault of the day they are counted from; `usual` is that of what names no field. */
function ofTerms<T>(rule: DateRule, usual: string, read: () => T): T {
  try {
    return read()
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem
    const field = problem.field ?? (problem.code === 'date-out-of-range' ? originOf(rule) : usual)
    throw new CalcProblem(field, problem.message, problem.code)
  }
}

/** None of it is no down payment, rather than one of nothing. */
function readDownPayment(value: unknown): string | null {
  const percent = readDecimal(value, 'downPaymentPercent')
  return parseDecimal(percent).num === 0n ? null : percent
}

function readEvery(value: unknown): LoanTerms['every'] {
  const fields = readFields(value, 'every', ['n', 'unit'])
  return {
    n: readInteger(fields.n, 'every.n', 1, 1200),
    unit: readChoice(fields.unit, 'every.unit', ['day', 'week', 'month', 'year']),
  }
}

type DateRule = Pick<LoanTerms, 'instalments' | 'every' | 'disbursedOn' | 'firstDueOn'>

function readDueDates(fields: Fields, rule: DateRule): readonly string[] | null {
  if (!absent(fields.dueDates)) {
    return readList(fields.dueDates, 'dueDates').map((value, index) => readDate(value, `dueDates[${index}]`))
  }
  if (absent(fields.businessDays)) return null
  const adjustment = readFields(fields.businessDays, 'businessDays', ['rule', 'holidays', 'workdays'])
  const days = (name: 'holidays' | 'workdays'): ReadonlySet<string> =>
    new Set(or(adjustment[name], [], (list) => readDays(list, `businessDays.${name}`)))
  const rules = ['none', 'following', 'preceding', 'modified-following', 'modified-preceding'] as const
  const chosen = readChoice(adjustment.rule, 'businessDays.rule', rules)
  return ofTerms(rule, 'businessDays', () =>
    businessDueDates(rule, chosen, { holidays: days('holidays'), workdays: days('workdays') }),
  )
}

function readDays(value: unknown, field: string): string[] {
  return readList(value, field).map((day, index) => readDate(day, `${field}[${index}]`))
}

const steps: readonly AllocationStep[] = (['past-due', 'due', 'in-advance'] as const).flatMap((timing) =>
  (['penalty', 'fee', 'interest', 'principal'] as const).map((component): AllocationStep => `${timing}-${component}`),
)

/** Of the others, a payoff and goods returned go to what is owed in the usual order, and a recovery is a repayment. */
const kindsOfPayment = [
  'default',
  'repayment',
  'down-payment',
  'merchant-refund',
  'payout-refund',
  'goodwill-credit',
  'interest-refund',
] as const

/** Contracts of other systems have rules for these too. Nothing here is paid by them, so that a contract can be checked as it is. */
const kindsElsewhere: ReadonlySet<string> = new Set([
  'payoff',
  'purchase-refund',
  'chargeback',
  'recovery',
  'charge-adjustment',
  'interest-payment-waiver',
  'capitalized-income-adjustment',
  'buy-down-fee-adjustment',
])

function readAllocation(value: unknown): Readonly<Record<string, AllocationRule>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CalcProblem('allocation', 'must be an object of rules by kind of payment')
  }
  return Object.fromEntries(
    Object.entries(value).map(([kind, rule]) => {
      const path = `allocation.${kind}`
      return [kindsElsewhere.has(kind) ? kind : readChoice(kind, path, kindsOfPayment), readRule(rule, path)]
    }),
  )
}

function readRule(value: unknown, path: string): AllocationRule {
  const fields = readFields(value, path, ['order', 'surplus', 'across'])
  return {
    order: or(fields.order, steps, (list) => readOrder(list, `${path}.order`)),
    surplus: or(fields.surplus, 'next', (text) => readChoice(text, `${path}.surplus`, choices.surplus)),
    across: or(fields.across, 'horizontal', (text) => readChoice(text, `${path}.across`, choices.across)),
  }
}

function readOrder(value: unknown, path: string): readonly AllocationStep[] {
  const order = readList(value, path).map((step, index) => readChoice(step, `${path}[${index}]`, steps))
  if (order.length === 0) throw new CalcProblem(path, 'must name at least one step')
  if (new Set(order).size !== order.length) throw new CalcProblem(path, 'names a step twice', 'repeated-step')
  return order
}

function readEvents(value: unknown, terms: LoanTerms): readonly LoanEvent[] {
  const events: LoanEvent[] = []
  const ids = new Set<string>()
  or(value, [], (list) => [...readList(list, 'events')]).forEach((item, index) => {
    const event = readEvent(item, `events[${index}]`, terms, events)
    refuseEvent(terms, event, `events[${index}]`, item)
    // Here, as an event that opens the loan or never did leaves the list, and all of its id with it.
    if (ids.has(event.id)) throw new CalcProblem(`events[${index}].id`, 'is used twice', 'duplicate-event')
    ids.add(event.id)
    events.push(event)
  })
  return events
}
