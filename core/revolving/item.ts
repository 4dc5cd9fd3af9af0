import { type Day, parseDay } from '../calendar.ts'
import { add, type Fraction, fraction, multiply, parseDecimal, zero } from '../fraction.ts'
import type { Minor } from '../money.ts'
import type { RatePercent, RevolvingTerms } from './types.ts'

/** A debt while the account is folded: what `Item` shows, with the history its interest is computed from. */
export interface LiveItem {
  readonly id: string
  readonly code: string
  readonly on: Day
  readonly amount: Minor
  readonly promotion: { readonly daily: Fraction; readonly until: Day } | null
  remaining: Minor
  /** Reductions by day, in order. */
  readonly reductions: { readonly on: Day; readonly amount: Minor }[]
  statement: number | null
  /** Free of interest until its bill is due, and for good if that is paid in full. */
  protected: boolean
  /** Nights before this day are on a bill already, or free. */
  chargedTo: Day
  /** Until this day only what was unpaid on it bears interest (`graceLost: 'unpaid'`). */
  flat: { readonly until: Day; readonly balance: Minor } | null
}

export function reduce(item: LiveItem, on: Day, amount: Minor): void {
  item.remaining -= amount
  item.reductions.push({ on, amount })
}

/** What a night from `day` to the next bears interest on. */
function balanceAt(item: LiveItem, day: Day): Minor {
  if (item.flat !== null && day < item.flat.until) return item.flat.balance
  let balance = item.amount
  for (const reduction of item.reductions) if (reduction.on <= day) balance -= reduction.amount
  return balance
}

/** Daily rates by code, each from its day on; the first holds from the beginning. Read once for an account. */
export type RateTable = ReadonlyMap<string, readonly { readonly from: Day; readonly daily: Fraction }[]>

export function rateTable(terms: RevolvingTerms): RateTable {
  return new Map(
    Object.entries(terms.balances).map(([code, { rate, changes }]) => [
      code,
      [
        { from: Number.NEGATIVE_INFINITY, daily: dailyRate(rate, terms.daysInYear) },
        ...(changes ?? []).map((change) => ({
          from: parseDay(change.from),
          daily: dailyRate(change.rate, terms.daysInYear),
        })),
      ],
    ]),
  )
}

/** 0.05 % a day is 1/2000; 18.25 % a year over 365 days is the same. */
export function dailyRate(rate: RatePercent, daysInYear: number): Fraction {
  const percent = parseDecimal(rate.percent)
  return fraction(percent.num, percent.den * 100n * (rate.per === 'day' ? 1n : BigInt(daysInYear)))
}

export function dailyRateAt(item: LiveItem, rates: RateTable, day: Day): Fraction {
  if (item.promotion !== null && day < item.promotion.until) return item.promotion.daily
  let daily = zero
  for (const rate of rates.get(item.code) ?? []) if (rate.from <= day) daily = rate.daily
  return daily
}

/**
 * Exact interest of the nights from one day to another: Σ balance × daily rate × nights. Balance × nights stays a whole
 * number while the rate holds; a fraction is made only where the rate changes.
 */
export function interestOf(item: LiveItem, rates: RateTable, from: Day, to: Day): Fraction {
  const start = from < item.on ? item.on : from
  if (start >= to || (item.promotion === null && !rates.has(item.code))) return zero
  const cuts = [...cutsBetween(item, rates, start, to), to]
  let [total, nights, begin, rate] = [zero, 0n, start, dailyRateAt(item, rates, start)]
  for (const end of cuts) {
    const here = dailyRateAt(item, rates, begin)
    if (here !== rate) {
      total = add(total, multiply(fraction(nights), rate))
      nights = 0n
      rate = here
    }
    nights += balanceAt(item, begin) * BigInt(end - begin)
    begin = end
  }
  return add(total, multiply(fraction(nights), rate))
}

/** Days on which the balance or the rate changes, in order and once each. */
function cutsBetween(item: LiveItem, rates: RateTable, from: Day, to: Day): Day[] {
  const days = item.reductions.map((reduction) => reduction.on)
  if (item.promotion !== null) days.push(item.promotion.until)
  if (item.flat !== null) days.push(item.flat.until)
  for (const rate of rates.get(item.code) ?? []) days.push(rate.from)
  const within = days.filter((day) => day > from && day < to)
  return within.length < 2 ? within : [...new Set(within)].sort((a, b) => a - b)
}
