/** What is counted while orders are replayed. Sums only, so the order in which answers come makes no difference. */
import type { Minor } from '../../core/money.ts'

/** How many, and how much in all. */
export interface Sum {
  count: number
  amount: Minor
}

export interface Tally {
  readonly sent: Sum
  readonly accepted: Sum
  readonly acceptedByPlan: Map<string, Sum>
  readonly declined: Map<string, Sum>
  readonly guests: Sum
  /** Orders of nothing, or less. */
  readonly empty: Sum
  readonly refundsAsked: Sum
  /** What was refunded, and how many refunds were booked. */
  readonly refunded: Sum
  readonly unmatched: Map<string, Sum>
  readonly customersByHabit: Map<string, Sum>
  readonly linesDeclined: Map<string, Sum>
  readonly repayments: Map<string, Sum>
  statements: number
  autopaid: number
  payouts: number
  readonly lateCharges: Sum
  readonly writtenOff: Sum
  /** Loans that ever came to a bucket. */
  readonly reached: Map<string, Sum>
}

export function createTally(): Tally {
  return {
    sent: nothing(),
    accepted: nothing(),
    acceptedByPlan: new Map(),
    declined: new Map(),
    guests: nothing(),
    empty: nothing(),
    refundsAsked: nothing(),
    refunded: nothing(),
    unmatched: new Map(),
    customersByHabit: new Map(),
    linesDeclined: new Map(),
    repayments: new Map(),
    statements: 0,
    autopaid: 0,
    payouts: 0,
    lateCharges: nothing(),
    writtenOff: nothing(),
    reached: new Map(),
  }
}

export function nothing(): Sum {
  return { count: 0, amount: 0n }
}

export function add(sum: Sum, amount: Minor): void {
  sum.count++
  sum.amount += amount
}

export function addTo(sums: Map<string, Sum>, name: string, amount: Minor): void {
  const known = sums.get(name)
  if (known !== undefined) add(known, amount)
  else sums.set(name, { count: 1, amount })
}

export function totalOf(sums: ReadonlyMap<string, Sum>): Sum {
  const total = nothing()
  for (const { count, amount } of sums.values()) {
    total.count += count
    total.amount += amount
  }
  return total
}
