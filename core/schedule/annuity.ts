/** The equal instalment (等额本息) over periods with their own factors, exact until its one rounding. */
import { exactDouble, type Rounding, roundQuotient, roundToMultiple } from '../rounding.ts'

/** Interest of one period per unit of balance, as num / den. */
export interface Factor {
  readonly num: bigint
  readonly den: bigint
}

/**
 * E = (B × ∏(1+fᵢ) − balloon) / Fₙ with F₁ = 1, Fᵢ = 1 + Fᵢ₋₁(1+fᵢ), all over common denominators:
 * with Gᵢ = Fᵢ × den₂…denᵢ it is (B × ∏(denᵢ+numᵢ) − balloon × ∏denᵢ) / (den₁ × Gₙ).
 */
export function equalInstalment(
  balance: bigint,
  factors: readonly Factor[],
  mode: Rounding,
  multiple: bigint | null,
  balloon = 0n,
): bigint {
  const first = factors[0]!
  let growth = first.den + first.num
  let sum = 1n
  let denominators = 1n
  for (let index = 1; index < factors.length; index++) {
    const { num, den } = factors[index]!
    growth *= den + num
    denominators *= den
    sum = denominators + sum * (den + num)
  }
  const numerator = balance * growth - balloon * denominators * first.den
  return inMultiples(roundQuotient(numerator, first.den * sum, mode), multiple)
}

/**
 * The same in doubles, where that decides the rounding for certain: each of the operations errs by at most 2^-53 of its
 * result, all terms are positive, so E errs by less than (6n + 8) × 2^-53 of itself. Where the half lies within a
 * thousand times that, or amounts are not exact as doubles (a ratio is NaN), it has to be worked out exactly: null.
 */
export function nearInstalment(
  balance: bigint,
  ratios: readonly number[],
  mode: Rounding,
  multiple: bigint | null,
  balloon = 0n,
): bigint | null {
  if (balloon !== 0n || mode === 'up' || mode === 'down') return null
  let growth = Number(balance)
  if (growth > exactDouble) return null
  let sum = 0
  for (let index = 0; index < ratios.length; index++) {
    const step = 1 + ratios[index]!
    growth *= step
    sum = 1 + sum * step
  }
  const instalment = growth / sum
  const error = instalment * (6 * ratios.length + 8) * 2 ** -43
  const whole = Math.floor(instalment)
  const toHalf = instalment - whole - 0.5
  if (!(Math.abs(toHalf) > error) || error > 0.1) return null
  return inMultiples(BigInt(toHalf > 0 ? whole + 1 : whole), multiple)
}

/**
 * To the nearest multiple, half-even whatever the mode of the amounts. Where that would leave nothing of a small
 * instalment it stays as it is, so that the principal is not heaped on the last one.
 */
export function inMultiples(instalment: bigint, multiple: bigint | null): bigint {
  if (multiple === null) return instalment
  const rounded = roundToMultiple(instalment, multiple)
  return rounded === 0n ? instalment : rounded
}
