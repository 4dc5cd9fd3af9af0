/** Due dates of a schedule, by rule or as given. */
import {
  addPeriods,
  adjustToBusinessDay,
  type BusinessDayRule,
  type Day,
  formatDay,
  type HolidayCalendar,
  type Period,
  parseDay,
} from '../calendar.ts'
import { LoanProblem } from '../loan/problem.ts'

export interface DateRule {
  readonly disbursedOn: string
  readonly firstDueOn: string | null
  readonly every: Period
  readonly instalments: number
  readonly dueDates?: readonly string[]
}

/** One period between two due dates; `regular` when its length is the rule's. */
export interface Span {
  readonly from: Day
  readonly due: Day
  readonly regular: boolean
  /** Between stated dates, or ones moved to business days: a period as any other where interest is by periods. */
  readonly stated?: boolean
}

export function spansOf(rule: DateRule): Span[] {
  const start = parseDay(rule.disbursedOn, 'disbursedOn')
  if (rule.dueDates !== undefined) return customSpans(start, rule, rule.dueDates)
  const first = rule.firstDueOn === null ? addPeriods(start, rule.every, 1) : parseDay(rule.firstDueOn, 'firstDueOn')
  if (first < start)
    throw new LoanProblem('due-before-loan', 'the first due date is before the disbursement', 'firstDueOn')
  return ruleSpans(start, first, rule.every, rule.instalments, rule.firstDueOn === null)
}

/** Counted from the disbursement when the first due date follows from it, else from the first due date. */
function ruleSpans(start: Day, first: Day, every: Period, count: number, fromStart: boolean): Span[] {
  const spans: Span[] = [{ from: start, due: first, regular: fromStart || addPeriods(start, every, 1) === first }]
  for (let index = 1; index < count; index++) {
    const due = fromStart ? addPeriods(start, every, index + 1) : addPeriods(first, every, index)
    spans.push({ from: spans[index - 1]!.due, due, regular: true })
  }
  return spans
}

/** New due dates for an older debt: the first period runs from the day of the change. */
export function spansFrom(start: Day, first: Day, every: Period, count: number): Span[] {
  return ruleSpans(start, first, every, count, false)
}

/** Names of the dates, for whoever is told of a wrong one: not made anew for each right one. */
const fields: string[] = []

function fieldOf(index: number): string {
  fields[index] ??= `dueDates[${index}]`
  return fields[index]
}

function customSpans(start: Day, { firstDueOn, every }: DateRule, dueDates: readonly string[]): Span[] {
  let from = start
  // Moved to a business day, a first period that the rule makes odd is odd still.
  const isOdd = firstDueOn !== null && addPeriods(start, every, 1) !== parseDay(firstDueOn, 'firstDueOn')
  return dueDates.map((text, index) => {
    const due = parseDay(text, fieldOf(index))
    if (due < from || (index > 0 && due === from)) {
      throw new LoanProblem('due-dates-not-rising', 'due dates must rise', fieldOf(index))
    }
    const span = { from, due, regular: false, stated: index > 0 || !isOdd }
    from = due
    return span
  })
}

/** The rule's due dates moved to business days, for `dueDates`; the rule itself is not shifted by a moved date. */
export function businessDueDates(rule: DateRule, adjustment: BusinessDayRule, calendar: HolidayCalendar): string[] {
  return spansOf(rule).map((span) => formatDay(adjustToBusinessDay(span.due, adjustment, calendar)))
}
