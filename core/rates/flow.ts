import { addPeriods, CalendarProblem, type Day, parseDay } from '../calendar.ts'
import { type Fraction, fraction, subtract } from '../fraction.ts'
import type { Minor } from '../money.ts'
import { addHalfMonths } from './months.ts'
import { RateProblem } from './problem.ts'

export type UnitPeriodName = 'year' | 'month' | 'half-month' | 'week' | 'day'
export interface UnitPeriod {
  readonly n: number
  readonly unit: UnitPeriodName
}

/** A time after the first advance, in years, as a fraction or a decimal: "1/12", "0.25", "2". */
export interface YearsAfter {
  readonly years: string
}

interface Repetition {
  /** How many times the flow is made; absent: once. */
  readonly count?: number | undefined
  /** Spacing of a repeated flow; dates follow the month-end rule. */
  readonly every?: UnitPeriod | undefined
}

/** Money changing hands: on a date, or at a time after the first advance. All flows of one question are of one kind. */
export type Flow = { readonly amount: Minor } & Repetition &
  ({ readonly on: string; readonly at?: undefined } | { readonly at: YearsAfter; readonly on?: undefined })

/** The flows of a question, single and in order of time; amounts lent are negative. */
export type Timeline =
  | {
      readonly kind: 'dates'
      readonly origin: Day
      readonly flows: readonly { amount: Minor; on: Day; lent: boolean }[]
    }
  | { readonly kind: 'times'; readonly flows: readonly { amount: Minor; years: Fraction; lent: boolean }[] }

/** More would be a mistake in the input rather than a loan: weekly payments over 200 years. */
const MAX_FLOWS = 10_400

export const YEAR_PARTS: Readonly<Record<UnitPeriodName, bigint>> = {
  year: 1n,
  month: 12n,
  'half-month': 24n,
  week: 52n,
  day: 365n,
}

export function timeline(advances: readonly Flow[], payments: readonly Flow[]): Timeline {
  if (advances.length === 0) throw new RateProblem('bad-flows', 'at least one advance is needed', 'advances')
  if (payments.length === 0) throw new RateProblem('bad-flows', 'at least one payment is needed', 'payments')
  if (countOf(advances) + countOf(payments) > MAX_FLOWS)
    throw new RateProblem('bad-flows', `more than ${MAX_FLOWS} flows`, 'payments')
  const dated = advances[0]!.on !== undefined
  const line = dated ? datedLine(advances, payments) : timedLine(advances, payments)
  assertMoney(line, 'advances', true)
  assertMoney(line, 'payments', false)
  return line
}

function countOf(flows: readonly Flow[]): number {
  let count = 0
  for (const flow of flows) count += flow.count ?? 1
  return count
}

function assertMoney(line: Timeline, field: string, lent: boolean): void {
  if (line.flows.some((flow) => flow.lent === lent && flow.amount !== 0n)) return
  throw new RateProblem('bad-flows', `${field} are all zero`, field)
}

function datedLine(advances: readonly Flow[], payments: readonly Flow[]): Timeline {
  const flows: DatedFlow[] = []
  advances.forEach((flow, k) => {
    addOnDates(flows, flow, () => `advances[${k}]`, true)
  })
  const origin = moved(flows).reduce((first, flow) => Math.min(first, flow.on), Number.POSITIVE_INFINITY)
  payments.forEach((flow, k) => {
    addOnDates(flows, flow, () => `payments[${k}]`, false)
  })
  return { kind: 'dates', origin, flows: moved(flows).sort((a, b) => a.on - b.on) }
}

/** Nothing happens where nothing is paid: such a day is no end of a period, and settles no interest. */
function moved<F extends { readonly amount: Minor }>(flows: F[]): F[] {
  return flows.some((flow) => flow.amount === 0n) ? flows.filter((flow) => flow.amount !== 0n) : flows
}

function timedLine(advances: readonly Flow[], payments: readonly Flow[]): Timeline {
  const lent = advances.flatMap((flow, k) => atTimes(flow, `advances[${k}]`, true))
  const repaid = payments.flatMap((flow, k) => atTimes(flow, `payments[${k}]`, false))
  const flows = moved([...lent, ...repaid]).sort((a, b) => toNumber(a.years) - toNumber(b.years))
  if (flows.length === 0) return { kind: 'times', flows }
  // Time begins with the first money that moves, as it does for dates; which point it is counted from is no matter.
  const begin = flows[0]!.years
  return { kind: 'times', flows: flows.map((flow) => ({ ...flow, years: subtract(flow.years, begin) })) }
}

interface DatedFlow {
  amount: Minor
  on: Day
  lent: boolean
}

/** `fieldOf` is asked where there is something wrong: printing the places of all flows took a tenth of a quote's rates. */
function addOnDates(flows: DatedFlow[], flow: Flow, fieldOf: () => string, lent: boolean): void {
  if (flow.on === undefined)
    throw new RateProblem('bad-time', 'dates (on) and times (at) cannot be mixed', `${fieldOf()}.at`)
  const first = readDay(flow.on, fieldOf)
  const amount = lent ? -flow.amount : flow.amount
  flows.push({ amount, on: first, lent })
  if (flow.count === undefined && flow.every === undefined) return
  const field = fieldOf()
  const count = repetitions(flow, field)
  for (let k = 1; k < count; k++) flows.push({ amount, on: dayAfter(first, flow.every!, k, field), lent })
}

function atTimes(flow: Flow, field: string, lent: boolean): { amount: Minor; years: Fraction; lent: boolean }[] {
  if (flow.at === undefined)
    throw new RateProblem('bad-date', 'dates (on) and times (at) cannot be mixed', `${field}.on`)
  const first = parseYears(flow.at.years, `${field}.at.years`)
  const amount = lent ? -flow.amount : flow.amount
  return Array.from({ length: repetitions(flow, field) }, (_, k) => ({
    amount,
    years: k === 0 ? first : yearsAfter(first, flow.every!, k),
    lent,
  }))
}

function repetitions(flow: Flow, field: string): number {
  const count = flow.count ?? 1
  if (!Number.isInteger(count) || count < 1 || count > MAX_FLOWS) {
    throw new RateProblem('bad-flows', `${field}.count must be a whole number from 1 to ${MAX_FLOWS}`, `${field}.count`)
  }
  if (count > 1 && flow.every === undefined) {
    throw new RateProblem('bad-flows', `${field}.every is needed to repeat a flow`, `${field}.every`)
  }
  if (flow.every !== undefined) assertUnitPeriod(flow.every, `${field}.every`)
  return count
}

export function assertUnitPeriod(period: UnitPeriod, field: string): void {
  const known = Object.hasOwn(YEAR_PARTS, period.unit)
  if (known && Number.isInteger(period.n) && period.n >= 1 && period.n <= 36_525) return
  throw new RateProblem(
    'bad-unit-period',
    `${field} must be {n, unit} with unit year, month, half-month, week or day`,
    field,
  )
}

function dayAfter(first: Day, every: UnitPeriod, k: number, field: string): Day {
  if (every.unit === 'half-month') return addHalfMonths(first, every.n * k)
  try {
    return addPeriods(first, { n: every.n, unit: every.unit }, k)
  } catch (problem) {
    if (!(problem instanceof CalendarProblem)) throw problem
    throw new RateProblem('bad-date', `${field}.count: ${problem.message}`, `${field}.count`)
  }
}

function yearsAfter(first: Fraction, every: UnitPeriod, k: number): Fraction {
  const parts = YEAR_PARTS[every.unit]
  return fraction(first.num * parts + BigInt(every.n * k) * first.den, first.den * parts)
}

function readDay(text: string, fieldOf: () => string): Day {
  try {
    return parseDay(text)
  } catch (problem) {
    if (!(problem instanceof CalendarProblem)) throw problem
    const field = `${fieldOf()}.on`
    throw new RateProblem('bad-date', `${field}: ${problem.message}`, field)
  }
}

const yearsText = /^(-?\d{1,12})(?:\/(\d{1,12})|\.(\d{1,12}))?$/

/** "1/12", "0.25", "2", or "-1" for money that moved before: within 200 years of the first advance. */
function parseYears(text: string, field: string): Fraction {
  const parts = typeof text === 'string' ? yearsText.exec(text) : null
  if (parts === null || (parts[2] !== undefined && BigInt(parts[2]) === 0n)) {
    throw new RateProblem('bad-time', `${field} must be a time like "1/12", "0.25" or "2"`, field)
  }
  const decimals = parts[3] ?? ''
  const years = fraction(BigInt(parts[1]! + decimals), parts[2] ? BigInt(parts[2]) : 10n ** BigInt(decimals.length))
  const size = years.num < 0n ? -years.num : years.num
  if (size > 200n * years.den) throw new RateProblem('bad-time', `${field} is beyond 200 years`, field)
  return years
}

export function toNumber(value: Fraction): number {
  return Number(value.num) / Number(value.den)
}
