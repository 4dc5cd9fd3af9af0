/** The equal instalment (等额本息) over periods with their own factors, exact until its one rounding. */
import { maxMinor, minMinor } from '../money.ts'
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
 * The least instalment that repays all where so much interest is paid already: none is asked for until what comes up is
 * more. At most `alone`, the instalment without that; found by halving, as what is left over falls as it rises.
 */
export function instalmentAfterCredit(
  balance: bigint,
  factors: readonly Factor[],
  credit: bigint,
  alone: bigint,
  multiple: bigint | null,
  balloon = 0n,
): bigint {
  let [low, high] = [0n, alone]
  while (low < high) {
    const middle = (low + high) / 2n
    if (leftAfter(balance, factors, credit, middle) > balloon) low = middle + 1n
    else high = middle
  }
  return inMultiples(low, multiple)
}

/** What is left of the balance, interest that the instalment had no room for included. */
function leftAfter(balance: bigint, factors: readonly Factor[], credit: bigint, instalment: bigint): bigint {
  let [left, paid, unpaid] = [balance, credit, 0n]
  for (const { num, den } of factors) {
    const interest = left > 0n ? (left * num) / den : 0n
    const asked = maxMinor(interest - paid, 0n) + unpaid
    paid = maxMinor(paid - interest, 0n)
    const part = minMinor(asked, instalment)
    unpaid = asked - part
    left -= instalment - part
  }
  return left + unpaid
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
