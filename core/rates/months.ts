import { addPeriods, type Civil, civilOf, type Day, dayOfCivil, daysInMonth } from '../calendar.ts'

/** Whole months counted back from the later date, and the days left over at the start. */
export interface MonthsAndDays {
  readonly months: number
  readonly days: number
}

/**
 * Whole months are measured back from the later date (Regulation Z, Appendix J (b)(5)(ii); Directive 2023/2225,
 * Annex III, I (c)(ii)), the odd days forward from the earlier one. A month's end stands for the longer day that the
 * schedule could not have there: from 31 January to 28 February is one month, from 28 February to 31 March too.
 */
export function monthsBack(from: Day, to: Day): MonthsAndDays {
  const [start, end] = [civilOf(from), civilOf(to)]
  const anchor = end.day === daysInMonth(end.year, end.month) ? Math.max(start.day, end.day) : end.day
  let months = (end.year - start.year) * 12 + (end.month - start.month)
  let begin = monthsBefore(end, months, anchor)
  if (begin < from) {
    months--
    begin = monthsBefore(end, months, anchor)
  }
  return { months, days: begin - from }
}

function monthsBefore(end: Civil, months: number, anchor: number): Day {
  const index = end.year * 12 + (end.month - 1) - months
  const year = Math.floor(index / 12)
  const month = index - year * 12 + 1
  return dayOfCivil(year, month, Math.min(anchor, daysInMonth(year, month)))
}

/** Days of the year that ends on a day: 366 when it holds a 29 February (Directive 2023/2225, Annex III, I (c)(iii)). */
export function daysOfYearEndingOn(day: Day): number {
  return day - addPeriods(day, { n: -1, unit: 'year' }, 1)
}

/**
 * The k-th half-month after an anchor, twice a month on days d and d + 15 (or d − 15 of the next month): 1 and 16,
 * 15 and the last day.
 */
export function addHalfMonths(anchor: Day, count: number): Day {
  const start = civilOf(anchor)
  const early = start.day <= 15
  const halves = count + (early ? 0 : 1)
  const [firstDay, secondDay] = early ? [start.day, start.day + 15] : [start.day - 15, start.day]
  const index = start.year * 12 + (start.month - 1) + Math.floor(halves / 2)
  const year = Math.floor(index / 12)
  const month = index - year * 12 + 1
  return dayOfCivil(year, month, Math.min(halves % 2 === 0 ? firstDay : secondDay, daysInMonth(year, month)))
}
