import { loanTotals, newtonRate } from './newton.ts'
import { percentText } from './percent.ts'
import { RateProblem } from './problem.ts'
import { type Equation, solve } from './solve.ts'

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
  const equation: Equation = { amounts, discount: (x, j) => Math.exp(-x * j), value: (x) => polynomial(amounts, x) }
  return Math.expm1(preferred(solve(equation).forces))
}

/** Of equal periods the equation is a polynomial: one exponential where each flow's own takes ten times as long. */
function polynomial(amounts: readonly number[], x: number): number {
  const v = Math.exp(-x)
  let sum = 0
  for (let k = amounts.length - 1; k >= 0; k--) sum = sum * v + amounts[k]!
  return sum
}

/** Of several rates, the one a reader expects: the lowest not below zero, else the highest below it. */
export function preferred(forces: readonly number[]): number {
  return forces.find((force) => force >= 0) ?? forces.at(-1)!
}

/** The common case, one advance followed by payments of one sign; null for flows of another kind. */
function irrOfLoan(amounts: readonly number[]): number | null {
  const totals = loanTotals(amounts, (k) => k)
  if (totals === null) return null
  const { total, weighted } = totals
  if (total === -amounts[0]!) return 0
  // Exact for a single payment at the payments' mean date.
  const start = (Math.log(total / -amounts[0]!) * total) / weighted
  const force = newtonRate(amounts, { start, ...anyForce }, (x, into) => {
    const v = Math.exp(-x)
    let present = 0
    let slope = 0
    for (let k = amounts.length - 1; k >= 1; k--) {
      present = (present + amounts[k]!) * v
      slope = slope * v + present
    }
    into.value = present
    into.slope = slope
  })
  return force === null ? null : Math.expm1(force)
}

const anyForce = { lowest: Number.NEGATIVE_INFINITY, highest: Number.POSITIVE_INFINITY }

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
