/**
 * A second, deliberately naive way to a rate: halving an interval in exact integers, with 60 decimals. It shares no code
 * with the solver. Time is whole steps of a stated part of a year, so (1 + rate) to a fraction is never needed.
 */
const SCALE = 10n ** 60n

export interface SteppedFlow {
  /** Negative when lent. */
  readonly amount: bigint
  /** Whole steps from the first flow. */
  readonly step: number
}

/** Present value of the flows in 60 decimals at the discount factor v of one step. */
function presentValue(flows: readonly SteppedFlow[], v: bigint): bigint {
  return flows.reduce((sum, { amount, step }) => sum + amount * power(v, step), 0n)
}

function power(base: bigint, exponent: number): bigint {
  let result = SCALE
  let square = base
  for (let left = exponent; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = (result * square) / SCALE
    square = (square * square) / SCALE
  }
  return result
}

/** The discount factor of one step for flows with one change of sign, lent first; to 50 decimals. */
export function discountByBisection(flows: readonly SteppedFlow[]): bigint {
  // At v = 0 only the advance counts; the larger v, the more the payments do.
  let low = 0n
  let high = SCALE
  while (presentValue(flows, high) < 0n) high *= 2n
  while (high - low > 10n ** 8n) {
    const middle = (low + high) / 2n
    if (presentValue(flows, middle) < 0n) low = middle
    else high = middle
  }
  return (low + high) / 2n
}

/** Percent a year with `decimals`, half up: effective ((1/v)^steps − 1) or nominal ((1/v − 1) × steps). */
export function percentByBisection(
  flows: readonly SteppedFlow[],
  stepsPerYear: number,
  kind: 'effective' | 'nominal',
  decimals: number,
): string {
  const growth = (SCALE * SCALE) / discountByBisection(flows)
  const rate = kind === 'effective' ? power(growth, stepsPerYear) - SCALE : (growth - SCALE) * BigInt(stepsPerYear)
  return rounded(rate * 100n, decimals)
}

function rounded(scaled: bigint, decimals: number): string {
  const unit = SCALE / 10n ** BigInt(decimals)
  const size = scaled < 0n ? -scaled : scaled
  const digits = ((size + unit / 2n) / unit).toString().padStart(decimals + 1, '0')
  const text = `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
  return scaled < 0n && /[1-9]/.test(text) ? `-${text}` : text
}
