/** Exact fractions, for rates and whatever must not round before its one rounding. Always reduced, denominator > 0. */
import { kept } from './keep.ts'
import { assert, Problem } from './problem.ts'
import { type Rounding, roundQuotient } from './rounding.ts'

export interface Fraction {
  readonly num: bigint
  readonly den: bigint
}

export function fraction(num: bigint, den = 1n): Fraction {
  assert(den !== 0n, 'a fraction needs a denominator other than zero')
  if (den < 0n) return fraction(-num, -den)
  if (den === 1n) return { num, den }
  const divisor = gcd(num < 0n ? -num : num, den)
  return divisor === 1n ? { num, den } : { num: num / divisor, den: den / divisor }
}

export const zero: Fraction = { num: 0n, den: 1n }
export const one: Fraction = { num: 1n, den: 1n }

export function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b]
  return a
}

export function lcm(a: bigint, b: bigint): bigint {
  return (a / gcd(a, b)) * b
}

export function add(a: Fraction, b: Fraction): Fraction {
  return fraction(a.num * b.den + b.num * a.den, a.den * b.den)
}

export function subtract(a: Fraction, b: Fraction): Fraction {
  return fraction(a.num * b.den - b.num * a.den, a.den * b.den)
}

export function multiply(a: Fraction, b: Fraction): Fraction {
  return fraction(a.num * b.num, a.den * b.den)
}

export function divide(a: Fraction, b: Fraction): Fraction {
  return fraction(a.num * b.den, a.den * b.num)
}

/** Negative, zero or positive as a is below, equal to or above b. */
export function compare(a: Fraction, b: Fraction): number {
  if (a === b) return 0
  const difference = a.num * b.den - b.num * a.den
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

export function roundFraction(value: Fraction, mode: Rounding = 'half-even'): bigint {
  return roundQuotient(value.num, value.den, mode)
}

const decimalText = /^(-?)(\d{1,30})(?:\.(\d{1,30}))?$/

/** "17.52" is 438/25. Plain decimals only: no exponent, no "NaN", no leading plus. */
export const parseDecimal = kept(readDecimal)

function readDecimal(text: string): Fraction {
  const parts = decimalText.exec(text)
  if (parts === null) throw new Problem('malformed-decimal', `"${text}" is not a decimal number like "17.52"`)
  const decimals = parts[3] ?? ''
  const num = BigInt(parts[2] + decimals)
  return fraction(parts[1] === '-' ? -num : num, 10n ** BigInt(decimals.length))
}

/** Rounded to a number of decimals and written with all of them: 1/3 at 4 is "0.3333". */
export function formatDecimal(value: Fraction, decimals: number, mode: Rounding = 'half-even'): string {
  const scaled = roundQuotient(value.num * 10n ** BigInt(decimals), value.den, mode)
  const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(decimals + 1, '0')
  const text = decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
  return scaled < 0n ? `-${text}` : text
}
