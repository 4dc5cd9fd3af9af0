/**
 * Calendar days as whole numbers (days since 1970-01-01, proleptic Gregorian), because a schedule adds and compares
 * thousands of them: `Temporal.PlainDate.add` costs about a microsecond, this a few nanoseconds. Texts are YYYY-MM-DD.
 */
import { Problem } from './problem.ts'

/** A date as days since 1970-01-01. */
export type Day = number
export type Unit = 'day' | 'week' | 'month' | 'year'
export interface Period {
  readonly n: number
  readonly unit: Unit
}

export class CalendarProblem extends Problem {}

/** 31 December 9999: beyond it a date has no four-digit year. */
const lastDay = 2932896

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** Day number of a civil date (H. Hinnant, "chrono-compatible low-level date algorithms", days_from_civil). */
function reckonDay(year: number, month: number, dayOfMonth: number): Day {
  const shifted = month > 2 ? year : year - 1
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + dayOfMonth - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146097 + dayOfEra - 719468
}

/** First days of the months that nearly all loans live in: looked up, a date costs a third. */
const kept = { from: 1900, until: 2200 }
const firstDays = Int32Array.from({ length: 12 * (kept.until - kept.from) }, (_, month) =>
  reckonDay(kept.from + Math.floor(month / 12), (month % 12) + 1, 1),
)

/** Day number of a civil date that is in the calendar. */
export function dayOfCivil(year: number, month: number, dayOfMonth: number): Day {
  if (year < kept.from || year >= kept.until) return reckonDay(year, month, dayOfMonth)
  return firstDays[12 * (year - kept.from) + month - 1]! + dayOfMonth - 1
}

export interface Civil {
  readonly year: number
  readonly month: number
  readonly day: number
}

/** The inverse of `dayOfCivil` (same source, civil_from_days). */
export const civilOf: (day: Day) => Civil = keptByDay((day) => {
  const shifted = day + 719468
  const era = Math.floor(shifted / 146097)
  const dayOfEra = shifted - era * 146097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return { year, month, day: dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1 }
})

/** Loans share their dates: what was made of one is kept until another day takes its place. */
function keptByDay<Made extends object | string>(make: (day: Day) => Made): (day: Day) => Made {
  const places = 8192
  // Doubles: a day that is none (a half, NaN) must find no other's place.
  const days = new Float64Array(places)
  const kept = new Array<Made | null>(places).fill(null)
  return (day) => {
    const place = day & (places - 1)
    const known = kept[place]!
    if (days[place] === day && known !== null) return known
    const made = make(day)
    days[place] = day
    kept[place] = made
    return made
  }
}

/** What comes together is often of one day. */
let latestText = '1970-01-01'
let latestDay = 0

/** Reads YYYY-MM-DD; 31 February is a problem, not 3 March. Digit by digit, as a loan reads a hundred of them. */
export function parseDay(text: string, field?: string): Day {
  if (text === latestText) return latestDay
  const day = readDay(text, field)
  latestText = text
  latestDay = day
  return day
}

function readDay(text: string, field: string | undefined): Day {
  const year = 100 * twoDigits(text, 0) + twoDigits(text, 2)
  const month = twoDigits(text, 5)
  const dayOfMonth = twoDigits(text, 8)
  const dashes = text.charCodeAt(4) === dash && text.charCodeAt(7) === dash
  if (text.length !== 10 || !dashes || !(year + month + dayOfMonth >= 0)) {
    throw new CalendarProblem('malformed-date', `"${text}" is not a date like "2024-01-31"`, field)
  }
  if (year < 1 || month < 1 || month > 12 || dayOfMonth < 1 || dayOfMonth > daysInMonth(year, month)) {
    throw new CalendarProblem('no-such-date', `"${text}" is not in the calendar`, field)
  }
  return dayOfCivil(year, month, dayOfMonth)
}

const dash = 45

/** NaN where a character is not a digit. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48
  const units = text.charCodeAt(at + 1) - 48
  return tens >= 0 && tens <= 9 && units >= 0 && units <= 9 ? tens * 10 + units : Number.NaN
}

export const formatDay: (day: Day) => string = keptByDay((day) => {
  const { year, month, day: dayOfMonth } = civilOf(day)
  const yearText = year >= 1000 ? `${year}` : `${year}`.padStart(4, '0')
  return `${yearText}-${month < 10 ? '0' : ''}${month}-${dayOfMonth < 10 ? '0' : ''}${dayOfMonth}`
})

export function daysBetween(from: string, to: string): number {
  return parseDay(to) - parseDay(from)
}

/**
 * The anchor moved by `count` periods, always counted from the anchor so that the month-end rule holds:
 * 31 January, 29 February, 31 March (counting on from 29 February would give 29 March).
 */
export function addPeriods(anchor: Day, every: Period, count: number): Day {
  const moved = movedBy(anchor, every.n * count, every.unit)
  if (moved > lastDay) throw new CalendarProblem('date-out-of-range', 'the calendar ends with the year 9999')
  return moved
}

function movedBy(anchor: Day, count: number, unit: Unit): Day {
  if (unit === 'day') return anchor + count
  if (unit === 'week') return anchor + 7 * count
  const civil = civilOf(anchor)
  const months = civil.year * 12 + (civil.month - 1) + (unit === 'year' ? 12 * count : count)
  const year = Math.floor(months / 12)
  const month = months - year * 12 + 1
  return dayOfCivil(year, month, Math.min(civil.day, daysInMonth(year, month)))
}

/** `modified-*` stays within the month: where the next business day is in another month, the other direction is taken. */
export type BusinessDayRule = 'none' | 'following' | 'preceding' | 'modified-following' | 'modified-preceding'

export interface HolidayCalendar {
  /** Days without business besides the weekend. */
  readonly holidays: ReadonlySet<string>
  /** Weekend days that are worked to make up for a holiday, as China does. */
  readonly workdays?: ReadonlySet<string>
  /** ISO weekdays, Monday is 1; absent: Saturday and Sunday. */
  readonly weekend?: readonly number[]
}

/** Longest closure a calendar may describe; beyond it the calendar is taken to be wrong rather than searched for ever. */
const longestClosureDays = 366

export function isBusinessDay(day: Day, calendar: HolidayCalendar): boolean {
  const text = formatDay(day)
  if (calendar.workdays?.has(text)) return true
  if (calendar.holidays.has(text)) return false
  return !(calendar.weekend ?? [6, 7]).includes(weekdayOf(day))
}

/** ISO weekday: Monday is 1, Sunday 7. */
export function weekdayOf(day: Day): number {
  return ((((day + 3) % 7) + 7) % 7) + 1
}

export function adjustToBusinessDay(day: Day, rule: BusinessDayRule, calendar: HolidayCalendar): Day {
  if (rule === 'none') return day
  const direction = rule.endsWith('following') ? 1 : -1
  const found = nearestBusinessDay(day, direction, calendar)
  const leavesMonth = civilOf(found).month !== civilOf(day).month
  return rule.startsWith('modified') && leavesMonth ? nearestBusinessDay(day, -direction, calendar) : found
}

function nearestBusinessDay(day: Day, direction: number, calendar: HolidayCalendar): Day {
  for (let steps = 0; steps <= longestClosureDays; steps++) {
    if (isBusinessDay(day + steps * direction, calendar)) return day + steps * direction
  }
  throw new CalendarProblem('no-business-day', `no business day within a year of ${formatDay(day)}`)
}
