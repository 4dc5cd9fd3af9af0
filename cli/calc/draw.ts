/** `chit calc draw`: draws on one limit with simple daily interest. Documented in docs/calc-rates.md. */
import { type DrawEvent, type DrawState, type DrawTerms, drawsOn, type MoneySpread } from '../../core/draws/index.ts'
import { currencyDecimals, formatMinor, type Minor } from '../../core/money.ts'
import { Problem } from '../../core/problem.ts'
import { type Rounding, roundingNames } from '../../core/rounding.ts'
import {
  absent,
  CalcProblem,
  type Fields,
  named,
  readAmount,
  readChoice,
  readDate,
  readDecimal,
  readFields,
  readList,
  readText,
  readTyped,
} from './input.ts'

export const drawFields = [
  'currency',
  'limit',
  'dailyRatePercent',
  'overdueDailyRatePercent',
  'order',
  'interest',
  'rounding',
  'events',
  'asOf',
] as const

/** What a field can be where that is one of a few words. */
export const drawChoices = {
  order: ['oldest', 'newest', 'highest-rate', 'earliest-due'],
  interest: ['first', 'per-draw', 'with-principal'],
  rounding: roundingNames,
} as const

/** Beside `id`, `type` and `on`. */
export const drawEventFields: Readonly<Record<DrawEvent['type'], readonly string[]>> = {
  draw: ['amount', 'dailyRatePercent', 'dueOn'],
  repayment: ['amount', 'draw'],
  fee: ['amount'],
  'rate-change': ['draw', 'dailyRatePercent'],
  'limit-change': ['limit'],
  reversal: ['of'],
}

/** A limit that no draw reaches, for an input that states none. */
const UNLIMITED = 10n ** 40n

export interface DrawAnswer {
  readonly draws: readonly Readonly<Record<string, string | boolean | null>>[]
  readonly repayments: readonly Readonly<Record<string, unknown>>[]
  readonly fromCredit: readonly Readonly<Record<string, unknown>>[]
  readonly totals: Readonly<Record<string, string | null>>
  readonly payoff: { readonly on: string; readonly amount: string }
}

export function calcDraw(input: unknown): DrawAnswer {
  const { terms, state } = readDraws(readFields(input, 'input', drawFields))
  return answer(state, terms)
}

/** The draws on a day; absent: on `asOf`, or the day of the last event. */
export function readDraws(fields: Fields, day?: string): { readonly terms: DrawTerms; readonly state: DrawState } {
  const terms = readTerms(fields)
  const events = readList(fields.events ?? [], 'events').map((event, k) => readEvent(event, k, terms.currency))
  const asOf = day ?? (absent(fields.asOf) ? lastDay(events) : readDate(fields.asOf, 'asOf'))
  return { terms, state: byIndex(events, () => drawsOn(terms, events, asOf)) }
}

function readTerms(fields: Fields): DrawTerms {
  const currency = readText(fields.currency, 'currency')
  named('currency', () => currencyDecimals(currency))
  return {
    currency,
    limit: absent(fields.limit) ? UNLIMITED : readAmount(fields.limit, 'limit', currency),
    dailyRatePercent: readDecimal(fields.dailyRatePercent, 'dailyRatePercent'),
    overdueDailyRatePercent: absent(fields.overdueDailyRatePercent)
      ? null
      : readDecimal(fields.overdueDailyRatePercent, 'overdueDailyRatePercent'),
    order: readChoice(fields.order ?? 'oldest', 'order', drawChoices.order),
    interest: readChoice(fields.interest ?? 'first', 'interest', drawChoices.interest),
    rounding: readRounding(fields.rounding),
  }
}

export function readRounding(value: unknown): Rounding {
  return readChoice(value ?? 'half-even', 'rounding', roundingNames)
}

/** An event may go without an id unless another names it: it is then called e1, e2… by its place. */
export function readId(value: unknown, path: string, index: number): string {
  return absent(value) ? `e${index + 1}` : readText(value, `${path}.id`)
}

export function lastDay(events: readonly { readonly on: string }[]): string {
  const last = events
    .map((event) => event.on)
    .sort()
    .at(-1)
  if (last === undefined) throw new CalcProblem('asOf', 'is needed where there is no event')
  return last
}

/** Core names an event by its id; here it is named by its place in the input. */
export function byIndex<T>(events: readonly { readonly id: string }[], run: () => T): T {
  try {
    return run()
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem
    const named = problem.field ?? 'input'
    const field = byPlace(named, events)
    throw new CalcProblem(
      field,
      problem.message.replace(named, () => field),
      problem.code,
    )
  }
}

/** An id can have dots, and begin as another: the longest that fits is meant. */
function byPlace(field: string, events: readonly { readonly id: string }[]): string {
  let place = -1
  for (const [index, { id }] of events.entries()) {
    if (field.startsWith(`events.${id}.`) && id.length > (events[place]?.id.length ?? -1)) place = index
  }
  return place < 0 ? field : `events[${place}]${field.slice(`events.${events[place]!.id}`.length)}`
}

function readEvent(value: unknown, index: number, currency: string): DrawEvent {
  const path = `events[${index}]`
  const { type, fields } = readTyped(value, path, drawEventFields)
  const base = { id: readId(fields.id, path, index), on: readDate(fields.on, `${path}.on`) }
  const amount = () => readAmount(fields.amount, `${path}.amount`, currency)
  switch (type) {
    case 'draw':
      return {
        ...base,
        type: 'draw',
        amount: amount(),
        ...(absent(fields.dailyRatePercent)
          ? {}
          : { dailyRatePercent: readDecimal(fields.dailyRatePercent, `${path}.dailyRatePercent`) }),
        ...(absent(fields.dueOn) ? {} : { dueOn: readDate(fields.dueOn, `${path}.dueOn`) }),
      }
    case 'repayment':
      return {
        ...base,
        type: 'repayment',
        amount: amount(),
        ...(absent(fields.draw) ? {} : { draw: readText(fields.draw, `${path}.draw`) }),
      }
    case 'fee':
      return { ...base, type: 'fee', amount: amount() }
    case 'rate-change':
      return {
        ...base,
        type: 'rate-change',
        draw: readText(fields.draw, `${path}.draw`),
        dailyRatePercent: readDecimal(fields.dailyRatePercent, `${path}.dailyRatePercent`),
      }
    case 'limit-change':
      return { ...base, type: 'limit-change', limit: readAmount(fields.limit, `${path}.limit`, currency) }
    case 'reversal':
      return { ...base, type: 'reversal', of: readText(fields.of, `${path}.of`) }
  }
}

function answer(state: DrawState, terms: DrawTerms): DrawAnswer {
  const money = (amount: Minor) => formatMinor(amount, terms.currency)
  const limited = state.limit !== UNLIMITED
  return {
    draws: state.draws.map(({ id, on, dueOn, overdue, ...amounts }) => ({
      id,
      on,
      dueOn,
      amount: money(amounts.amount),
      principal: money(amounts.principal),
      interestAccrued: money(amounts.interestAccrued),
      interestPaid: money(amounts.interestPaid),
      interestOwed: money(amounts.interestOwed),
      overdue,
    })),
    repayments: state.spreads.map((spread) => ({
      ...sumsOf(spread, money),
      overpaid: money(spread.overpaid),
      parts: partsOf(spread, money),
    })),
    fromCredit: state.fromCredit.map((spread) => ({ ...sumsOf(spread, money), parts: partsOf(spread, money) })),
    totals: {
      principal: money(state.principal),
      interest: money(state.interest),
      fees: money(state.fees),
      creditBalance: money(state.creditBalance),
      available: limited ? money(state.available) : null,
    },
    payoff: { on: state.asOf, amount: money(state.payoff) },
  }
}

type Money = (amount: Minor) => string

function sumsOf({ eventId, on, amount, fee, parts }: MoneySpread, money: Money) {
  return {
    id: eventId,
    on,
    amount: money(amount),
    fees: money(fee),
    interest: money(parts.reduce((sum, part) => sum + part.interest, 0n)),
    principal: money(parts.reduce((sum, part) => sum + part.principal, 0n)),
  }
}

function partsOf({ parts }: MoneySpread, money: Money) {
  return parts.map(({ draw, interest, principal }) => ({
    draw,
    interest: money(interest),
    principal: money(principal),
  }))
}
