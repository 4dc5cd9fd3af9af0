/** The billing cycle of a line: a statement day and a due day in every month, which together give the free days. */
import { addPeriods, civilOf, type Day, dayOfCivil, formatDay, parseDay } from '../calendar.ts'

export interface Cycle {
  /** Day of the month on which the statement closes, 1 to 28. Purchases of that day are on it. */
  readonly statementDay: number
  /** Day of the month on which it is due, 1 to 28: in the same month if later than the statement day, else in the next. */
  readonly dueDay: number
}

const month = { n: 1, unit: 'month' } as const

/** The first statement day on or after a date. */
export function nextStatementOn(cycle: Cycle, from: string): string {
  const day = parseDay(from)
  const { year, month: monthNumber, day: dayOfMonth } = civilOf(day)
  const inMonth = dayOfCivil(year, monthNumber, cycle.statementDay)
  return formatDay(dayOfMonth <= cycle.statementDay ? inMonth : addPeriods(inMonth, month, 1))
}

/** The statement after one that closed on a date. */
export function statementAfter(closedOn: string): string {
  return formatDay(addPeriods(parseDay(closedOn), month, 1))
}

/** The day a month before a due date: always one whose purchases that bill has. */
export function monthBefore(dueOn: string): string {
  return formatDay(addPeriods(parseDay(dueOn), month, -1))
}

/** When the statement that closes on a date is due. */
export function dueOnOf(cycle: Cycle, statementOn: string): string {
  return formatDay(dueDayOf(cycle, parseDay(statementOn)))
}

/** The same in day numbers. */
export function dueDayOf(cycle: Cycle, statement: Day): Day {
  const { year, month: monthNumber } = civilOf(statement)
  const inMonth = dayOfCivil(year, monthNumber, cycle.dueDay)
  return cycle.dueDay > cycle.statementDay ? inMonth : addPeriods(inMonth, month, 1)
}

/** Due dates of instalments billed on `count` statements in a row. */
export function billDueDates(cycle: Cycle, firstStatementOn: string, count: number): string[] {
  const first = dueDayOf(cycle, parseDay(firstStatementOn))
  const dates = new Array<string>(count)
  for (let index = 0; index < count; index++) dates[index] = formatDay(addPeriods(first, month, index))
  return dates
}

/**
 * The longest time between a purchase and its due date: bought the day after a statement in a 31-day month, 30 days to
 * the next statement and from there to its due date.
 */
export function interestFreeDaysMax(cycle: Cycle): number {
  const toDue =
    cycle.dueDay > cycle.statementDay ? cycle.dueDay - cycle.statementDay : 31 - cycle.statementDay + cycle.dueDay
  return 30 + toDue
}
