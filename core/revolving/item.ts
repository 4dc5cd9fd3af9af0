import { type Day, parseDay } from '../calendar.ts'
import { add, type Fraction, fraction, multiply, parseDecimal, zero } from '../fraction.ts'
import type { Minor } from '../money.ts'
import type { BalanceTerms, RatePercent, RevolvingTerms } from './types.ts'

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

/** Exact interest of the nights from one day to another: Σ balance × daily rate × nights, in as few terms as possible. */
export function interestOf(item: LiveItem, terms: RevolvingTerms, from: Day, to: Day): Fraction {
  const start = from < item.on ? item.on : from
  if (start >= to) return zero
  const balance = terms.balances[item.code]
  if (balance === undefined && item.promotion === null) return zero
  const cuts = [start, ...cutsBetween(item, balance, start, to), to]
  let total = zero
  for (let k = 1; k < cuts.length; k++) {
    const [begin, end] = [cuts[k - 1]!, cuts[k]!]
    const owed = balanceAt(item, begin)
    if (owed === 0n) continue
    const nights = fraction(owed * BigInt(end - begin))
    total = add(total, multiply(nights, dailyRateAt(item, terms, begin)))
  }
  return total
}

/** Days on which the balance or the rate changes, in order and once each. */
function cutsBetween(item: LiveItem, balance: BalanceTerms | undefined, from: Day, to: Day): Day[] {
  const days = item.reductions.map((reduction) => reduction.on)
  if (item.promotion !== null) days.push(item.promotion.until)
  if (item.flat !== null) days.push(item.flat.until)
  for (const change of balance?.changes ?? []) days.push(parseDay(change.from))
  return [...new Set(days.filter((day) => day > from && day < to))].sort((a, b) => a - b)
}

export function dailyRateAt(item: LiveItem, terms: RevolvingTerms, day: Day): Fraction {
  if (item.promotion !== null && day < item.promotion.until) return item.promotion.daily
  const balance = terms.balances[item.code]
  if (balance === undefined) return zero
  let rate = balance.rate
  for (const change of balance.changes ?? []) if (parseDay(change.from) <= day) rate = change.rate
  return dailyRate(rate, terms.daysInYear)
}

/** 0.05 % a day is 1/2000; 18.25 % a year over 365 days is the same. */
export function dailyRate(rate: RatePercent, daysInYear: number): Fraction {
  const percent = parseDecimal(rate.percent)
  return fraction(percent.num, percent.den * 100n * (rate.per === 'day' ? 1n : BigInt(daysInYear)))
}
