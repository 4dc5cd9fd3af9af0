/**
 * A plan whose interest follows the balance from day to day. Of an instalment the interest comes first and the rest repays;
 * the last one open takes what is left. Money that comes early pays the interest there is on its day and then principal,
 * which from then on costs nothing; late money pays what was asked and makes nothing dearer.
 */
import { nearest, ratio } from './arithmetic.ts'
import { type Part, unpaidInterest, unpaidPrincipal } from './part.ts'

/** What is asked of one part, or would be on a day. */
interface Asked {
  readonly interest: number
  readonly principal: number
  /** Interest it has no room for, left to the next. */
  readonly left: number
}

interface Movement {
  readonly day: number
  readonly amount: number
  /** `back`: came back, for a later part to repay. `lent`: also what counts as never lent, below 0. */
  readonly kind: 'lent' | 'paid' | 'back'
}

export interface ByDays {
  readonly percent: string
  /** Interest comes on top of a principal that is planned; else the instalment is level. */
  readonly onTop: boolean
  /** Principal in the plan: lent, less what was cancelled, with what came back. */
  lent: number
  /** How the balance that bears interest changed, besides what falls due. */
  movements: Movement[]
  /** By part: the balance its period opens with, and the interest it leaves to the next. */
  opening: number[]
  leaves: number[]
  /** Interest of periods behind the last open part, which that one takes. */
  gathered: { part: number; interest: number }
}

export function startByDays(percent: string, onTop: boolean, principal: number, from: number): ByDays {
  return {
    percent,
    onTop,
    lent: principal,
    movements: [{ day: from, amount: principal, kind: 'lent' }],
    opening: [],
    leaves: [],
    gathered: { part: -1, interest: 0 },
  }
}

/** The level instalment that leaves nothing: what the debt grows to, over what one unit a period grows to. */
export function levelInstalment(principal: number, percent: string, from: number, dues: readonly number[]): number {
  const { over, under } = ratio(percent)
  const year = under * 36_500n
  let debt = BigInt(principal)
  let paid = 0n
  let scale = 1n
  for (const [place, due] of dues.entries()) {
    const growth = year + over * BigInt(due - (place === 0 ? from : dues[place - 1]!))
    debt *= growth
    paid = paid * growth + scale * year
    scale *= year
  }
  return nearest(debt, paid)
}

export const metInterest = (part: Part) => part.paidInterest + part.waivedInterest + part.lostInterest
export const metPrincipal = (part: Part) => part.paidPrincipal + part.lostPrincipal
export const isOpen = (part: Part) => unpaidPrincipal(part) + unpaidInterest(part) > 0

export function outstanding(days: ByDays, plan: readonly Part[]): number {
  return plan.reduce((left, part) => left - metPrincipal(part), days.lent)
}

export function move(days: ByDays, day: number, amount: number, kind: Movement['kind'] = 'paid'): void {
  days.movements.push({ day, amount, kind })
}

/** Paid on a due day it is of the period that ends then; lent, or counted as never lent, of the one that begins. */
function isWithin({ day, kind }: Movement, part: Part, first: boolean): boolean {
  if (day === part.from) return first || kind === 'lent'
  return day > part.from && (day < part.due || (day === part.due && kind !== 'lent'))
}

/** Of a period, in balance times days: each stretch as the balance was. */
function balanceDays(days: ByDays, part: Part, opening: number, until: number, first: boolean): number {
  const within = days.movements
    .filter((movement) => isWithin(movement, part, first) && movement.day <= until)
    .sort((one, other) => one.day - other.day)
  let balance = opening
  let day = part.from
  let sum = 0
  for (const movement of within) {
    sum += Math.max(0, balance) * (movement.day - day)
    day = movement.day
    balance += movement.amount
  }
  return sum + Math.max(0, balance) * Math.max(0, until - day)
}

/** Of a whole period as far as it is known: its balance times days, and the balance before what is due is paid. */
export function borneBy(
  days: ByDays,
  plan: readonly Part[],
  place: number,
): { readonly balanceDays: number; readonly balance: number } {
  const part = plan[place]!
  const within = days.movements.filter((movement) => isWithin(movement, part, place === 0))
  return {
    balanceDays: balanceDays(days, part, days.opening[place]!, part.due, place === 0),
    balance: within.reduce((sum, { amount }) => sum + amount, days.opening[place]!),
  }
}

function interestUntil(days: ByDays, plan: readonly Part[], place: number, until: number): number {
  const { over, under } = ratio(days.percent)
  if (over === 0n) return 0
  const sum = balanceDays(days, plan[place]!, days.opening[place]!, until, place === 0)
  return nearest(BigInt(sum) * over, under * 36_500n)
}

/** Interest first, the rest repays. What was paid stands, whatever is reckoned later. */
function divide(days: ByDays, part: Part, level: number, interest: number, gathered: number): Asked {
  const sum = level + part.restored + (days.onTop ? interest : part.carried + gathered)
  const repaidAhead = !days.onTop && metPrincipal(part) > Math.max(0, sum - interest)
  const asked = Math.max(metInterest(part), repaidAhead || part.completed ? 0 : Math.min(interest, sum))
  const rest = days.onTop ? level + part.restored : sum - asked
  return {
    interest: asked,
    principal: Math.max(rest, metPrincipal(part)),
    left: Math.max(0, interest - asked),
  }
}

/** What every part asks for, from the first day on. `anew`: planned anew, or paid as planned before its time; they let go of the rest. */
export function reckon(days: ByDays, plan: Part[], anew: readonly Part[] = []): void {
  // What took the rest and was not paid all of it keeps it, though what was planned of it may be met.
  const wasOpen = plan.map((part) => isOpen(part) && !anew.includes(part))
  days.gathered = { part: -1, interest: 0 }
  const none = { part: -1, principal: 0 }
  walk(days, plan, none)
  gather(days, plan, none)
  let more = none
  // Each round gives the rest to a part; one that has no room for it hands it on to another.
  for (let round = 0; round <= 2 * plan.length + 2; round++) {
    // Principal that no part asks for, and interest that the last has no room for.
    const rest =
      Math.max(0, days.lent - plan.reduce((sum, part) => sum + part.principal, 0)) + withoutRoom(days, plan, wasOpen)
    if (rest === 0) return
    const part = takesTheRest(plan, wasOpen)
    more = { part, principal: rest + asAsked(days, part, plan[part]!) - plan[part]!.level }
    walk(days, plan, more)
    gather(days, plan, more)
  }
  const rows = plan.map((part) => `${part.principal}+${part.interest}`).join(' ')
  throw new Error(`the rest of ${days.lent} finds no part that takes it: ${rows}, the latest with ${more.principal}`)
}

/** The level that asks for what the part does, be it less or the rest. */
export function asAsked(days: ByDays, place: number, part: Part): number {
  const gathered = days.gathered.part === place ? days.gathered.interest : 0
  const interest = days.onTop ? 0 : part.interest - gathered - part.carried
  return part.principal - part.restored + interest
}

function withoutRoom(days: ByDays, plan: readonly Part[], wasOpen: readonly boolean[]): number {
  const last = plan.findLastIndex((part, at) => isOpen(part) || wasOpen[at])
  return days.onTop || last < 0 ? 0 : days.leaves[last]!
}

function takesTheRest(plan: readonly Part[], wasOpen: readonly boolean[]): number {
  const place = plan.findLastIndex(
    (part, at) => isOpen(part) || wasOpen[at] || (part.level > 0 && metPrincipal(part) + metInterest(part) === 0),
  )
  return place < 0 ? plan.length - 1 : place
}

function walk(days: ByDays, plan: readonly Part[], more: { part: number; principal: number }): void {
  let balance = 0
  let left = 0
  let notYet = 0
  for (const [place, part] of plan.entries()) {
    days.opening[place] = balance
    const gathered = days.gathered.part === place ? days.gathered.interest : 0
    const own = interestUntil(days, plan, place, part.due)
    const level = part.level + (more.part === place ? more.principal : 0)
    const asked = divide(days, part, level, own + part.carried + gathered + left, gathered)
    notYet -= part.restored
    for (const movement of days.movements) {
      const isAfter = place === plan.length - 1 && movement.day > part.due
      if (!isAfter && !isWithin(movement, part, place === 0)) continue
      balance += movement.amount
      if (movement.kind === 'back') notYet += movement.amount
    }
    const whole = balance + metPrincipal(part)
    part.interest = asked.interest
    part.principal = Math.min(asked.principal, Math.max(whole - notYet, metPrincipal(part)))
    balance = Math.max(0, whole - part.principal)
    left = asked.left
    days.leaves[place] = left
  }
}

/** Interest of periods without an open part is asked for with the last that is, which then repays what bore it. */
function gather(days: ByDays, plan: readonly Part[], more: { part: number; principal: number }): void {
  for (let round = 0; round <= plan.length; round++) {
    const last = plan.findLastIndex(isOpen)
    if (last < 0) return
    const interest = Math.max(0, days.leaves.at(-1)! - days.leaves[last]!)
    if (interest === (days.gathered.part === last ? days.gathered.interest : 0)) return
    days.gathered = { part: last, interest }
    walk(days, plan, more)
  }
}

/** Of plans to come the first whose last day is not before the day. */
function running(plan: readonly Part[], day: number): number {
  const place = plan.findIndex((part) => part.due >= day)
  return place < 0 ? plan.length : place
}

/** What parts from the running one on would ask for if they were paid on the day: interest of days gone by, no more. */
function* askedFrom(days: ByDays, plan: readonly Part[], day: number): Generator<Asked & { place: number }> {
  const first = running(plan, day)
  let left = first === 0 ? 0 : days.leaves[first - 1]!
  for (let place = first; place < plan.length; place++) {
    const part = plan[place]!
    const gathered = days.gathered.part === place ? days.gathered.interest : 0
    const own = place === first ? interestUntil(days, plan, place, day) : 0
    const interest = own + part.carried + gathered + left
    const isAhead = place > first || day <= part.from
    const asked = askedToday(days, plan, place, interest, isAhead, gathered)
    left = asked.left
    yield { ...asked, place }
  }
}

function askedToday(
  days: ByDays,
  plan: readonly Part[],
  place: number,
  interest: number,
  isAhead: boolean,
  gathered: number,
): Asked {
  const part = plan[place]!
  const isLast = plan.slice(place + 1).every((later) => !isOpen(later))
  if (!isLast) return divide(days, part, part.level, interest, gathered)
  const unpaid = outstanding(days, plan)
  if (unpaid === 0 && !isOpen(part)) return { interest: metInterest(part), principal: metPrincipal(part), left: 0 }
  const before = plan.slice(0, place)
  if (isAhead && before.some(isOpen)) return divide(days, part, part.level, interest, gathered)
  const others = before.reduce((sum, one) => sum + unpaidPrincipal(one), 0)
  return {
    interest: Math.max(interest, metInterest(part)),
    principal: metPrincipal(part) + Math.max(0, unpaid - others),
    left: 0,
  }
}

/** What one part would ask for on a day on or before its due date. */
export function askedOn(days: ByDays, plan: readonly Part[], place: number, day: number): Asked {
  for (const asked of askedFrom(days, plan, day)) {
    if (asked.place !== place) continue
    const most = metPrincipal(plan[place]!) + outstanding(days, plan)
    return { ...asked, principal: Math.min(asked.principal, most) }
  }
  throw new Error(`no part ${place} to come`)
}

/** Interest that is owed when all is paid on the day. */
export function interestOwed(days: ByDays, plan: readonly Part[], on: number): number {
  if (outstanding(days, plan) === 0 && !plan.some(isOpen)) return 0
  const first = running(plan, on)
  const past = plan.slice(0, first).reduce((sum, part) => sum + unpaidInterest(part), 0)
  if (first === plan.length) return past
  const { part: taker, interest: gathered } = days.gathered
  let owed = past - (taker >= 0 && taker < first ? gathered : 0)
  let left = first === 0 ? 0 : days.leaves[first - 1]!
  for (const asked of askedFrom(days, plan, on)) {
    const part = plan[asked.place]!
    owed += asked.interest - metInterest(part)
    left = asked.left
  }
  // What a part to come takes over from those after it is asked for with it.
  return Math.max(0, owed + Math.max(0, left - (taker >= first ? gathered : 0)))
}
