import { addPeriods, civilOf, type Day, dayOfCivil, isLeapYear, type Period } from '../calendar.ts'
import type { UnitPeriodName } from './flow.ts'
import { daysOfYearEndingOn, monthsBack } from './months.ts'

const MONTH: Period = { n: 1, unit: 'month' }

/** Equal periods that a law lets intervals be counted in, beside days. */
export type Counting = Extract<UnitPeriodName, 'year' | 'month' | 'week' | 'day'>

/**
 * The equal periods in which a loan's intervals are counted when the asker does not say: those of its payments
 * (SWD(2012) 128, 4.1.1: "consideration shall be given to the frequency of drawdowns and payments"). `days` are all
 * distinct dates in order. The first interval may be odd, so it counts only where it is the only one.
 */
export function countingOf(days: readonly Day[]): Counting | null {
  const gaps = days.slice(1).map((day, k) => ({ from: days[k]!, to: day }))
  const regular = gaps.length > 1 ? gaps.slice(1) : gaps
  if (regular.length === 0) return null
  const spans = regular.map(({ from, to }) => monthsBack(from, to))
  if (spans.every((span) => span.days === 0)) return spans.every((span) => span.months % 12 === 0) ? 'year' : 'month'
  return regular.every(({ from, to }) => (to - from) % 7 === 0) ? 'week' : null
}

/**
 * Years by Directive 2023/2225, Annex III, I (c) and its explanation in SWD(2012) 128, 4.1.1: equal periods and then days
 * counted back to the first drawdown; the days over the length of the year that ends where the equal periods begin.
 */
export function euYears(origin: Day, day: Day, counting: Counting): number {
  if (day < origin) return -euYears(day, origin, counting)
  if (counting === 'day') return (day - origin) / daysOfYearEndingOn(day)
  if (counting === 'week') return weeksAndDays(origin, day)
  const { months, days } = monthsBack(origin, day)
  if (counting === 'month') return months / 12 + days / daysOfYearEndingOn(origin + days)
  return wholeYearsBack(origin, day, months)
}

/** 34 days and 2 years from 12 January 2012 to 15 February 2014: whole years back, then days, never months. */
function wholeYearsBack(origin: Day, day: Day, months: number): number {
  const years = Math.floor(months / 12)
  const begin = addPeriods(day, { n: -1, unit: 'year' }, years)
  return years + (begin - origin) / daysOfYearEndingOn(begin)
}

function weeksAndDays(origin: Day, day: Day): number {
  const weeks = Math.floor((day - origin) / 7)
  const days = (day - origin) % 7
  return weeks / 52 + days / daysOfYearEndingOn(origin + days)
}

/**
 * FCA CONC App 1.1 and 1.2: whole months (or weeks) run forward from the first advance, and a day left over is 1/365 of
 * a year, or 1/366 where it falls in a leap year.
 */
export function ukYears(origin: Day, day: Day, counting: Counting): number {
  if (day < origin) return -ukYears(day, origin, counting)
  if (counting === 'day') return daysByYear(origin, day)
  if (counting === 'week') {
    const weeks = Math.floor((day - origin) / 7)
    return weeks / 52 + daysByYear(origin + weeks * 7, day)
  }
  const { months, reached } = monthsForward(origin, day)
  return months / 12 + daysByYear(reached, day)
}

function monthsForward(origin: Day, day: Day): { months: number; reached: Day } {
  const [start, end] = [civilOf(origin), civilOf(day)]
  const months = (end.year - start.year) * 12 + (end.month - start.month)
  const reached = addPeriods(origin, MONTH, months)
  return reached <= day ? { months, reached } : { months: months - 1, reached: addPeriods(origin, MONTH, months - 1) }
}

/** Each day's part of its own calendar year; the first day is not counted, the last one is. */
function daysByYear(from: Day, to: Day): number {
  let years = 0
  let at = from
  while (at < to) {
    const { year } = civilOf(at + 1)
    const end = Math.min(to, dayOfCivil(year, 12, 31))
    years += (end - at) / (isLeapYear(year) ? 366 : 365)
    at = end
  }
  return years
}

/**
 * China's rule names no day count; lenders there count a year of 365 days. Payments by the month are one twelfth of a
 * year apart (the example of announcement [2021] No. 3 compounds twelve equal periods); odd days are 1/365 each.
 */
export function cnYears(origin: Day, day: Day, counting: Counting): number {
  if (day < origin) return -cnYears(day, origin, counting)
  if (counting === 'day') return (day - origin) / 365
  if (counting === 'week') return Math.floor((day - origin) / 7) / 52 + ((day - origin) % 7) / 365
  const { months, days } = monthsBack(origin, day)
  return months / 12 + days / 365
}

/** Microsoft, XIRR: the exponent is days from the first date over 365. */
export function xirrYears(origin: Day, day: Day): number {
  return (day - origin) / 365
}
