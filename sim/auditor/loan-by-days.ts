/** What happens to a loan whose interest goes by days. */
import { type ByDays, interestOwed, outstanding, reckon } from './by-days.ts'
import {
  cancel,
  creditRepays,
  lendAgain,
  lower,
  payAhead,
  planAsAsked,
  repaidDue,
  shorten,
  type Tally,
} from './by-days-money.ts'
import { unpaid, unpaidInterest, unpaidPenalty, unpaidPrincipal } from './part.ts'
import { dueNext, keep, type LoanState } from './state.ts'

/** What is due first, as above; then what the plan asks for today of the parts to come, until nothing more is placed. */
export function payByDays(
  state: LoanState,
  days: ByDays,
  { what, amount }: { readonly what: string; readonly amount: number },
  on: number,
  besides = 0,
): number {
  const { plan } = state
  const dues = payDues(state, days, amount, on)
  const ahead = payAhead(days, plan, dues.left, on)
  const principal = besides + dues.principal + ahead.principal
  if (principal > 0 && outstanding(days, plan) === 0 && what !== 'refunded') planAsAsked(days, plan)
  state.lessened.push({ on, principal })
  return ahead.left
}

/** Oldest due first; of each the late charge, then the interest, then the principal. */
function payDues(state: LoanState, days: ByDays, amount: number, on: number): Tally {
  const dues = [...state.plan, ...state.beside]
    .filter((part) => part.due <= on)
    .sort((one, other) => one.due - other.due)
  let left = amount
  let principal = 0
  const take = (owed: number) => {
    const part = Math.max(0, Math.min(left, owed))
    left -= part
    return part
  }
  for (const part of dues) {
    part.paidPenalty += take(unpaidPenalty(part))
    part.paidInterest += take(unpaidInterest(part))
    const paid = take(unpaidPrincipal(part))
    part.paidPrincipal += paid
    if (part.kind === 'plan') repaidDue(days, part, paid)
    principal += paid
  }
  reckon(days, state.plan)
  return { left, principal }
}

/** What is due, and then a shorter or a cheaper rest. Gives what nothing is owed for. */
export function prepay(
  state: LoanState,
  days: ByDays,
  { amount, effect }: { readonly amount: number; readonly effect: 'shorten' | 'lower' },
  on: number,
): number {
  const dues = payDues(state, days, amount, on)
  const coming = state.plan.reduce((sum, part) => sum + (part.due > on ? unpaidPrincipal(part) : 0), 0)
  // Enough for all principal is money like any other: the interest of the days gone by comes first.
  const prepays = dues.left >= coming ? payAhead : effect === 'shorten' ? shorten : lower
  const ahead = prepays(days, state.plan, dues.left, on)
  state.lessened.push({ on, principal: dues.principal + ahead.principal })
  return ahead.left
}

/** Interest of the days gone by, and all principal and late charges. */
export function settlesByDays(state: LoanState, days: ByDays, on: number): number {
  const besides = state.beside.reduce((sum, part) => sum + unpaid(part), 0)
  const penalties = state.plan.reduce((sum, part) => sum + unpaidPenalty(part), 0)
  return besides + penalties + outstanding(days, state.plan) + interestOwed(days, state.plan, on)
}

export function cancelByDays(state: LoanState, days: ByDays, amount: number, cancelled: number, on: number): void {
  let left = cancel(days, state.plan, cancelled, on)
  for (const part of state.beside.toReversed()) {
    const less = Math.min(left, Math.max(0, unpaidPrincipal(part)))
    part.principal -= less
    left -= less
  }
  state.refunded += cancelled
  keep(state, payByDays(state, days, { what: 'refunded', amount: amount - cancelled }, on, cancelled))
}

/** All of it is principal again, of which the credit pays its part. */
export function comesBack(state: LoanState, days: ByDays, amount: number, there: number, on: number): void {
  const part = dueNext(state, on, true)
  state.restored += amount
  state.lessened.push({ on, principal: amount - there })
  state.credit -= there
  state.overpaid -= there
  if (part.kind === 'plan' && state.status !== 'charged-off') {
    lendAgain(days, state.plan, part, amount, on)
    if (there > 0) creditRepays(days, state.plan, part, there, on)
    return
  }
  part.principal += amount
  part.paidPrincipal += there
}
