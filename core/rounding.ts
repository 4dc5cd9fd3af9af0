/** Rounding of an exact quotient to a whole number; the modes are names, so that terms can carry them. */
import { assert } from './problem.ts'

export const roundingNames = ['half-even', 'half-up', 'half-down', 'up', 'down'] as const
export type Rounding = (typeof roundingNames)[number]

/**
 * numerator / denominator as a whole number. `half-*` rounds to the nearest and decides only the exact half (`half-up`:
 * away from zero, `half-down`: towards it); `up` is away from zero, `down` towards it. The denominator is positive.
 */
export function roundQuotient(numerator: bigint, denominator: bigint, mode: Rounding = 'half-even'): bigint {
  if (numerator <= safe && numerator >= -safe && denominator <= safe && denominator > 0n) {
    return wholeMinor(roundSafe(Number(numerator), Number(denominator), mode))
  }
  assert(denominator > 0n, () => `denominator must be positive, got ${denominator}`)
  const quotient = numerator / denominator
  const rest = numerator - quotient * denominator
  if (rest === 0n) return quotient
  return roundsAway(quotient, rest < 0n ? -rest : rest, denominator, mode)
    ? quotient + (numerator < 0n ? -1n : 1n)
    : quotient
}

function roundsAway(quotient: bigint, rest: bigint, denominator: bigint, mode: Rounding): boolean {
  if (mode === 'up') return true
  if (mode === 'down') return false
  const twice = rest * 2n
  if (twice !== denominator) return twice > denominator
  return mode === 'half-up' || (mode === 'half-even' && (quotient & 1n) === 1n)
}

/**
 * Up to here whole numbers are exact as doubles, and so are the remainder and the double of it that rounding needs: the
 * same in a fifth of the time, without garbage. Sums and products that stay within it are exact too, however they came
 * about from whole numbers, because one that was rounded on the way lies beyond.
 */
export const exactDouble = 2 ** 52
const safe = BigInt(exactDouble)

/** `roundQuotient` for whole numbers up to `exactDouble`, the denominator positive. */
export function roundSafe(numerator: number, denominator: number, mode: Rounding): number {
  const rest = numerator % denominator
  const quotient = (numerator - rest) / denominator
  if (rest === 0 || mode === 'down') return quotient
  const away = quotient + (numerator < 0 ? -1 : 1)
  if (mode === 'up') return away
  const twice = 2 * Math.abs(rest)
  if (twice !== denominator) return twice > denominator ? away : quotient
  if (mode === 'half-even') return quotient % 2 === 0 ? quotient : away
  return mode === 'half-up' ? away : quotient
}

/** A whole double as a bigint. One of 32 bits, as most are, is made in line, any other by a call into the engine. */
export function wholeMinor(whole: number): bigint {
  const short = whole | 0
  return short === whole ? BigInt(short) : BigInt(whole)
}

/** The nearest multiple, for instalments in whole units of ten; a half goes to the even multiple. */
export function roundToMultiple(amount: bigint, multiple: bigint, mode: Rounding = 'half-even'): bigint {
  return roundQuotient(amount, multiple, mode) * multiple
}
