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
  for (const { account, amount } of legs) {
    const sum = sums.get(account)
    sums.set(account, sum === undefined ? amount : sum + amount)
  }
  const merged: Leg[] = []
  for (const [account, amount] of sums) {
    if (amount !== 0n) merged.push({ account, amount })
  }
  return merged
}

export function sumOfLegs(legs: readonly Leg[]): Minor {
  let sum = 0n
  for (const leg of legs) sum += leg.amount
  return sum
}

/** Closes a posting: whatever the legs lack to zero stands on the counter-account. */
export function balanceAgainst(account: string, legs: readonly Leg[]): Leg[] {
  return mergeLegs([...legs, { account, amount: -sumOfLegs(legs) }])
}

export function assertBalanced(legs: readonly Leg[], event: string): void {
  const sum = sumOfLegs(legs)
  assert(sum === 0n, () => `legs of ${event} must balance, they sum to ${sum}`)
}
