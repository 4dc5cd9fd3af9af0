import { type Day, parseDay } from '../calendar.ts'
import { type Fraction, fraction, parseDecimal, zero } from '../fraction.ts'
import type { Minor } from '../money.ts'
import { type Rounding, roundQuotient } from '../rounding.ts'
import { type Stretch, shownStretch } from '../stretch.ts'
import type { InterestLine, RatePercent, RevolvingTerms } from './types.ts'

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

/** Daily rates by code, each from its day on, in order of day; the first holds from the beginning. Read once for an account. */
export type RateTable = ReadonlyMap<string, readonly { readonly from: Day; readonly daily: Fraction }[]>

export function rateTable(terms: RevolvingTerms): RateTable {
  return new Map(
    Object.entries(terms.balances).map(([code, { rate, changes }]) => [
      code,
      [
        { from: Number.NEGATIVE_INFINITY, daily: dailyRate(rate, terms.daysInYear) },
        ...(changes ?? [])
          .map((change) => ({ from: parseDay(change.from), daily: dailyRate(change.rate, terms.daysInYear) }))
          .sort((a, b) => a.from - b.from),
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

/** Interest is rounded once for each balance. */
export type NightsByCode = Map<string, Stretch<Day>[]>

export function nightsOf(byCode: NightsByCode, code: string): Stretch<Day>[] {
  const known = byCode.get(code)
  if (known !== undefined) return known
  const nights: Stretch<Day>[] = []
  byCode.set(code, nights)
  return nights
}

/** Adds an item's nights from one day to another. */
export function countNights(nights: Stretch<Day>[], item: LiveItem, rates: RateTable, from: Day, to: Day): void {
  const start = from < item.on ? item.on : from
  if (start >= to || (item.promotion === null && !rates.has(item.code))) return
  let begin = start
  for (const end of [...cutsBetween(item, rates, start, to), to]) {
    const balance = balanceAt(item, begin)
    if (balance !== 0n) {
      const rate = dailyRateAt(item, rates, begin)
      nights.push({ of: item.id, from: begin, to: end, balance, daily: rate })
    }
    begin = end
  }
}

/** Σ balance × daily rate × nights, exact until its one rounding; not reduced on the way, as it is rounded at once. */
export function interestOf(nights: readonly Stretch<Day>[], rounding: Rounding): Minor {
  // Whole numbers by rate: a fraction is made only where a rate meets its sum.
  const byRate = new Map<Fraction, bigint>()
  for (const { from, to, balance, daily } of nights) {
    byRate.set(daily, (byRate.get(daily) ?? 0n) + balance * BigInt(to - from))
  }
  let num = 0n
  let den = 1n
  for (const [rate, whole] of byRate) {
    num = num * rate.den + whole * rate.num * den
    den *= rate.den
  }
  return roundQuotient(num, den, rounding)
}

/** A line for each balance that bears any. */
export function interestLines(byCode: NightsByCode, rounding: Rounding): InterestLine[] {
  const lines = [...byCode].map(([code, nights]) => ({
    code,
    interest: interestOf(nights, rounding),
    stretches: nights.map(shownStretch),
  }))
  return lines.filter((line) => line.interest !== 0n)
}

/** Days on which the balance or the rate changes, in order and once each. */
function cutsBetween(item: LiveItem, rates: RateTable, from: Day, to: Day): Day[] {
  const within: Day[] = []
  const cut = (day: Day): void => {
    if (day > from && day < to && !within.includes(day)) within.push(day)
  }
  for (const reduction of item.reductions) cut(reduction.on)
  if (item.promotion !== null) cut(item.promotion.until)
  if (item.flat !== null) cut(item.flat.until)
  for (const rate of rates.get(item.code) ?? []) cut(rate.from)
  return within.length < 2 ? within : within.sort((a, b) => a - b)
}
