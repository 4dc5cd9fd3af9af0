/**
 * The naive life of a loan: it is nothing here but who owed how much principal in which night; whatever is asked is
 * reckoned anew from the first night on, unless nothing happened since it was.
 */
import {
  addNight,
  daysOf,
  instalmentOf,
  interestOf,
  type NaiveLoan,
  type NaiveRow,
  naiveSchedule,
  nearest,
  placeOf,
} from './naive.test-support.ts'

export interface NaiveEvent {
  readonly type: 'repayment' | 'fee' | 'penalty'
  readonly on: string
  readonly amount: bigint
}

export interface NaiveTerms extends NaiveLoan {
  readonly recalculation: 'none' | 'daily'
  readonly overdueInterest: boolean
}

interface Parts {
  penalty: bigint
  fee: bigint
  interest: bigint
  principal: bigint
}

const nothing = (): Parts => ({ penalty: 0n, fee: 0n, interest: 0n, principal: 0n })

interface Paid {
  readonly day: number
  readonly index: number
  readonly principal: number
}

export interface NaiveState {
  readonly terms: NaiveTerms
  readonly days: readonly number[]
  /** What an instalment asks for of the plan: the whole of it, or its principal. */
  readonly instalment: bigint
  readonly schedule: readonly NaiveRow[]
  readonly owing: Parts[]
  readonly paid: Parts[]
  readonly principalPaid: Paid[]
  /** Interest on top of the principal: instalments that were completed early ask for no more of it. */
  readonly completed: boolean[]
  /** Late principal has borne interest until here. */
  until: number
  credit: bigint
  /** Nothing was paid since what is owed was last reckoned, and nothing became late. */
  reckoned: boolean
}

/** Null where an instalment does not cover its interest: what is carried over then is not for a naive reader. */
export class TooDear extends Error {}

export function naiveLife(terms: NaiveTerms, events: readonly NaiveEvent[]): NaiveState {
  const schedule = naiveSchedule(terms)
  const days = daysOf(terms)
  const state: NaiveState = {
    terms,
    days,
    instalment: terms.method === 'interest-only' ? 0n : instalmentOf(terms),
    schedule,
    owing: schedule.map(nothing),
    paid: schedule.map(nothing),
    principalPaid: [],
    completed: schedule.map(() => false),
    until: days[0]!,
    credit: 0n,
    reckoned: false,
  }
  for (const event of [...events].sort((a, b) => (a.on < b.on ? -1 : a.on > b.on ? 1 : 0))) {
    const day = placeOf.get(event.on)!
    if (event.type === 'repayment') repay(state, event.amount, day)
    else charge(state, event.type, event.amount, day)
  }
  reckon(state)
  return state
}

/** What was paid too much pays a later charge. */
function charge(state: NaiveState, part: 'fee' | 'penalty', amount: bigint, day: number): void {
  const index = periodOf(state, day)
  state.owing[index]![part] += amount
  state.credit -= put(state, index, part, min(state.credit, state.owing[index]![part] - state.paid[index]![part]), day)
}

const isDaily = ({ terms }: NaiveState): boolean => terms.recalculation === 'daily' && terms.method !== 'flat'
const onTop = ({ terms }: NaiveState): boolean => terms.method === 'equal-principal' || terms.method === 'interest-only'

/** The period that a day belongs to: after one due day, up to and with the next. */
function periodOf({ days }: NaiveState, day: number): number {
  let index = 0
  while (index + 2 < days.length && days[index + 1]! < day) index++
  return index
}

/** Who owes how much in a night: principal less what fell due and what was paid early, more what is late and bears. */
function bearing(state: NaiveState, index: number, night: number): number {
  let balance = Number(state.terms.principal)
  for (let before = 0; before < index; before++) balance -= Number(state.owing[before]!.principal)
  const bears = state.terms.overdueInterest && night <= state.until
  for (const paid of state.principalPaid) {
    if (paid.day < night && paid.index >= index) balance -= paid.principal
  }
  if (!bears) return balance
  for (let before = 0; before < index; before++) balance += Number(state.owing[before]!.principal)
  for (const paid of state.principalPaid) if (paid.day < night && paid.index < index) balance -= paid.principal
  return balance
}

function ownInterest(state: NaiveState, index: number, to: number): bigint {
  const [from, due] = [state.days[index]!, state.days[index + 1]!]
  const nights = { common: 0, leap: 0 }
  // Only a payment, or the end of what late money bears, changes it.
  const changes = new Set([from, state.until, ...state.principalPaid.map((paid) => paid.day)])
  let balance = 0
  for (let night = from + 1; night <= to; night++) {
    if (changes.has(night - 1)) balance = Math.max(0, bearing(state, index, night))
    addNight(nights, night, balance)
  }
  return nearest(interestOf(state.terms, nights, from, due))
}

interface Division {
  readonly interest: bigint
  readonly principal: bigint
  readonly carry: bigint
}

/** Of an instalment, interest first; one whose principal was paid early beyond that leaves its interest to the next. */
function divided(state: NaiveState, index: number, interest: bigint, principalPlanned: bigint): Division {
  const paid = state.paid[index]!
  if (onTop(state)) {
    const asked = state.completed[index]! ? paid.interest : max(interest, paid.interest)
    return { interest: asked, principal: max(principalPlanned, paid.principal), carry: max(interest - asked, 0n) }
  }
  if (interest > state.instalment) throw new TooDear()
  if (paid.principal > state.instalment - interest) {
    return {
      interest: paid.interest,
      principal: state.instalment - paid.interest,
      carry: max(interest - paid.interest, 0n),
    }
  }
  const asked = max(interest, paid.interest)
  return { interest: asked, principal: max(state.instalment - asked, paid.principal), carry: max(interest - asked, 0n) }
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b)
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b)

function plannedPrincipal(state: NaiveState): bigint {
  return state.terms.method === 'equal-principal' ? state.instalment : 0n
}

/** Every instalment anew, from the first night on; the last takes what the others leave. */
function reckon(state: NaiveState): void {
  const { terms, schedule, owing, paid, days } = state
  if (state.reckoned) return
  state.reckoned = true
  if (!isDaily(state)) {
    schedule.forEach((row, index) => {
      Object.assign(owing[index]!, { interest: row.interest, principal: row.principal })
    })
    return
  }
  let carry = 0n
  let left = terms.principal
  for (let index = 0; index < owing.length; index++) {
    const own = ownInterest(state, index, days[index + 1]!)
    const later = state.principalPaid.filter((p) => p.index > index && p.day <= days[index + 1]!)
    const room = left - later.reduce((sum, p) => sum + BigInt(p.principal), 0n)
    const last = index === owing.length - 1
    const division = divided(state, index, own + carry, plannedPrincipal(state))
    owing[index]!.interest = last ? max(own + carry, paid[index]!.interest) : division.interest
    owing[index]!.principal = last ? left : max(min(division.principal, room), paid[index]!.principal)
    carry = division.carry
    left -= owing[index]!.principal
  }
}

const order = ['penalty', 'fee', 'interest', 'principal'] as const

function repay(state: NaiveState, amount: bigint, day: number): void {
  const maturity = state.days.at(-1)!
  reckon(state)
  const late = state.owing.some((_, index) => state.days[index + 1]! < day && unpaid(state, index) > 0n)
  if (isDaily(state) && late) bearUntil(state, Math.min(day, maturity))
  reckon(state)
  let left = amount
  for (let index = 0; index < state.owing.length && state.days[index + 1]! <= day; index++) {
    for (const part of order)
      left -= put(state, index, part, min(left, state.owing[index]![part] - state.paid[index]![part]), day)
  }
  for (let before = -1n; left > 0n && left !== before && !isSettled(state); ) {
    before = left
    for (let index = 0; index < state.owing.length; index++) {
      if (state.days[index + 1]! > day) left -= payAhead(state, index, left, day)
    }
  }
  state.credit += left
}

/** Nothing is asked of a settled loan, though its nights may round to a cent more than was asked. */
function isSettled(state: NaiveState): boolean {
  reckon(state)
  return outstanding(state) === 0n && state.owing.every((_, index) => unpaid(state, index) <= 0n)
}

function unpaid(state: NaiveState, index: number): bigint {
  return order.reduce((sum, part) => sum + state.owing[index]![part] - state.paid[index]![part], 0n)
}

function bearUntil(state: NaiveState, day: number): void {
  if (day <= state.until) return
  state.until = day
  state.reckoned = false
}

function put(state: NaiveState, index: number, part: keyof Parts, amount: bigint, day: number): bigint {
  if (amount <= 0n) return 0n
  state.paid[index]![part] += amount
  state.reckoned = false
  if (part === 'principal') state.principalPaid.push({ day, index, principal: Number(amount) })
  return amount
}

/** An instalment to come: its charges, the interest there is today, the principal that completes it. */
function payAhead(state: NaiveState, index: number, money: bigint, day: number): bigint {
  let spent = 0n
  for (const part of ['penalty', 'fee'] as const) {
    spent += put(state, index, part, min(money - spent, state.owing[index]![part] - state.paid[index]![part]), day)
  }
  for (const part of ['interest', 'principal'] as const) {
    const asked = isDaily(state) ? askedOn(state, index, day)[part] : state.owing[index]![part]
    spent += put(state, index, part, min(money - spent, asked - state.paid[index]![part]), day)
  }
  if (!isDaily(state) || !onTop(state) || state.paid[index]!.principal === 0n) return spent
  const asked = askedOn(state, index, day)
  const paid = state.paid[index]!
  if (asked.interest <= paid.interest && asked.principal <= paid.principal) complete(state, index)
  return spent
}

function complete(state: NaiveState, index: number): void {
  state.completed[index] = true
  state.reckoned = false
}

/** As if the day were the due day of the current period: what has accrued, and nothing of periods to come. */
function askedOn(state: NaiveState, index: number, day: number): Division {
  reckon(state)
  const current = periodOf(state, day)
  let carry = carryInto(state, current)
  let division: Division = { interest: 0n, principal: 0n, carry }
  for (let at = current; at <= index; at++) {
    const interest = carry + (at === current ? ownInterest(state, at, day) : 0n)
    division = divided(state, at, interest, plannedPrincipal(state))
    if (isLast(state, at)) division = remainder(state, at, at > current, interest, division)
    carry = division.carry
  }
  const left = outstanding(state) + state.paid[index]!.principal
  return { ...division, principal: min(division.principal, left) }
}

/** The last open instalment asks for the whole rest, unless it is still to come and others are open. */
function remainder(state: NaiveState, at: number, future: boolean, interest: bigint, division: Division): Division {
  const paidSoFar = state.paid[at]!
  if (outstanding(state) === 0n && openParts(state, at) <= 0n) return { ...paidSoFar, carry: 0n }
  const open = state.owing.slice(0, at).some((_, index) => openParts(state, index) > 0n)
  if (future && open)
    return onTop(state) ? { ...division, principal: max(lastPlanned(state), division.principal) } : division
  let others = 0n
  for (let index = 0; index < at; index++) others += state.owing[index]!.principal - state.paid[index]!.principal
  const paid = state.paid[at]!
  return {
    interest: max(interest, paid.interest),
    principal: paid.principal + max(outstanding(state) - others, 0n),
    carry: 0n,
  }
}

/** Where interest comes on top, the last instalment's principal is planned from the start. */
function lastPlanned(state: NaiveState): bigint {
  return state.schedule.at(-1)!.principal
}

function openParts(state: NaiveState, index: number): bigint {
  const [owing, paid] = [state.owing[index]!, state.paid[index]!]
  return owing.interest + owing.principal - paid.interest - paid.principal
}

function isLast(state: NaiveState, index: number): boolean {
  return state.owing.slice(index + 1).every((_, later) => openParts(state, index + 1 + later) <= 0n)
}

function carryInto(state: NaiveState, current: number): bigint {
  let carry = 0n
  for (let index = 0; index < current; index++) {
    carry = divided(
      state,
      index,
      ownInterest(state, index, state.days[index + 1]!) + carry,
      plannedPrincipal(state),
    ).carry
  }
  return carry
}

export function outstanding({ terms, principalPaid }: NaiveState): bigint {
  return principalPaid.reduce((left, paid) => left - BigInt(paid.principal), terms.principal)
}

/** What settles the loan on a day: principal, charges, and every night's interest until then less what was paid of it. */
export function naivePayoff(state: NaiveState, on: string): bigint {
  const day = placeOf.get(on)!
  const maturity = state.days.at(-1)!
  const late = state.owing.some((_, index) => state.days[index + 1]! < day && openParts(state, index) > 0n)
  const quoted = { ...state, owing: state.owing.map((parts) => ({ ...parts })) }
  if (isDaily(state) && late) bearUntil(quoted, Math.min(day, maturity))
  if (isSettled(quoted)) return 0n
  let sum = outstanding(state)
  for (const [index, owing] of quoted.owing.entries()) {
    const paid = state.paid[index]!
    sum += owing.fee + owing.penalty - paid.fee - paid.penalty - paid.interest
    if (!isDaily(state)) sum += owing.interest
    else if (state.days[index]! < day) sum += ownInterest(quoted, index, Math.min(day, state.days[index + 1]!))
  }
  return sum
}
