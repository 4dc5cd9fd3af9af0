/** The true rates of a loan as scheduled: money lent against all it costs, on their dates. */
import { type Day, formatDay } from '../calendar.ts'
import type { Instalment, LoanTerms } from '../loan/types.ts'
import { Problem } from '../problem.ts'
import { annualRates, cnRates, type Flow, irrOf } from '../rates/index.ts'

export interface ScheduleRates {
  /** Effective annual rate, percent; null where no rate balances the flows. */
  readonly irrPercent: string | null
  /** Period rate times the periods of a year, percent. */
  readonly simplePercent: string | null
}

export interface Advance {
  readonly day: Day
  readonly amount: bigint
}

const noRates: ScheduleRates = { irrPercent: null, simplePercent: null }

export function ratesOf(terms: LoanTerms, rows: readonly Instalment[], advances: readonly Advance[]): ScheduleRates {
  try {
    return isEvenlySpaced(terms, rows, advances) ? evenRates(terms, rows, advances) : datedRates(rows, advances)
  } catch (problem) {
    if (problem instanceof Problem) return noRates
    throw problem
  }
}

function costOf(row: Instalment): bigint {
  return row.principal + row.interest + row.fee
}

const yearPeriods = { day: 365, week: 52, month: 12, year: 1 } as const

/** One advance and one payment per period of the rule: the common case, without dates. */
function isEvenlySpaced(terms: LoanTerms, rows: readonly Instalment[], advances: readonly Advance[]): boolean {
  if (terms.firstDueOn !== null || terms.dueDates !== undefined || advances.length > 1) return false
  return rows.length === terms.instalments && rows.every((row) => !row.extra)
}

function evenRates(terms: LoanTerms, rows: readonly Instalment[], advances: readonly Advance[]): ScheduleRates {
  const flows = new Array<number>(rows.length + 1)
  flows[0] = -Number(advances[0]!.amount)
  for (let index = 0; index < rows.length; index++) flows[index + 1] = Number(costOf(rows[index]!))
  return annualRates(irrOf(flows), yearPeriods[terms.every.unit] / terms.every.n)
}

function datedRates(rows: readonly Instalment[], advances: readonly Advance[]): ScheduleRates {
  const lent: Flow[] = advances.map(({ day, amount }) => ({ amount, on: formatDay(day) }))
  const paid: Flow[] = rows.filter((row) => costOf(row) > 0n).map((row) => ({ amount: costOf(row), on: row.dueOn }))
  return cnRates({ advances: lent, payments: paid })
}
