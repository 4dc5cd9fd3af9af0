/**
 * How much of a year's interest a stretch of days bears. A period's factor is rate × units × share / denominator, all
 * whole numbers, so that balance × factor stays exact until the one rounding of the instalment. Stretches are half open:
 * (from, to] counts the days after `from` up to and including `to`, which makes `actual` counts add over any split.
 */
import { addPeriods, civilOf, type Day, dayOfCivil, isLeapYear, type Period } from '../calendar.ts'

export type DayCount = '30/360' | '30E/360' | 'actual/365' | 'actual/360' | 'actual/actual' | 'actual/365.25'
export type InterestPeriod = 'daily' | 'same-as-period' | 'whole-period'

/** Year fraction of (a, b] within one period: units(a, b) × share / denominator. */
export interface Measure {
  readonly units: (from: Day, to: Day) => number
  readonly share: number
  readonly denominator: number
  /** Bears interest from here on: the start of the period, but for free ones that a bullet begins with. */
  readonly since: Day
}

/** A stretch that bears nothing. */
export const noInterest: Measure = { units: () => 0, share: 0, denominator: 1, since: Number.NEGATIVE_INFINITY }

/** The same measure, with nothing borne after a day. */
export function untilDay(measure: Measure, last: Day): Measure {
  return { ...measure, units: (from, to) => (from >= last ? 0 : measure.units(from, Math.min(to, last))) }
}

/** The same measure, with nothing borne before a day. */
export function sinceDay(measure: Measure, since: Day): Measure {
  return { ...measure, since, units: (from, to) => (to <= since ? 0 : measure.units(Math.max(from, since), to)) }
}

const actualDays = (from: Day, to: Day): number => to - from

/** Days of years with 365 days count 366, the others 365, over 365 × 366. */
function weightedDays(from: Day, to: Day): number {
  let weighted = 0
  let start = from
  for (let year = civilOf(from).year; start < to; year++) {
    const end = Math.min(to, dayOfCivil(year, 12, 31))
    weighted += (end - start) * (isLeapYear(year) ? 365 : 366)
    start = end
  }
  return weighted
}

/** ISDA 30E/360: the 31st counts as the 30th at both ends. */
export function europeanDays(from: Day, to: Day): number {
  const a = civilOf(from)
  const b = civilOf(to)
  return 360 * (b.year - a.year) + 30 * (b.month - a.month) + Math.min(b.day, 30) - Math.min(a.day, 30)
}

/** Whether the period is as long as the rule says, or a first (or custom) one that is longer or shorter. */
export interface PeriodShape {
  readonly from: Day
  readonly due: Day
  readonly every: Period
  readonly regular: boolean
  /** Of stated dates, which interest by periods counts as one. */
  readonly stated?: boolean
  /** A period made longer by a deferral: as many periods of the rule as it lasts, however interest is reckoned. */
  readonly stretched?: boolean
}

export function measureOf(shape: PeriodShape, dayCount: DayCount, interestPeriod: InterestPeriod): Measure {
  const { from: since } = shape
  const days = shape.due - since
  if (days === 0) return noInterest
  if (interestPeriod !== 'daily' && shape.every.unit !== 'day')
    return proRata(since, days, periodShare(shape, interestPeriod))
  if (dayCount === '30/360') return proRata(since, days, thirtyDayShare(shape))
  if (dayCount === '30E/360') return { units: europeanDays, share: 1, denominator: 360, since }
  if (dayCount === 'actual/actual') return { units: weightedDays, share: 1, denominator: 365 * 366, since }
  if (dayCount === 'actual/365.25') return { units: actualDays, share: 4, denominator: 1461, since }
  const denominator = dayCount === 'actual/360' ? 360 : 365
  return { units: actualDays, share: 1, denominator, since }
}

interface Share {
  readonly num: number
  readonly den: number
}

/** A part of k days takes k / days of what the whole period bears; one without days (due at once) bears nothing. */
function proRata(since: Day, days: number, whole: Share): Measure {
  return { units: actualDays, share: whole.num, denominator: whole.den * Math.max(days, 1), since }
}

/**
 * every/12 or every/52 of the rate, whatever the days of a regular period. An odd first one bears its part of that, or
 * more; as a whole period it bears the same, but for a deferral.
 */
function periodShare(shape: PeriodShape, interestPeriod: InterestPeriod): Share {
  const { every } = shape
  const countsAsOne = shape.stated === true || interestPeriod === 'whole-period'
  const isWhole = shape.regular || (countsAsOne && shape.stretched !== true)
  const length = isWhole ? { num: every.n, den: 1 } : unitsBetween(shape)
  if (every.unit === 'year') return length
  return { num: length.num, den: length.den * (every.unit === 'month' ? 12 : 52) }
}

const thirtyDaysPer: Readonly<Record<Period['unit'], number>> = { day: 1, week: 7, month: 30, year: 360 }

function thirtyDayShare(shape: PeriodShape): Share {
  const perUnit = thirtyDaysPer[shape.every.unit]
  if (shape.regular) return { num: shape.every.n * perUnit, den: 360 }
  const length = unitsBetween(shape)
  return { num: length.num * perUnit, den: length.den * 360 }
}

/** An odd period in units of its rule: whole ones from its start, then the rest over the length of the next unit. */
function unitsBetween({ from, due, every }: PeriodShape): Share {
  const one: Period = { n: 1, unit: every.unit }
  let whole = Math.max(0, Math.floor((due - from) / longestUnitDays[every.unit]))
  while (addPeriods(from, one, whole + 1) <= due) whole++
  const start = addPeriods(from, one, whole)
  const length = addPeriods(from, one, whole + 1) - start
  return { num: whole * length + (due - start), den: length }
}

const longestUnitDays: Readonly<Record<Period['unit'], number>> = { day: 1, week: 7, month: 31, year: 366 }
