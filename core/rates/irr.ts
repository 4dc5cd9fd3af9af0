import { percentText } from './percent.ts'
import { RateProblem } from './problem.ts'
import { type Equation, solve } from './solve.ts'

const MAX_NEWTON_STEPS = 30

/**
 * Internal rate per period of equally spaced flows, the first at time 0; money lent and money repaid have opposite signs
 * (either may be the negative one). A fraction: 0.01 is 1 % a period.
 * With several solutions the lowest that is not negative, else the one nearest to zero.
 */
export function irr(flows: readonly bigint[]): number {
  const amounts = new Array<number>(flows.length)
  for (let k = 0; k < flows.length; k++) amounts[k] = Number(flows[k])
  return irrOf(amounts)
}

/** As `irr`, for amounts already in floating point (minor units are exact up to 2^53). */
export function irrOf(amounts: readonly number[]): number {
  const newton = irrOfLoan(amounts)
  if (newton !== null) return newton
  const equation: Equation = { amounts, discount: (x, j) => Math.exp(-x * j) }
  return Math.expm1(preferred(solve(equation).forces))
}

/** Of several rates, the one a reader expects: the lowest not below zero, else the highest below it. */
export function preferred(forces: readonly number[]): number {
  return forces.find((force) => force >= 0) ?? forces.at(-1)!
}

/**
 * The common case, one advance followed by payments of one sign. ln(present value) is convex and falling in
 * x = ln(1 + i), so Newton's method on it never overshoots from the left and needs about three steps; a first guess is
 * exact for a single payment at the payments' mean date: x = ln(Σc / A) / (Σ k·c / Σc).
 * null when the flows are of another kind or the steps do not settle; the bracketing solver then decides.
 */
function irrOfLoan(amounts: readonly number[]): number | null {
  const advance = -amounts[0]!
  if (advance === 0 || amounts.length < 2) return null
  const sign = advance > 0 ? 1 : -1
  let total = 0
  let weighted = 0
  for (let k = 1; k < amounts.length; k++) {
    const amount = amounts[k]! * sign
    if (!(amount >= 0)) return null
    total += amount
    weighted += k * amount
  }
  if (total === 0) return null
  const size = advance * sign
  if (total === size) return 0
  let x = (Math.log(total / size) * total) / weighted
  for (let step = 0; step < MAX_NEWTON_STEPS; step++) {
    const move = newtonMove(amounts, sign, size, x)
    x += move
    // The error after a Newton step is of the order of the step's square.
    if (Math.abs(move) < 1e-9) return Math.expm1(x)
  }
  return null
}

function newtonMove(amounts: readonly number[], sign: number, size: number, x: number): number {
  const v = Math.exp(-x)
  let present = 0
  let slope = 0
  for (let k = amounts.length - 1; k >= 1; k--) {
    present = (present + amounts[k]! * sign) * v
    slope = slope * v + present
  }
  return (Math.log(present / size) * present) / slope
}

/** Beyond it no digit of an effective rate means anything; 10,000 % a year in months is below. */
const HIGHEST = 1e12

/**
 * A period rate as the two annual rates of the People's Bank of China: compounded, and times the periods of a year.
 * Throws `bad-unit-period` and `rate-too-high`.
 */
export function annualRates(periodRate: number, periodsPerYear: number): { irrPercent: string; simplePercent: string } {
  if (!(periodsPerYear > 0)) throw new RateProblem('bad-unit-period', 'periods per year must be above zero')
  const effective = Math.expm1(Math.log1p(periodRate) * periodsPerYear)
  if (!(effective < HIGHEST)) throw new RateProblem('rate-too-high', 'compounded, the rate is beyond 10^14 % a year')
  return {
    irrPercent: percentText(effective, 4),
    simplePercent: percentText(periodRate * periodsPerYear, 4),
  }
}
