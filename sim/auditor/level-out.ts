/**
 * The level at which a plan ends with nothing, found by trying: at a level the plan is walked to its end in exact
 * fractions, and what the last open part would have to ask for says whether the level is too low or too high.
 */
import { ratio } from './arithmetic.ts'
import { type ByDays, borneBy, metInterest, metPrincipal } from './by-days.ts'
import type { Part } from './part.ts'

/** What was met of what the plan itself asks of the part. */
export function metOfPlan(part: Part): number {
  return metPrincipal(part) + metInterest(part) - part.restored - part.carried - part.ahead
}

export interface Level {
  readonly level: number
  /** What asks for nothing more: given, paid beyond the level, or paid so far that it leaves the interest no room. */
  readonly closed: ReadonlySet<Part>
}

/**
 * The whole number nearest to that level, a half to the even one, from a place on. Where what comes back with the first part is
 * more than all that is owed it is below 0, which is more than a part asks for that nothing was paid of: that closes. Given is
 * never less than 0.
 */
export function levelOut(days: ByDays, plan: readonly Part[], place: number, paid: ReadonlySet<Part>): Level {
  const closed = new Set(paid)
  const full = new Set<Part>()
  for (;;) {
    const open = plan.slice(place).filter((part) => !closed.has(part))
    if (open.length === 0) return { level: 0, closed }
    const asking = { days, plan, place, closed, full }
    const level = levelOver(asking)
    const end = walkOut(asking, 2 * level)
    const met = open.filter((part) => metOfPlan(part) > level || end.crowded.includes(part))
    const closes = open.length === 1 ? [] : met
    const fills = end.full.filter((part) => !full.has(part))
    if (closes.length + fills.length === 0) return { level: Math.max(0, level), closed }
    for (const part of closes) closed.add(part)
    for (const part of fills) full.add(part)
  }
}

interface Asking {
  readonly days: ByDays
  readonly plan: readonly Part[]
  readonly place: number
  readonly closed: ReadonlySet<Part>
  /** Principal that was paid takes all of it, and its interest goes to the next. */
  readonly full: ReadonlySet<Part>
}

function levelOver(asking: Asking): number {
  const isBelow = (level: number) => walkOut(asking, 2 * level + 1).missing > 0n
  let low = 0
  let high = 1
  while (isBelow(high)) high *= 2
  if (!isBelow(-1)) for (low = -1, high = 0; !isBelow(low); low *= 2) high = low
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (isBelow(middle)) low = middle + 1
    else high = middle
  }
  const isHalf = walkOut(asking, 2 * low + 1).missing === 0n
  return isHalf && low % 2 !== 0 ? low + 1 : low
}

interface End {
  /** What the last open part lacks if all that are open ask for this many halves: above 0 where that is too little. */
  readonly missing: bigint
  /** Where what was paid leaves the interest no room: of the part itself, or with what lowered the others. */
  readonly crowded: readonly Part[]
  readonly full: readonly Part[]
}

function walkOut({ days, plan, place, closed, full }: Asking, halves: number): End {
  const { over, under } = ratio(days.percent)
  const year = under * 36_500n
  const last = plan.findLastIndex((part) => !closed.has(part))
  const running = borneBy(days, plan, place)
  const end = { crowded: [] as Part[], full: [] as Part[] }
  // Every amount is in halves of a minor unit, times `unit`.
  let unit = 1n
  let balance = 0n
  let left = place === 0 ? 0n : 2n * BigInt(days.leaves[place - 1]!)
  for (let at = place; ; at++) {
    const part = plan[at]!
    const length = BigInt(part.due - part.from)
    const borne = at === place ? 2n * BigInt(running.balanceDays) * over : balance * length * over
    unit *= year
    balance = at === place ? 2n * BigInt(running.balance) * unit : balance * year
    const exact = (amount: number) => 2n * BigInt(amount) * unit
    const interest = borne + left * year + exact(part.carried)
    const met = { principal: exact(metPrincipal(part)), interest: exact(metInterest(part)) }
    const sum = BigInt(halves) * unit + exact(part.restored + part.carried + part.ahead)
    const taken = at === last ? exact(leftBehind(plan, at)) : 0n
    const room = sum - interest - taken
    if (!closed.has(part)) {
      const ahead = exact(part.ahead)
      if (met.principal - ahead > most(0n, room - ahead)) end.crowded.push(part)
      if (met.principal > most(0n, room)) end.full.push(part)
    }
    if (at === last) return { ...end, missing: interest + balance + met.principal + taken - sum }
    const asked = closed.has(part) ? met : divided(sum, full.has(part) ? 0n : interest, met.interest)
    balance -= asked.principal - met.principal
    left = most(0n, interest - asked.interest)
  }
}

interface Exact {
  readonly principal: bigint
  readonly interest: bigint
}

/** So much of the interest first as there is, at least what was met of it; the rest repays. */
function divided(sum: bigint, wanted: bigint, metInterest: bigint): Exact {
  const interest = most(metInterest, wanted < sum ? wanted : sum)
  return { interest, principal: sum - interest }
}

function most(one: bigint, other: bigint): bigint {
  return one > other ? one : other
}

/** Interest charged by an earlier plan that the closed parts behind the last open one leave to it. */
function leftBehind(plan: readonly Part[], place: number): number {
  return plan.slice(place + 1).reduce((left, part) => Math.max(0, left + part.carried - metInterest(part)), 0)
}
