/** Money legs of an event: what an accountant calls the posting. Debits are positive, credits negative. */
import type { Minor } from '../money.ts'
import { assert } from '../problem.ts'

export interface Leg {
  readonly account: string
  readonly amount: Minor
}

/** One leg per account, zero legs left out, in the order of first mention. */
export function mergeLegs(legs: readonly Leg[]): Leg[] {
  const sums = new Map<string, Minor>()
  for (const { account, amount } of legs) sums.set(account, (sums.get(account) ?? 0n) + amount)
  return [...sums].filter(([, amount]) => amount !== 0n).map(([account, amount]) => ({ account, amount }))
}

export function sumOfLegs(legs: readonly Leg[]): Minor {
  return legs.reduce((sum, leg) => sum + leg.amount, 0n)
}

/** Closes a posting: whatever the legs lack to zero stands on the counter-account. */
export function balanceAgainst(account: string, legs: readonly Leg[]): Leg[] {
  return mergeLegs([...legs, { account, amount: -sumOfLegs(legs) }])
}

export function assertBalanced(legs: readonly Leg[], event: string): void {
  const sum = sumOfLegs(legs)
  assert(sum === 0n, () => `legs of ${event} must balance, they sum to ${sum}`)
}
