/**
 * Whole minor units as safe integers, dates as days since 1970. Everything of the auditor's own: a fault in the server's
 * money, rounding or calendar must not be repeated here.
 */

/** numerator / denominator to the nearest whole number, a half to the even one. Exact, whatever the size. */
export function nearest(numerator: bigint, denominator: bigint): number {
  const below = numerator / denominator
  const rest = 2n * (numerator - below * denominator)
  const up = rest > denominator || (rest === denominator && below % 2n === 1n)
  return Number(up ? below + 1n : below)
}

/** "0.05" is 5 of 100. */
export function ratio(text: string): { over: bigint; under: bigint } {
  const [whole = '0', decimals = ''] = text.split('.')
  return { over: BigInt(whole + decimals), under: 10n ** BigInt(decimals.length) }
}

/** Percent a day as percent a year of 365 days, exact. */
export function yearly(daily: string): string {
  const [whole = '0', decimals = ''] = daily.split('.')
  const digits = (BigInt(whole + decimals) * 365n).toString().padStart(decimals.length + 1, '0')
  const point = digits.length - decimals.length
  return decimals === '' ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`
}

/** So many percent of an amount ≥ 0, rounded once. */
export function percent(amount: number, text: string): number {
  const { over, under } = ratio(text)
  return nearest(BigInt(amount) * over, under * 100n)
}

/** The parts of a whole ≥ 0 by weights: each its floor, and what is left one by one to the largest fractions. */
export function share(whole: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0)
  if (!Number.isSafeInteger(whole * sum)) throw new RangeError(`${whole} by weights of ${sum} is not exact`)
  // Of whole numbers the remainder is exact, and with it the division of the rest.
  const fractions = weights.map((weight) => (whole * weight) % sum)
  const parts = weights.map((weight, place) => (whole * weight - fractions[place]!) / sum)
  const left = whole - parts.reduce((all, part) => all + part, 0)
  if (left === 0) return parts
  const order = fractions
    .map((fraction, place) => ({ place, fraction }))
    .sort((one, other) => other.fraction - one.fraction || one.place - other.place)
  for (const { place } of order.slice(0, left)) parts[place]! += 1
  return parts
}

const millisecondsPerDay = 86_400_000

export function dayOf(text: string): number {
  return (
    Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)) - 1, Number(text.slice(8, 10))) / millisecondsPerDay
  )
}

/** Texts of days as they were made; a few years of them. */
const texts = new Map<number, string>()

export function textOf(day: number): string {
  const known = texts.get(day)
  if (known !== undefined) return known
  const text = new Date(day * millisecondsPerDay).toISOString().slice(0, 10)
  if (texts.size < 10_000) texts.set(day, text)
  return text
}

/** The same day of the month, so many months later; only for days that every month has. */
export function monthsLater(day: number, months: number): number {
  const date = new Date(day * millisecondsPerDay)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, date.getUTCDate()) / millisecondsPerDay
}

/** The first day on or after `from` with this number in its month (1 to 28). */
export function nextDayNumbered(from: number, number: number): number {
  const date = new Date(from * millisecondsPerDay)
  const inMonth = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), number) / millisecondsPerDay
  return inMonth >= from ? inMonth : monthsLater(inMonth, 1)
}
