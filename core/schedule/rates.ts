/** The true rates of a loan as scheduled: money lent against all it costs, on their dates. */
import { type Day, formatDay, parseDay } from '../calendar.ts'
import type { Allocated, Instalment, LoanTerms } from '../loan/types.ts'
import { minMinor } from '../money.ts'
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

/** `returned`: what was paid by goods, beside the instalments; see `takenBack` for what is lent beside the disbursements. */
export function ratesOf(
  terms: LoanTerms,
  rows: readonly Instalment[],
  advances: readonly Advance[],
  returned: readonly Advance[] = [],
): ScheduleRates {
  try {
    const isEven = returned.length === 0 && isEvenlySpaced(terms, rows, advances)
    return isEven ? evenRates(terms, rows, advances) : datedRates(rows, advances, returned)
  } catch (problem) {
    if (problem instanceof Problem) return noRates
    throw problem
  }
}

/**
 * Money taken back from the lender that instalments ask for again: an advance of its day, or the true rate would take it
 * for a cost. What the customer's credit covers is asked for by no instalment; where it covers a part, all of it is.
 */
export function takenBack(allocated: readonly Allocated[]): Advance[] {
  return allocated
    .filter((row) => row.type === 'chargeback' || row.type === 'credit-balance-refund')
    .filter((row) => row.principal > 0n && !row.reversed)
    .map(({ on, amount }) => ({ day: parseDay(on), amount }))
}

/**
 * Principal that no instalment asks for any more, as its goods came back: a payment of that day. Of flat loans the
 * allocated principal can exceed it by interest given back, which then is all of the refund.
 */
export function goodsReturned(allocated: readonly Allocated[]): Advance[] {
  return allocated
    .filter((row) => row.type === 'purchase-refund' && row.principal > 0n && !row.reversed)
    .map(({ on, amount, principal }) => ({ day: parseDay(on), amount: minMinor(amount, principal) }))
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

function datedRates(
  rows: readonly Instalment[],
  advances: readonly Advance[],
  returned: readonly Advance[],
): ScheduleRates {
  const due: Flow[] = rows.filter((row) => costOf(row) > 0n).map((row) => ({ amount: costOf(row), on: row.dueOn }))
  return cnRates({ advances: advances.map(flowOf), payments: [...due, ...returned.map(flowOf)] })
}

function flowOf({ day, amount }: Advance): Flow {
  return { amount, on: formatDay(day) }
}
