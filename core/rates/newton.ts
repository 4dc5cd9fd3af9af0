/**
 * Newton's method for the common loan: one advance, then payments of one sign. The logarithm of the payments' present
 * value falls and is convex in the rate (a sum and a product of log-convex discount factors is log-convex), so a step
 * from the left of the root never overshoots, and about three are needed where bisection takes fifty.
 */
const MAX_STEPS = 30
/** The error after a step is of the order of the step's square. */
const LAST_STEP = 1e-9

export interface PresentValue {
  /** Of all payments, at a rate. */
  value: number
  /** How fast it falls with the rate: −d value / d rate. */
  slope: number
}

/**
 * The rate at which the payments are worth the advance; null when the flows are of another kind or the steps do not settle
 * between `lowest` and `highest`: the bracketing solver then decides.
 *
 * @param amounts in order of time, the advance first; it and the payments have opposite signs
 * @param start at or left of the root
 * @param reckon writes the payments' present value, with the sign of the amounts, into `into`
 */
export function newtonRate(
  amounts: readonly number[],
  { start, lowest, highest }: { readonly start: number; readonly lowest: number; readonly highest: number },
  reckon: (rate: number, into: PresentValue) => void,
): number | null {
  const advance = -amounts[0]!
  const at: PresentValue = { value: 0, slope: 0 }
  let rate = start
  for (let step = 0; step < MAX_STEPS; step++) {
    if (!(rate >= lowest && rate <= highest)) return null
    reckon(rate, at)
    const move = (Math.log(at.value / advance) * at.value) / at.slope
    rate += move
    if (Math.abs(move) < LAST_STEP) return rate
  }
  return null
}

/** Payments in all, and each times its time after the advance; null unless the first amount is an advance and the others its payments. */
export function loanTotals(
  amounts: readonly number[],
  timeOf: (index: number) => number,
): { total: number; weighted: number } | null {
  const advance = -amounts[0]!
  const sign = Math.sign(advance)
  if (sign === 0) return null
  let total = 0
  let weighted = 0
  for (let j = 1; j < amounts.length; j++) {
    const amount = amounts[j]!
    if (amount * sign < 0) return null
    total += amount
    weighted += amount * timeOf(j)
  }
  return total === 0 || weighted === 0 ? null : { total, weighted }
}
