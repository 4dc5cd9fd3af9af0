import { RateProblem, tooHigh } from './problem.ts'

/**
 * One equation of value: amounts (lent negative, repaid positive) and how each is discounted at force x.
 * x = ln(1 + rate) turns the open interval (−100 %, ∞) into the whole line, on which a sum of discounted flows is smooth
 * and a scan with even steps treats 1 % and 10,000 % alike.
 */
export interface Equation {
  readonly amounts: readonly number[]
  /** Discount factor of flow j at force x; 1 at x = 0; strictly falling in x between an earlier and a later flow. */
  readonly discount: (x: number, j: number) => number
  /** The sum of all, where there is a shorter way to it. */
  readonly value?: (x: number) => number
  /** The sign of the sum as the rate falls to its lowest; absent: that of the last amount, which then outweighs all. */
  readonly lowestSign?: () => number
}

/** Forces searched: from −100 % (to nine digits) to 10^9 per unit of time. */
const LOWEST_FORCE = -22
const HIGHEST_FORCE = 20.7
/** Steps of the scan when several roots are possible; a pair of roots closer than a step is found by its extremum. */
const SCAN_STEPS = 640
/** Steps within a step where the sign changes and three roots or more are possible. */
const FINER = 32

export interface Roots {
  /** Ascending. Never empty. */
  readonly forces: readonly number[]
  /** The root lies below the lowest force: the rate is −100 % to every digit shown. */
  readonly total: boolean
}

/** All rates that balance the equation. Amounts must be in order of time and hold both signs. */
export function solve(equation: Equation): Roots {
  const changes = signChanges(equation.amounts)
  if (changes === 0)
    throw new RateProblem('no-solution', 'money moves one way only: no rate balances the flows', 'payments')
  return changes === 1 ? solveSingle(equation) : solveAll(equation, changes)
}

/** Descartes' rule of signs holds for real exponents too (Laguerre 1883): one change of sign, one root. */
export function signChanges(amounts: readonly number[]): number {
  let changes = 0
  let last = 0
  for (const amount of amounts) {
    if (amount === 0) continue
    const sign = amount > 0 ? 1 : -1
    if (last !== 0 && sign !== last) changes++
    last = sign
  }
  return changes
}

function value(equation: Equation, x: number): number {
  if (equation.value !== undefined) return equation.value(x)
  let sum = 0
  const { amounts, discount } = equation
  for (let j = 0; j < amounts.length; j++) {
    if (amounts[j] !== 0) sum += amounts[j]! * discount(x, j)
  }
  return sum
}

function noRate(): RateProblem {
  return new RateProblem('no-solution', 'no rate above −100 % balances the flows', 'payments')
}

function firstSign({ amounts }: Equation): number {
  return Math.sign(amounts.find((amount) => amount !== 0)!)
}

function lowestSign({ amounts, lowestSign: stated }: Equation): number {
  return stated?.() ?? Math.sign(amounts.findLast((amount) => amount !== 0)!)
}

function solveSingle(equation: Equation): Roots {
  const first = firstSign(equation)
  // Before the root the later flows outweigh, after it the earlier ones.
  const isBelow = (x: number) => value(equation, x) * first < 0
  const atZero = value(equation, 0)
  if (atZero === 0) return { forces: [0], total: false }
  if (isBelow(0)) {
    const high = expand(isBelow, 0.25, HIGHEST_FORCE)
    if (high === null) throw tooHigh()
    return { forces: [refine(equation, high <= 0.25 ? 0 : high / 2, high)], total: false }
  }
  const low = expand((x) => !isBelow(-x), 0.25, -LOWEST_FORCE)
  if (low === null) {
    if (lowestSign(equation) * first > 0) throw noRate()
    return { forces: [LOWEST_FORCE], total: true }
  }
  return { forces: [refine(equation, -low, low <= 0.25 ? 0 : -low / 2)], total: false }
}

/** Doubles x until `still` turns false; null when it holds up to the limit. */
function expand(still: (x: number) => boolean, start: number, limit: number): number | null {
  let x = start
  while (still(x)) {
    if (x >= limit) return null
    x = Math.min(x * 2, limit)
  }
  return x
}

function solveAll(equation: Equation, changes: number): Roots {
  const step = (HIGHEST_FORCE - LOWEST_FORCE) / SCAN_STEPS
  let xs: number[] = []
  // The middle of the scan is 0, so that an interest-free loan is found exactly.
  for (let k = Math.ceil(LOWEST_FORCE / step); k * step <= HIGHEST_FORCE; k++) xs.push(k * step)
  let values = xs.map((x) => value(equation, x))
  if (changes > 2) {
    xs = closerAtRoots(xs, values)
    values = xs.map((x) => value(equation, x))
  }
  const forces = [...rootsOnScan(equation, xs, values), ...rootsAtExtrema(equation, xs, values)].sort((a, b) => a - b)
  // What lies beyond the search shows in the signs at its ends.
  const isBeyond = values.at(-1)! * firstSign(equation) < 0
  if (isBeyond && !forces.some((force) => force >= 0)) throw tooHigh()
  if (forces.length > 0) return { forces, total: false }
  if (values[0]! * lowestSign(equation) < 0) return { forces: [LOWEST_FORCE], total: true }
  throw noRate()
}

/** Between two points of opposite sign there may be three roots as well as one: a finer scan there and beside it. */
function closerAtRoots(xs: readonly number[], values: readonly number[]): number[] {
  const isCrossed = (k: number) => k > 0 && k < xs.length && values[k - 1]! * values[k]! <= 0
  return xs.flatMap((x, k) => {
    if (k === 0 || !(isCrossed(k - 1) || isCrossed(k) || isCrossed(k + 1))) return [x]
    const width = x - xs[k - 1]!
    return [...Array.from({ length: FINER - 1 }, (_, part) => xs[k - 1]! + (width * (part + 1)) / FINER), x]
  })
}

function rootsOnScan(equation: Equation, xs: readonly number[], values: readonly number[]): number[] {
  const roots: number[] = []
  for (let k = 0; k < xs.length; k++) {
    if (values[k] === 0) roots.push(xs[k]!, ...rootsBeside(equation, xs, values, k))
    else if (k > 0 && values[k - 1]! * values[k]! < 0) roots.push(refine(equation, xs[k - 1]!, xs[k]!))
  }
  return roots
}

/** A root at a point of the scan hides the sign from which the curve leaves it: it is asked for a little aside. */
function rootsBeside(equation: Equation, xs: readonly number[], values: readonly number[], k: number): number[] {
  return [k - 1, k + 1]
    .filter((other) => xs[other] !== undefined)
    .flatMap((other) => {
      const aside = xs[k]! + (xs[other]! - xs[k]!) * 1e-4
      if (!(value(equation, aside) * values[other]! < 0)) return []
      return [refine(equation, Math.min(aside, xs[other]!), Math.max(aside, xs[other]!))]
    })
}

/** Where the curve bends back towards zero within two steps, looks whether it touches or crosses there. */
function rootsAtExtrema(equation: Equation, xs: readonly number[], values: readonly number[]): number[] {
  const roots: number[] = []
  for (let k = 1; k + 1 < xs.length; k++) {
    const side = Math.sign(values[k]!)
    const here = Math.abs(values[k]!)
    const bends = side !== 0 && here <= values[k - 1]! * side && here < values[k + 1]! * side
    if (!bends) continue
    const x = lowest((at) => value(equation, at) * side, xs[k - 1]!, xs[k + 1]!)
    const depth = value(equation, x) * side
    const tolerance = touchTolerance(equation, x)
    if (depth < -tolerance) roots.push(refine(equation, xs[k - 1]!, x), refine(equation, x, xs[k + 1]!))
    else if (depth <= tolerance) roots.push(x)
  }
  return roots
}

/** A curve that touches zero does so only to the rounding of its terms. */
function touchTolerance(equation: Equation, x: number): number {
  let size = 0
  for (let j = 0; j < equation.amounts.length; j++) size += Math.abs(equation.amounts[j]! * equation.discount(x, j))
  return size * 1e-14
}

/** Golden-section search for the minimum of a function with one valley between a and b. */
function lowest(f: (x: number) => number, a: number, b: number): number {
  const golden = (Math.sqrt(5) - 1) / 2
  let [low, high] = [a, b]
  let [c, d] = [high - golden * (high - low), low + golden * (high - low)]
  let [fc, fd] = [f(c), f(d)]
  for (let k = 0; k < 80; k++) {
    if (fc < fd) {
      ;[high, d, fd] = [d, c, fc]
      c = high - golden * (high - low)
      fc = f(c)
    } else {
      ;[low, c, fc] = [c, d, fd]
      d = low + golden * (high - low)
      fd = f(d)
    }
  }
  return (low + high) / 2
}

/**
 * The root between two points of opposite sign: false position in the Illinois form (Dowell and Jarratt 1971), which
 * keeps its bracket, with a halving whenever a step shrinks the bracket too little. Ends at the rounding of doubles.
 */
export function refine(equation: Equation, from: number, to: number): number {
  let [a, b] = [from, to]
  let [fa, fb] = [value(equation, a), value(equation, b)]
  if (fa === 0) return a
  if (fb === 0) return b
  let side = 0
  for (let k = 0; k < 200; k++) {
    const width = b - a
    let x = k % 4 === 3 ? a + width / 2 : (a * fb - b * fa) / (fb - fa)
    if (!(x > a && x < b)) x = a + width / 2
    if (x <= a || x >= b) break
    const fx = value(equation, x)
    if (fx === 0) return x
    if (fx * fa > 0) {
      a = x
      fa = fx
      if (side === -1) fb /= 2
      side = -1
    } else {
      b = x
      fb = fx
      if (side === 1) fa /= 2
      side = 1
    }
    if (b - a <= 2e-16 * Math.max(Math.abs(a), Math.abs(b))) break
  }
  return Math.abs(value(equation, a)) < Math.abs(value(equation, b)) ? a : b
}
