/**
 * A second way to judge a rate, deliberately naive and without code of the solver: in exact integers with 200 bits (60
 * decimals) the present value must change its sign between the two rates half a unit of the last decimal away. (Halving
 * an interval down to the rate itself said the same at forty times the cost.) Time is whole steps of a part of a year.
 */
const BITS = 200n
const SCALE = 1n << BITS

export interface SteppedFlow {
  /** Negative when lent. */
  readonly amount: bigint
  /** Whole steps from the first flow, rising. */
  readonly step: number
}

export interface Steps {
  readonly perYear: number
  /** Whether the annual rate compounds the steps, or is their rate times their number. */
  readonly kind: 'effective' | 'nominal'
}

/** Whether `percent`, a decimal text, is the rate of the flows: one advance, then payments. `slack` as a fraction of it. */
export function isRateOf(flows: readonly SteppedFlow[], steps: Steps, percent: string, slack = 0n): boolean {
  const decimals = percent.split('.')[1]?.length ?? 0
  const rate = (BigInt(percent.replace('.', '')) * SCALE) / 10n ** BigInt(decimals + 2)
  // Rates are snapped to nine decimals of a percent before they are rounded half up.
  const half = SCALE / (2n * 10n ** BigInt(decimals + 2)) + SCALE / (2n * 10n ** 11n) + (rate * slack) / SCALE
  const below = growthOfStep(rate - half, steps)
  const above = growthOfStep(rate + half, steps)
  return (below === null || presentValue(flows, below) >= 0n) && above !== null && presentValue(flows, above) <= 0n
}

/** A trillionth: what twelve good digits leave. */
export const trillionth = SCALE / 10n ** 12n

/** 1 + the rate of one step; null where the annual rate is −100 % or less. */
function growthOfStep(annual: bigint, { perYear, kind }: Steps): bigint | null {
  if (kind === 'nominal') return SCALE + annual / BigInt(perYear)
  return annual <= -SCALE ? null : root(SCALE + annual, perYear)
}

/** Newton's method in integers, begun with the sixteen digits of a double: three steps give all sixty. */
function root(value: bigint, degree: number): bigint {
  const start = (Number(value >> 100n) / 2 ** 100) ** (1 / degree)
  let x = BigInt(Math.round(start * 2 ** 52)) << (BITS - 52n)
  for (let step = 0; step < 3; step++) {
    const lower = power(x, degree - 1)
    const off = ((lower * x) >> BITS) - value
    x -= (off << BITS) / (BigInt(degree) * lower)
  }
  return x
}

function power(base: bigint, exponent: number): bigint {
  let result = SCALE
  let square = base
  for (let left = exponent; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = (result * square) >> BITS
    if (left > 1) square = (square * square) >> BITS
  }
  return result
}

/** From the last flow back to the first, discounting over the steps between. */
function presentValue(flows: readonly SteppedFlow[], growth: bigint): bigint {
  let value = 0n
  for (let k = flows.length - 1; k >= 0; k--) {
    value += flows[k]!.amount << BITS
    const before = flows[k - 1]
    if (before !== undefined) value = (value << BITS) / power(growth, flows[k]!.step - before.step)
  }
  return value
}
