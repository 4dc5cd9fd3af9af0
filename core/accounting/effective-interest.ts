/**
 * Effective interest (IFRS 9 5.4.1, B5.4.1 to B5.4.8): fees that belong to the loan, the merchant's or campaign's subsidy
 * and the discount of a purchase are income over its life, at the one rate that discounts the expected cash flows to
 * what was paid out net of them.
 */
import { type Day, formatDay, parseDay } from '../calendar.ts'
import { type Minor, maxMinor, minMinor } from '../money.ts'
import { Problem } from '../problem.ts'
import { preferred, solve } from '../rates/index.ts'

export interface DatedAmount {
  readonly on: string
  readonly amount: Minor
}

export interface EffectiveInterestInput {
  /** What left the lender for the borrower or merchant. */
  readonly disbursed: readonly DatedAmount[]
  /** Integral fees and subsidies received (positive), and transaction costs paid (negative). */
  readonly adjustments: readonly DatedAmount[]
  /** Contractual payments expected of the borrower. */
  readonly payments: readonly DatedAmount[]
}

export interface EffectiveInterestRow {
  readonly on: string
  readonly opening: Minor
  /** Effective-interest income since the row before. */
  readonly income: Minor
  /** Net money in; out is negative. */
  readonly cash: Minor
  /** Amortised cost (gross carrying amount) at the end of the day. */
  readonly closing: Minor
}

export interface EffectiveInterest {
  /** Growth of a day, ln(1 + annual rate) / 365. */
  readonly dailyForce: number
  readonly annualRate: number
  readonly rows: readonly EffectiveInterestRow[]
  readonly totalIncome: Minor
}

/** Daily compounding on a year of 365 days; rows on the days money moves. The last income takes the rounding, so it ends at 0. */
export function effectiveInterest(input: EffectiveInterestInput): EffectiveInterest {
  const flows = netByDay(input)
  const start = flows[0]!.day
  const amounts = flows.map((flow) => Number(flow.cash))
  const days = flows.map((flow) => flow.day - start)
  const annualForce = preferred(solve({ amounts, discount: (x, j) => Math.exp((-x * days[j]!) / 365) }).forces)
  const dailyForce = annualForce / 365
  const rows = amortise(flows, dailyForce)
  return {
    dailyForce,
    annualRate: Math.expm1(annualForce),
    rows,
    totalIncome: rows.reduce((sum, row) => sum + row.income, 0n),
  }
}

interface NetFlow {
  readonly day: Day
  readonly cash: Minor
}

function netByDay(input: EffectiveInterestInput): NetFlow[] {
  if (input.disbursed.length === 0) throw new Problem('bad-flows', 'nothing is disbursed', 'disbursed')
  if (input.payments.length === 0) throw new Problem('bad-flows', 'no payment is expected', 'payments')
  const byDay = new Map<Day, Minor>()
  const move = (flow: DatedAmount, field: string, sign: bigint) => {
    const day = parseDay(flow.on, field)
    byDay.set(day, (byDay.get(day) ?? 0n) + sign * flow.amount)
  }
  for (const [k, flow] of input.disbursed.entries()) move(flow, `disbursed[${k}].on`, -1n)
  for (const [k, flow] of input.adjustments.entries()) move(flow, `adjustments[${k}].on`, 1n)
  for (const [k, flow] of input.payments.entries()) move(flow, `payments[${k}].on`, 1n)
  return [...byDay].map(([day, cash]) => ({ day, cash })).sort((a, b) => a.day - b.day)
}

function amortise(flows: readonly NetFlow[], dailyForce: number): EffectiveInterestRow[] {
  const rows: EffectiveInterestRow[] = []
  let [carrying, day] = [0n, flows[0]!.day]
  for (const [k, flow] of flows.entries()) {
    const last = k === flows.length - 1
    const income = last ? flow.cash - carrying : growth(carrying, dailyForce, flow.day - day)
    const closing = carrying + income - flow.cash
    rows.push({ on: formatDay(flow.day), opening: carrying, income, cash: flow.cash, closing })
    carrying = closing
    day = flow.day
  }
  return rows
}

/** Income of some days on an amortised cost. Minor units are exact in a double to 2^53, the growth to 15 digits. */
function growth(carrying: Minor, dailyForce: number, days: number): Minor {
  return BigInt(Math.round(Number(carrying) * Math.expm1(dailyForce * days)))
}

/**
 * Cumulative income to the end of a day: rows past, and the running row by its own growth, so that the income of any
 * stretch is a difference and a closed life sums to the total.
 */
export function incomeTo(effective: EffectiveInterest, on: string): Minor {
  const day = parseDay(on, 'on')
  let income = 0n
  for (const [k, row] of effective.rows.entries()) {
    const rowDay = parseDay(row.on)
    if (rowDay <= day) {
      income += row.income
      continue
    }
    const before = effective.rows[k - 1]
    if (before !== undefined) income += running(effective, before, row, day)
    break
  }
  return income
}

/** Never beyond the row's own income, which may differ by the rounding it took. */
function running(
  effective: EffectiveInterest,
  before: EffectiveInterestRow,
  row: EffectiveInterestRow,
  day: Day,
): Minor {
  const start = parseDay(before.on)
  if (day <= start) return 0n
  const grown = growth(before.closing, effective.dailyForce, day - start)
  return row.income >= 0n ? minMinor(grown, row.income) : maxMinor(grown, row.income)
}

export function incomeBetween(effective: EffectiveInterest, after: string, upTo: string): Minor {
  return incomeTo(effective, upTo) - incomeTo(effective, after)
}

/** Amortised cost at the end of a day. */
export function amortisedCost(effective: EffectiveInterest, on: string): Minor {
  const day = parseDay(on, 'on')
  const cash = effective.rows.filter((row) => parseDay(row.on) <= day).reduce((sum, row) => sum + row.cash, 0n)
  return incomeTo(effective, on) - cash
}

/**
 * Expected cash flows have changed (prepayment, new dates; B5.4.6, and modification without derecognition, 5.4.3): the
 * carrying amount becomes their present value at the original rate; the difference is income or expense at once.
 *
 * @param on what the plan has on this day counts as paid; `revised` has on it only what comes beyond that
 */
export function catchUp(effective: EffectiveInterest, on: string, revised: readonly DatedAmount[]): Minor {
  const day = parseDay(on, 'on')
  // In doubles, as `growth`, and whole once at the end.
  let present = 0
  for (const [k, flow] of revised.entries()) {
    const later = parseDay(flow.on, `revised[${k}].on`) - day
    if (later < 0) throw new Problem('bad-flows', 'a revised flow is in the past', `revised[${k}].on`)
    present += Number(flow.amount) * Math.exp(-effective.dailyForce * later)
  }
  return BigInt(Math.round(present)) - amortisedCost(effective, on)
}
