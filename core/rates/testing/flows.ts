import type { Flow, UnitPeriod } from '../index.ts'

/** Short writing for tables of examples: amounts as decimals with at most two places. */
export function cents(text: string): bigint {
  const [whole, part = ''] = text.split('.')
  const sign = whole!.startsWith('-') ? -1n : 1n
  return BigInt(whole!) * 100n + sign * BigInt(part.padEnd(2, '0'))
}

export const MONTHLY: UnitPeriod = { n: 1, unit: 'month' }

export function on(date: string, amount: string, count = 1, every: UnitPeriod = MONTHLY): Flow {
  return count === 1 ? { amount: cents(amount), on: date } : { amount: cents(amount), on: date, count, every }
}

export function at(years: string, amount: string, count = 1, every: UnitPeriod = MONTHLY): Flow {
  return count === 1 ? { amount: cents(amount), at: { years } } : { amount: cents(amount), at: { years }, count, every }
}
