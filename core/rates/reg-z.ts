/**
 * Unit-periods of 12 CFR Part 1026, Appendix J, paragraph (b): what the unit-period of a transaction is, how many lie
 * between two dates, and how many make a year.
 */
import { addPeriods, type Day } from '../calendar.ts'
import { compare, type Fraction, fraction, subtract } from '../fraction.ts'
import { type Timeline, type UnitPeriod, type UnitPeriodName, YEAR_PARTS } from './flow.ts'
import { monthsBack } from './months.ts'

/** A number of unit-periods as the general equation (b)(8) takes it: t full ones and a fraction f of one. */
export interface UnitTime {
  readonly full: number
  readonly part: number
}

export interface UnitPeriods {
  readonly perYear: number
  readonly timeOf: (flow: number) => UnitTime
}

type DatedLine = Extract<Timeline, { kind: 'dates' }>
type TimedLine = Extract<Timeline, { kind: 'times' }>

export function unitPeriodsOf(line: Timeline, unitPeriod: UnitPeriod | null): UnitPeriods {
  return line.kind === 'dates' ? ofDates(line, unitPeriod) : ofTimes(line, unitPeriod)
}

// Dates ------------------------------------------------------------------------------------------------------------

function ofDates(line: DatedLine, given: UnitPeriod | null): UnitPeriods {
  // The term begins with the first money that moves, in either direction.
  const { flows } = line
  const origin = flows[0]!.on
  const single = given === null ? singlePayment(line) : null
  if (single !== null) {
    return { perYear: single, timeOf: (j) => ({ full: flows[j]!.on === origin ? 0 : 1, part: 0 }) }
  }
  const unit = given ?? unitPeriodOfDates(line)
  return { perYear: perYear(unit), timeOf: (j) => unitTime(origin, flows[j]!.on, unit) }
}

/**
 * (b)(5)(vi) and (vii): one advance, one payment, less than a year: the term is the unit-period, of which there are
 * 12 / months or 365 / days in a year. null for any other transaction.
 */
function singlePayment(line: DatedLine): number | null {
  const days = distinctDays(line.flows.map((flow) => flow.on))
  if (days.length !== 2) return null
  const [from, to] = days as [Day, Day]
  const span = monthsBack(from, to)
  if (span.months >= 12) return null
  return span.days === 0 ? 12 / span.months : 365 / (to - from)
}

function distinctDays(days: readonly Day[]): Day[] {
  return [...new Set(days)].sort((a, b) => a - b)
}

/** (b)(4): periods lie between advances and between payments, and from the beginning to the first payment. */
function unitPeriodOfDates(line: DatedLine): UnitPeriod {
  const lent = distinctDays(line.flows.filter((flow) => flow.lent).map((flow) => flow.on))
  const repaid = distinctDays([line.flows[0]!.on, ...line.flows.filter((flow) => !flow.lent).map((flow) => flow.on)])
  const gaps = [...gapsOf(lent), ...gapsOf(repaid)]
  return commonest(gaps.flatMap((gap) => gap.names)) ?? average(gaps.map((gap) => gap.days))
}

interface Gap {
  readonly days: number
  /** Every unit the gap is a whole one of; Friday to Friday is one week and seven days. */
  readonly names: readonly UnitPeriod[]
}

function gapsOf(days: readonly Day[]): Gap[] {
  return days.slice(1).map((to, k) => {
    const from = days[k]!
    const names = namesOf(from, to)
    if (isHalfMonth(days[k - 1], from, to) || isHalfMonth(from, to, days[k + 2]))
      names.push({ n: 1, unit: 'half-month' })
    return { days: to - from, names }
  })
}

function namesOf(from: Day, to: Day): UnitPeriod[] {
  const names: UnitPeriod[] = []
  const { months, days } = monthsBack(from, to)
  const length = to - from
  if (days === 0 && months >= 1 && months <= 12) names.push(months === 12 ? ANNUAL : { n: months, unit: 'month' })
  if (length % 7 === 0 && length < 365) names.push({ n: length / 7, unit: 'week' })
  // Longer odd lengths are months in disguise (a due date moved from a weekend), left to the average.
  if (length < 28) names.push({ n: length, unit: 'day' })
  return names
}

const ANNUAL: UnitPeriod = { n: 1, unit: 'year' }

/** Three dates twice a month: a whole month from the first to the third, the second about its middle. */
function isHalfMonth(first: Day | undefined, second: Day, third: Day | undefined): boolean {
  if (first === undefined || third === undefined) return false
  const { months, days } = monthsBack(first, third)
  return months === 1 && days === 0 && second - first >= 13 && second - first <= 18
}

/** (b)(5)(i): the commonest period that occurs more than once; of equally common ones the smaller. */
function commonest(names: readonly UnitPeriod[]): UnitPeriod | null {
  const counts = new Map<string, { unit: UnitPeriod; count: number }>()
  for (const unit of names) {
    const key = `${unit.n} ${unit.unit}`
    counts.set(key, { unit, count: (counts.get(key)?.count ?? 0) + 1 })
  }
  let best: { unit: UnitPeriod; count: number } | null = null
  for (const entry of counts.values()) {
    if (entry.count < 2) continue
    if (best === null || entry.count > best.count || (entry.count === best.count && precedes(entry.unit, best.unit))) {
      best = entry
    }
  }
  return best?.unit ?? null
}

const NAME_ORDER: readonly UnitPeriodName[] = ['year', 'month', 'half-month', 'week', 'day']

/**
 * The shorter of two periods, two weeks rather than half a month; of two names for one length the larger unit, one week
 * rather than seven days.
 */
function precedes(a: UnitPeriod, b: UnitPeriod): boolean {
  const difference = lengthOf(a) - lengthOf(b)
  if (difference !== 0) return difference < 0
  return NAME_ORDER.indexOf(a.unit) < NAME_ORDER.indexOf(b.unit)
}

/** Days as paragraph (b)(5) counts them: months are equal, of 30 days. */
function lengthOf(unit: UnitPeriod): number {
  const days = { year: 365, month: 30, 'half-month': 15, week: 7, day: 1 }
  return unit.n * days[unit.unit]
}

const STANDARD_INTERVALS: readonly UnitPeriod[] = [
  { n: 1, unit: 'day' },
  { n: 1, unit: 'half-month' },
  ...Array.from({ length: 11 }, (_, k): UnitPeriod => ({ n: k + 1, unit: 'month' })),
  ...Array.from({ length: 52 }, (_, k): UnitPeriod => ({ n: k + 1, unit: 'week' })),
  ANNUAL,
]

/** (b)(5)(i)(B): no period occurs twice: their average, to the nearest standard interval, the lower of two as near. */
function average(lengths: readonly number[]): UnitPeriod {
  const mean = lengths.reduce((sum, days) => sum + days, 0) / lengths.length
  let best = ANNUAL
  for (const unit of STANDARD_INTERVALS) {
    const nearer = Math.abs(lengthOf(unit) - mean) - Math.abs(lengthOf(best) - mean)
    if (nearer < 0 || (nearer === 0 && lengthOf(unit) < lengthOf(best))) best = unit
  }
  return best
}

export function perYear(unit: UnitPeriod): number {
  return Number(YEAR_PARTS[unit.unit]) / unit.n
}

/** (b)(5)(ii) to (v). A flow before the first advance counts backwards. */
function unitTime(origin: Day, day: Day, unit: UnitPeriod): UnitTime {
  if (day < origin) {
    const { full, part } = unitTime(day, origin, unit)
    return part === 0 ? { full: -full, part: 0 } : { full: -full - 1, part: 1 - part }
  }
  switch (unit.unit) {
    case 'day':
      return divided(day - origin, unit.n)
    case 'week':
      return divided(day - origin, 7 * unit.n)
    case 'half-month':
      return divided(days30(origin, day), 15 * unit.n)
    case 'month':
      return unit.n === 12 ? yearTime(origin, day, 1) : divided(days30(origin, day), 30 * unit.n)
    case 'year':
      return yearTime(origin, day, unit.n)
  }
}

function divided(days: number, unitDays: number): UnitTime {
  const full = Math.floor(days / unitDays)
  return { full, part: (days - full * unitDays) / unitDays }
}

function days30(origin: Day, day: Day): number {
  const { months, days } = monthsBack(origin, day)
  return 30 * months + days
}

/** (b)(5)(v): what is left of a year is months over 12 where it is whole months, else days over 365. */
function yearTime(origin: Day, day: Day, years: number): UnitTime {
  const { months, days } = monthsBack(origin, day)
  const full = Math.floor(months / (12 * years))
  const restMonths = months - full * 12 * years
  if (days === 0) return { full, part: restMonths / (12 * years) }
  const restDays = daysBeforeFullYears(origin, day, full * years)
  return { full, part: restDays / (365 * years) }
}

function daysBeforeFullYears(origin: Day, day: Day, years: number): number {
  return addPeriods(day, { n: -1, unit: 'year' }, years) - origin
}

// Times ------------------------------------------------------------------------------------------------------------

function ofTimes(line: TimedLine, given: UnitPeriod | null): UnitPeriods {
  const unit = given ?? unitPeriodOfTimes(line)
  const rate = unit === null ? singleTerm(line) : fraction(YEAR_PARTS[unit.unit], BigInt(unit.n))
  return {
    perYear: Number(rate.num) / Number(rate.den),
    timeOf: (j) => splitTime(line.flows[j]!.years, rate),
  }
}

function splitTime(years: Fraction, unitsPerYear: Fraction): UnitTime {
  const num = years.num * unitsPerYear.num
  const den = years.den * unitsPerYear.den
  const full = num < 0n ? (num - den + 1n) / den : num / den
  return { full: Number(full), part: Number(num - full * den) / Number(den) }
}

/** One payment in less than a year: the term itself. */
function singleTerm(line: TimedLine): Fraction {
  const term = line.flows.at(-1)!.years
  return term.num === 0n ? fraction(1n) : fraction(term.den, term.num)
}

/** As for dates; null means the whole term (one advance, one payment, within a year). */
function unitPeriodOfTimes(line: TimedLine): UnitPeriod | null {
  const lent = distinctTimes(line.flows.filter((flow) => flow.lent).map((flow) => flow.years))
  const repaid = distinctTimes([
    line.flows[0]!.years,
    ...line.flows.filter((flow) => !flow.lent).map((flow) => flow.years),
  ])
  const gaps = [...timeGaps(lent), ...timeGaps(repaid)]
  if (gaps.length === 0) return null
  if (gaps.length === 1 && lent.length === 1) return gaps[0]!.num >= gaps[0]!.den ? ANNUAL : null
  return commonest(gaps.flatMap(timeNames)) ?? average(gaps.map((gap) => (365 * Number(gap.num)) / Number(gap.den)))
}

function distinctTimes(times: readonly Fraction[]): Fraction[] {
  const sorted = [...times].sort((a, b) => compare(a, b))
  return sorted.filter((time, k) => k === 0 || compare(time, sorted[k - 1]!) !== 0)
}

function timeGaps(times: readonly Fraction[]): Fraction[] {
  return times.slice(1).map((time, k) => subtract(time, times[k]!))
}

function timeNames(gap: Fraction): UnitPeriod[] {
  const names: UnitPeriod[] = []
  for (const unit of NAME_ORDER) {
    const parts = gap.num * YEAR_PARTS[unit]
    if (parts % gap.den !== 0n) continue
    const n = Number(parts / gap.den)
    if (fits(unit, n)) names.push({ n, unit })
  }
  return names
}

function fits(unit: UnitPeriodName, n: number): boolean {
  const most = { year: 1, month: 11, 'half-month': 1, week: 51, day: 27 }
  return n <= most[unit]
}
