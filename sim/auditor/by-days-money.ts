/** Money that comes to a plan whose interest goes by days, and goods that go back from it. */
import { asAsked, askedOn, type ByDays, isOpen, metInterest, metPrincipal, move, reckon } from './by-days.ts'
import { levelOut, metOfPlan } from './level-out.ts'
import { type Part, unpaidInterest, unpaidPenalty, unpaidPrincipal } from './part.ts'

/** Money on its way: what is left of it, and the principal that it repaid. */
export interface Tally {
  left: number
  principal: number
}

/** Money for the plan once all that is due is met: part after part. */
export function payAhead(days: ByDays, plan: Part[], amount: number, on: number): Tally {
  const tally = { left: amount, principal: 0 }
  for (let before = -1; tally.left > 0 && tally.left !== before; ) {
    before = tally.left
    for (const [place, part] of plan.entries()) {
      if (part.due > on && unpaidPrincipal(part) + unpaidInterest(part) + unpaidPenalty(part) !== 0) {
        payPart(days, plan, place, tally, on)
      }
    }
  }
  return tally
}

/** From the last part, principal first: the plan ends sooner, and none of its instalments is less. */
export function shorten(days: ByDays, plan: Part[], amount: number, on: number): Tally {
  const tally = { left: amount, principal: 0 }
  for (let before = -1; tally.left > 0 && tally.left !== before; ) {
    before = tally.left
    const coming = plan.map((part, place) => ({ part, place })).filter(({ part }) => part.due > on && canTake(part))
    for (const { place } of coming.toReversed()) payPart(days, plan, place, tally, on, true)
  }
  return tally
}

/** Also one that nothing is left for any more, as long as nothing was paid of it. */
function canTake(part: Part): boolean {
  const owes = unpaidPrincipal(part) + unpaidInterest(part) + unpaidPenalty(part) > 0
  return owes || (part.level > 0 && metPrincipal(part) + metInterest(part) === 0)
}

/**
 * Principal, repaid with the running part; the parts that are open are level again over what is left. What was paid in
 * full before its day stands, and so does what was paid of a part beyond the new level.
 */
export function lower(days: ByDays, plan: Part[], amount: number, on: number): Tally {
  const place = plan.findIndex((part) => part.due > on)
  const coming = place < 0 ? [] : plan.slice(place)
  const owed = coming.reduce((sum, part) => sum + unpaidPrincipal(part), 0)
  const principal = Math.min(amount, owed)
  if (principal === 0) return { left: amount, principal: 0 }
  const paid = new Set(coming.filter((part) => !isOpen(part) && metPrincipal(part) + metInterest(part) > 0))
  const [part] = coming as [Part]
  part.ahead += principal
  part.level += principal
  part.paidPrincipal += principal
  move(days, on, -principal)
  reckon(days, plan)
  const { level, closed } = levelOut(days, plan, place, paid)
  const open = coming.filter((one) => !closed.has(one))
  for (const one of coming) one.level = one.ahead + (open.includes(one) ? level : metOfPlan(one))
  const last = open.at(-1)
  // Of less than a unit each, the last that is open asks for all.
  if (level === 0 && last !== undefined) last.level = last.ahead + Math.max(1, restFor(days, plan, open))
  reckon(days, plan, coming)
  return { left: amount - principal, principal }
}

/** Principal that these parts are planned for: what the others do not ask for. */
function restFor(days: ByDays, plan: readonly Part[], open: readonly Part[]): number {
  const others = plan.filter((part) => !open.includes(part))
  const besides = open.reduce((sum, part) => sum + part.restored + part.ahead, 0)
  return others.reduce((sum, part) => sum - part.principal, days.lent - besides)
}

function payPart(days: ByDays, plan: Part[], place: number, tally: Tally, on: number, principalFirst = false): void {
  const part = plan[place]!
  const take = (wanted: number) => {
    const amount = Math.max(0, Math.min(tally.left, wanted))
    tally.left -= amount
    return amount
  }
  const payPenalty = () => {
    part.paidPenalty += take(unpaidPenalty(part))
  }
  const payInterest = () => {
    const interest = take(askedOn(days, plan, place, on).interest - metInterest(part))
    part.paidInterest += interest
    if (interest > 0) reckon(days, plan, paidAsPlanned(days, plan, place, on))
  }
  const payPrincipal = () => {
    const principal = take(askedOn(days, plan, place, on).principal - metPrincipal(part))
    if (principal > 0) repayAhead(days, plan, part, principal, on)
    tally.principal += principal
  }
  const steps = [payPenalty, payInterest, payPrincipal]
  for (const step of principalFirst ? steps.toReversed() : steps) step()
  if (days.onTop && part.paidPrincipal > 0) completes(days, plan, place, on)
}

function repayAhead(days: ByDays, plan: Part[], part: Part, principal: number, on: number): void {
  part.paidPrincipal += principal
  move(days, on, -principal)
  reckon(days, plan, paidAsPlanned(days, plan, plan.indexOf(part), on))
}

/** The part, where money before its time pays what was planned of it and leaves others open. */
function paidAsPlanned(days: ByDays, plan: readonly Part[], place: number, on: number): Part[] {
  const part = plan[place]!
  if (days.onTop || on > part.from || !plan.some((other) => other !== part && isOpen(other))) return []
  const gathered = days.gathered.part === place ? days.gathered.interest : 0
  const met = metPrincipal(part) + metInterest(part) - part.restored - part.carried - gathered
  return met >= part.level ? [part] : []
}

/** Where interest comes on top, a part paid in full before its day asks for no more. */
function completes(days: ByDays, plan: Part[], place: number, on: number): void {
  const part = plan[place]!
  const asked = askedOn(days, plan, place, on)
  if (asked.interest > metInterest(part) || asked.principal > metPrincipal(part)) return
  part.completed = true
  reckon(days, plan)
}

/** Principal paid when or after it fell due: it had stopped bearing interest already. */
export function repaidDue(days: ByDays, part: Part, principal: number): void {
  if (principal > 0) move(days, part.due, -principal)
}

/** All is repaid: what comes back later finds room only where something is asked for then. */
export function planAsAsked(days: ByDays, plan: Part[]): void {
  for (const [place, part] of plan.entries()) part.level = Math.min(part.level, Math.max(0, asAsked(days, place, part)))
}

/** Goods back: their price was lent only until the running period began; what was due already, until then. */
export function cancel(days: ByDays, plan: Part[], amount: number, on: number): number {
  const found = plan.findIndex((part) => part.due > on || (part.due === on && part.from === on))
  const first = found < 0 ? plan.length : found
  const coming = Math.min(
    amount,
    plan.slice(first).reduce((sum, part) => sum + unpaidPrincipal(part), 0),
  )
  if (coming > 0) {
    move(days, plan[first]!.from, -coming, 'lent')
    days.lent -= coming
    if (days.onTop) cancelPlanned(plan.slice(first), coming)
  }
  let left = amount - coming
  for (let place = first - 1; place >= 0; place--) {
    const part = plan[place]!
    const less = Math.min(left, Math.max(0, unpaidPrincipal(part)))
    if (less === 0) continue
    part.level = asAsked(days, place, part) - less
    days.lent -= less
    move(days, part.due, -less)
    left -= less
  }
  reckon(days, plan)
  return left
}

function cancelPlanned(coming: Part[], amount: number): void {
  let left = amount
  for (const part of coming.toReversed()) {
    const less = Math.min(left, unpaidPrincipal(part))
    part.level -= less
    left -= less
  }
}

/** Money taken back is lent again from its day, and due with the part. */
export function lendAgain(days: ByDays, plan: Part[], part: Part, amount: number, on: number): void {
  part.restored += amount
  part.completed = false
  days.lent += amount
  move(days, on, amount, 'back')
  reckon(days, plan)
}

/** Credit pays a part of the principal that came back. */
export function creditRepays(days: ByDays, plan: Part[], part: Part, amount: number, on: number): void {
  if (on < part.due) repayAhead(days, plan, part, amount, on)
  else {
    part.paidPrincipal += amount
    repaidDue(days, part, amount)
    reckon(days, plan)
  }
}
