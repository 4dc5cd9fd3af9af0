/**
 * What one loan owes, by the rules a customer is told and nothing else: told again from its first day whenever
 * something is learned, in order of the days on which things count.
 */
import { monthsLater, nearest, percent, ratio, share } from './arithmetic.ts'
import { interestOwed, levelInstalment, outstanding, reckon, startByDays } from './by-days.ts'
import { cancelByDays, comesBack, payByDays, prepay, settlesByDays } from './loan-by-days.ts'
import { newPart, type Part, unpaid, unpaidInterest, unpaidPenalty, unpaidPrincipal } from './part.ts'
import {
  DoesNotFit,
  dueNext,
  endTelling,
  type Happening,
  keep,
  type LoanFacts,
  type LoanState,
  openFrom,
  type PlanFacts,
  partsOf,
  principalLeft,
} from './state.ts'

/** The charge on each bill of a flat plan. */
export function chargePerBill(price: number, rate: string): number {
  return percent(price, rate)
}

/** The story of the loan, told from the beginning. Throws `DoesNotFit`. */
export function tell(facts: LoanFacts, happenings: readonly Happening[]): LoanState {
  const rate = facts.plan.merchantPays ? '0' : facts.plan.percent
  const state: LoanState = {
    plan: [],
    beside: [],
    days: null,
    status: 'active',
    credit: 0,
    refunded: 0,
    restored: 0,
    overpaid: 0,
    returned: 0,
    recovered: 0,
    lessened: [],
    percent: rate,
    lent: facts.price,
    told: null,
  }
  makePlan(state, facts.plan.method, facts.price, facts.openedOn, facts.dues)
  const inOrder = happenings
    .map((happening, place) => ({ happening, place }))
    .sort((one, other) => one.happening.on - other.happening.on || one.place - other.place)
  for (const { happening } of inOrder) {
    happen(state, facts.plan.method, happening)
    forgiveRepaid(state, happening.on)
  }
  if (state.status !== 'charged-off') {
    const owing = openFrom(state) < Number.POSITIVE_INFINITY
    state.status = owing ? 'active' : state.credit > 0 ? 'overpaid' : 'paid'
  }
  endTelling(state)
  return state
}

/** A plan of this much from a day on, at the loan's rate. */
function makePlan(
  state: LoanState,
  method: PlanFacts['method'],
  principal: number,
  from: number,
  dues: readonly number[],
): void {
  if (method === 'flat' || method === 'bullet') {
    state.plan = planned(method, principal, state.percent, from, dues)
    return
  }
  const isCarried = method === 'carried'
  const level = isCarried ? 0 : levelInstalment(principal, state.percent, from, dues)
  state.plan = dues.map((due, place) => ({
    ...newPart('plan', place === 0 ? from : dues[place - 1]!, due, 0, 0),
    level,
  }))
  if (isCarried) state.plan.at(-1)!.level = principal
  state.days = startByDays(state.percent, isCarried, principal, from)
  reckon(state.days, state.plan)
}

/** Flat: level instalments of price and charges, the last takes the remainder. Otherwise all with the last. */
function planned(
  method: PlanFacts['method'],
  price: number,
  rate: string,
  from: number,
  dues: readonly number[],
): Part[] {
  const count = dues.length
  const charge = method === 'flat' ? chargePerBill(price, rate) : 0
  const level = nearest(BigInt(price + count * charge), BigInt(count))
  let left = price
  return dues.map((due, place) => {
    const last = place === count - 1
    const wanted = method === 'bullet' ? 0 : level - charge
    const principal = last ? left : Math.min(wanted, left)
    left -= principal
    return newPart('plan', place === 0 ? from : dues[place - 1]!, due, principal, charge)
  })
}

function happen(state: LoanState, method: PlanFacts['method'], happening: Happening): void {
  const { on } = happening
  switch (happening.what) {
    case 'paid':
    case 'settled':
      if (state.status === 'charged-off') {
        state.recovered += happening.amount
        return
      }
      if (happening.what === 'settled' && state.days === null) forgive(state, on)
      keep(state, state.days === null ? pay(state, happening.amount, on) : payByDays(state, state.days, happening, on))
      return
    case 'prepaid':
      keep(state, prepay(state, state.days!, happening, on))
      return
    case 'recovered':
      state.recovered += happening.amount
      return
    case 'refunded':
      refund(state, method, happening.amount, on)
      return
    case 'given-back':
      giveBack(state, happening.amount, on)
      return
    case 'late-charge':
      charge(state, happening.amount, on)
      return
    case 'waived':
      waive(state, happening.charge, happening.amount)
      return
    case 'lost':
      lose(state, on)
      return
    case 'new-plan':
      planAnew(state, method, happening)
      return
  }
}

/** Oldest due first; of each the late charge, then the interest, then the principal. Gives what nothing is owed for. */
function pay(state: LoanState, amount: number, on: number, besides = 0): number {
  let left = amount
  let principal = besides
  const take = (owed: number) => {
    const part = Math.max(0, Math.min(left, owed))
    left -= part
    return part
  }
  const inOrder = [...state.beside, ...state.plan].sort((one, other) => one.due - other.due)
  for (const part of inOrder) {
    part.paidPenalty += take(unpaidPenalty(part))
    part.paidInterest += take(unpaidInterest(part))
    const paid = take(unpaidPrincipal(part))
    part.paidPrincipal += paid
    principal += paid
  }
  state.lessened.push({ on, principal })
  return left
}

/** Whoever settles owes no charge of a bill whose time has not begun; what was charged before a new plan stays owed. */
function forgiven(part: Part, on: number): number {
  if (part.kind !== 'plan' || part.from < on) return 0
  return Math.max(0, Math.min(part.interest - part.carried, unpaidInterest(part)))
}

function forgive(state: LoanState, on: number): void {
  for (const part of state.plan) part.interest -= forgiven(part, on)
}

/** Without principal the loan is settled, whatever repaid it. */
function forgiveRepaid(state: LoanState, on: number): void {
  if (state.days === null && state.status !== 'charged-off' && principalLeft(state) === 0) forgive(state, on)
}

/** What settles the loan on a day. */
export function settles(state: LoanState, on: number): number {
  if (state.status === 'charged-off') return 0
  if (state.days !== null) return settlesByDays(state, state.days, on)
  return partsOf(state).reduce((sum, part) => sum + unpaid(part) - forgiven(part, on), 0)
}

/** Counts as never lent: the last principal first, the charges of bills to come anew, what was paid beyond it kept. */
function refund(state: LoanState, method: PlanFacts['method'], amount: number, on: number): void {
  if (state.status === 'charged-off') {
    const missing = Math.max(0, lost(state) - state.recovered)
    const recovered = Math.min(amount, missing)
    state.recovered += recovered
    keep(state, amount - recovered)
    return
  }
  const cancelled = Math.min(amount, principalLeft(state))
  if (state.days !== null) {
    cancelByDays(state, state.days, amount, cancelled, on)
    return
  }
  const coming = state.plan.filter((part) => part.due > on || (part.due === on && part.from === on))
  let left = cancelled
  const past = state.plan.filter((part) => !coming.includes(part))
  for (const part of [...coming.toReversed(), ...past.toReversed(), ...state.beside.toReversed()]) {
    const less = Math.min(left, Math.max(0, unpaidPrincipal(part)))
    part.principal -= less
    left -= less
  }
  state.refunded += cancelled
  let ahead = 0
  if (cancelled > 0 && method === 'flat') {
    if (coming.length > 0) state.lent -= cancelled
    for (const part of coming) {
      const anew = part.carried + (part.principal === 0 ? 0 : chargePerBill(state.lent, state.percent))
      // Interest paid ahead for what now counts as never lent is money for what else is owed; waived, it was never charged.
      const beyond = Math.max(0, Math.min(part.paidInterest, part.paidInterest + part.waivedInterest - anew))
      part.paidInterest -= beyond
      part.waivedInterest = Math.min(part.waivedInterest, Math.max(0, anew - part.paidInterest))
      part.interest = anew
      ahead += beyond
    }
  }
  forgiveRepaid(state, on)
  keep(state, pay(state, amount - cancelled + ahead, on, cancelled))
}

function lost(state: LoanState): number {
  return partsOf(state).reduce((sum, part) => sum + part.lostPrincipal + part.lostInterest + part.lostPenalty, 0)
}

/** Credit that was paid out; what of it is not there any more is owed again. */
function giveBack(state: LoanState, amount: number, on: number): void {
  const there = Math.min(amount, state.credit)
  if (state.days !== null && there < amount) {
    comesBack(state, state.days, amount, there, on)
    return
  }
  state.credit -= there
  if (there === amount) {
    state.returned += there
    return
  }
  // All of it is principal again, of which the credit pays its part.
  state.overpaid -= there
  state.restored += amount
  state.lessened.push({ on, principal: amount - there })
  const part = dueNext(state, on, true)
  part.principal += amount
  part.paidPrincipal += there
}

function charge(state: LoanState, amount: number, on: number): void {
  const part = dueNext(state, on, false)
  part.penalty += amount
  // What was paid beyond all that was owed pays it, as if it had been known.
  const used = Math.min(state.credit, unpaidPenalty(part))
  part.paidPenalty += used
  state.credit -= used
  state.overpaid -= used
}

function waive(state: LoanState, what: 'interest' | 'penalty', amount: number): void {
  let left = amount
  for (const part of [...state.beside, ...state.plan].sort((one, other) => one.due - other.due)) {
    const less = Math.max(0, Math.min(left, what === 'interest' ? unpaidInterest(part) : unpaidPenalty(part)))
    if (what === 'interest') part.waivedInterest += less
    else part.waivedPenalty += less
    left -= less
  }
  if (left > 0) throw new DoesNotFit('waiver-exceeds-owed')
  if (state.days !== null) reckon(state.days, state.plan)
}

/** All principal is lost, and the charges that were earned; those to come lapse. */
function lose(state: LoanState, on: number): void {
  let principal = 0
  for (const part of partsOf(state)) {
    const earned = part.due <= on
    principal += unpaidPrincipal(part)
    part.lostPrincipal += unpaidPrincipal(part)
    if (earned) part.lostInterest += unpaidInterest(part)
    if (earned) part.lostPenalty += unpaidPenalty(part)
    part.interest -= unpaidInterest(part)
    part.penalty -= unpaidPenalty(part)
  }
  state.lessened.push({ on, principal })
  state.status = 'charged-off'
}

/** All that is unpaid in new instalments: principal as a new plan, charges owed in equal parts. */
function planAnew(
  state: LoanState,
  method: PlanFacts['method'],
  order: Extract<Happening, { what: 'new-plan' }>,
): void {
  const { on, instalments, firstDue } = order
  if (method === 'flat') forgive(state, on)
  const owed = (figure: (part: Part) => number) => state.plan.reduce((sum, part) => sum + figure(part), 0)
  const principal = state.days === null ? owed(unpaidPrincipal) : outstanding(state.days, state.plan)
  const even = Array.from({ length: instalments }, () => 1)
  // By days, what a settlement would have cost today.
  const interestNow = state.days === null ? owed(unpaidInterest) : interestOwed(state.days, state.plan, on)
  const interest = share(interestNow, even)
  const penalties = share(owed(unpaidPenalty), even)
  for (const part of state.plan) {
    const met = part.paidPrincipal + part.paidInterest + part.waivedInterest + part.paidPenalty + part.waivedPenalty
    if (met === 0 && part.due > on) continue
    state.beside.push({
      ...part,
      kind: 'old',
      principal: part.paidPrincipal,
      interest: part.paidInterest + part.waivedInterest,
      penalty: part.paidPenalty + part.waivedPenalty,
    })
  }
  state.percent = order.percent
  state.lent = principal
  const dues = even.map((_, place) => monthsLater(firstDue, place))
  makePlan(state, method, principal, on, dues)
  state.plan.forEach((part, place) => {
    part.interest += interest[place]!
    part.carried = interest[place]!
    part.penalty += penalties[place]!
  })
  if (state.days !== null) reckon(state.days, state.plan)
}

/** What a late charge may be at most: the cap a year on the principal as it was outstanding, less all charged so far. */
export function roomUnder(state: LoanState, facts: LoanFacts, cap: string, on: number): number {
  const days = state.lessened
    .filter((less) => less.on <= on)
    .reduce(
      (sum, less) => sum - BigInt(less.principal) * BigInt(on - less.on),
      BigInt(facts.price) * BigInt(on - facts.openedOn),
    )
  const { over, under } = ratio(cap)
  const allowed = Number((days * over) / (under * 36_500n))
  const charged = partsOf(state).reduce((sum, part) => sum + part.penalty + (part.due <= on ? part.interest : 0), 0)
  return Math.max(0, allowed - charged)
}
