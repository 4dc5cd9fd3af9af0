/**
 * A second, deliberately naive reckoning, for tests: its own fractions, its own calendar walked night by night, no code
 * shared with core. Slow, and simple enough to be checked by reading. A loan is nothing here but who owed how much
 * principal in which night; whatever is asked is reckoned anew from the first night on.
 */
export interface NaiveLoan {
  readonly principal: bigint
  /** Rate as numerator over denominator, per year and per unit: 7 % is 7/100. */
  readonly rate: readonly [bigint, bigint]
  readonly method: 'equal-instalment' | 'equal-principal' | 'flat' | 'interest-only'
  readonly instalments: number
  readonly disbursedOn: string
  readonly dayCount: '30/360' | 'actual/365' | 'actual/360' | 'actual/actual'
}

export interface NaiveRow {
  readonly dueOn: string
  readonly principal: bigint
  readonly interest: bigint
}

type Ratio = readonly [bigint, bigint]

const plus = ([a, b]: Ratio, [c, d]: Ratio): Ratio => shorten(a * d + c * b, b * d)
const times = ([a, b]: Ratio, [c, d]: Ratio): Ratio => shorten(a * c, b * d)
const over = ([a, b]: Ratio, [c, d]: Ratio): Ratio => shorten(a * d, b * c)

function shorten(a: bigint, b: bigint): Ratio {
  let x = a < 0n ? -a : a
  let y = b
  while (y > 0n) [x, y] = [y, x % y]
  return x === 0n ? [0n, 1n] : [a / x, b / x]
}

/** To the nearest whole number, a half to the even one. */
function nearest([a, b]: Ratio): bigint {
  const floor = a >= 0n ? a / b : -((-a + b - 1n) / b)
  const rest = 2n * (a - floor * b)
  if (rest < b) return floor
  if (rest > b) return floor + 1n
  return floor % 2n === 0n ? floor : floor + 1n
}

// The calendar: a list of days, made by counting. ------------------------------------------------------------------

interface CalendarDay {
  readonly text: string
  readonly leapYear: boolean
}

const calendar: CalendarDay[] = []
const placeOf = new Map<string, number>()
for (let day = Temporal.PlainDate.from('2022-12-31'); day.year < 2040; day = day.add({ days: 1 })) {
  placeOf.set(day.toString(), calendar.length)
  calendar.push({ text: day.toString(), leapYear: day.inLeapYear })
}

const dueDaysOf = new Map<string, number[]>()

/** Places in the calendar of the loan's first day and its monthly due days. */
function daysOf({ disbursedOn, instalments }: NaiveLoan): readonly number[] {
  const key = `${disbursedOn}/${instalments}`
  const known = dueDaysOf.get(key)
  if (known !== undefined) return known
  const start = Temporal.PlainDate.from(disbursedOn)
  const days = Array.from({ length: instalments + 1 }, (_, months) => placeOf.get(start.add({ months }).toString())!)
  dueDaysOf.set(key, days)
  return days
}

/** Balance times nights, apart by the length of the year in which the night ends. Whole numbers far below 2^53. */
interface Nights {
  common: number
  leap: number
}

/** Interest of nights within the period from one day to the next, unrounded. */
function interestOf(loan: NaiveLoan, nights: Nights, from: number, due: number): Ratio {
  const all: Ratio = [BigInt(nights.common + nights.leap), 1n]
  if (loan.dayCount === '30/360') return times(over(all, [BigInt(due - from), 1n]), times(loan.rate, [1n, 12n]))
  if (loan.dayCount !== 'actual/actual') {
    return times(loan.rate, over(all, loan.dayCount === 'actual/365' ? [365n, 1n] : [360n, 1n]))
  }
  return times(loan.rate, plus([BigInt(nights.common), 365n], [BigInt(nights.leap), 366n]))
}

function addNight(nights: Nights, night: number, balance: number): void {
  if (calendar[night]!.leapYear) nights.leap += balance
  else nights.common += balance
}

function nightsOf(balance: bigint, from: number, to: number): Nights {
  const nights = { common: 0, leap: 0 }
  for (let night = from + 1; night <= to; night++) addNight(nights, night, Number(balance))
  return nights
}

// Schedules -----------------------------------------------------------------------------------------------------------

export function naiveSchedule(loan: NaiveLoan): NaiveRow[] {
  const days = daysOf(loan)
  const instalment = instalmentOf(loan)
  let balance = loan.principal
  return days.slice(1).map((due, index) => {
    const bearing = loan.method === 'flat' ? loan.principal : balance
    const interest = nearest(interestOf(loan, nightsOf(bearing, days[index]!, due), days[index]!, due))
    const last = index === loan.instalments - 1
    const wanted = loan.method === 'equal-principal' ? instalment : instalment - interest
    const asked = loan.method === 'interest-only' ? 0n : wanted
    const principal = last ? balance : asked < balance ? asked : balance
    balance -= principal
    return { dueOn: calendar[due]!.text, principal, interest }
  })
}

/** The instalment whose payments, carried forward with interest, leave nothing: found by carrying 1 and B forward. */
function instalmentOf(loan: NaiveLoan): bigint {
  const days = daysOf(loan)
  const count: Ratio = [BigInt(loan.instalments), 1n]
  if (loan.method === 'equal-principal') return nearest(over([loan.principal, 1n], count))
  const ofPeriod = (balance: bigint, index: number): Ratio =>
    interestOf(loan, nightsOf(balance, days[index]!, days[index + 1]!), days[index]!, days[index + 1]!)
  if (loan.method === 'flat') {
    let cost = loan.principal
    for (let index = 0; index < loan.instalments; index++) cost += nearest(ofPeriod(loan.principal, index))
    return nearest(over([cost, 1n], count))
  }
  // Over one denominator, which is not shortened on the way: (1 + f) for each period.
  let debt = loan.principal
  let paid = 0n
  let whole = 1n
  for (let index = 0; index < loan.instalments; index++) {
    const [num, den] = ofPeriod(1n, index)
    debt *= den + num
    paid = paid * (den + num) + whole * den
    whole *= den
  }
  return nearest([debt, paid])
}

/** Interest owed on a day within the first unpaid period, night by night, when everything before was paid on time. */
export function naiveAccrued(loan: NaiveLoan, rows: readonly NaiveRow[], paidRows: number, on: string): bigint {
  const balance = rows.slice(paidRows).reduce((all, row) => all + row.principal, 0n)
  const [from, due] = [daysOf(loan)[paidRows]!, daysOf(loan)[paidRows + 1]!]
  return nearest(interestOf(loan, nightsOf(balance, from, placeOf.get(on)!), from, due))
}

// A life of a loan ------------------------------------------------------------------------------------------------

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
  }
  for (const event of [...events].sort((a, b) => (a.on < b.on ? -1 : a.on > b.on ? 1 : 0))) {
    const day = placeOf.get(event.on)!
    if (event.type === 'repayment') repay(state, event.amount, day)
    else charge(state, event.type, event.amount, day)
  }
  reckon(state)
  return state
}

/** What was paid too much before pays it. */
function charge(state: NaiveState, part: 'fee' | 'penalty', amount: bigint, day: number): void {
  const index = periodOf(state, day)
  state.owing[index]![part] += amount
  state.credit -= put(state, index, part, min(amount, state.credit), day)
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
  let balance = 0
  for (let night = from + 1; night <= to; night++) {
    // Only a payment, or the end of what late money bears, changes it.
    const changes =
      night === from + 1 || night === state.until + 1 || state.principalPaid.some((p) => p.day === night - 1)
    if (changes) balance = Math.max(0, bearing(state, index, night))
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
  if (isDaily(state) && late) state.until = Math.max(state.until, Math.min(day, maturity))
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

function put(state: NaiveState, index: number, part: keyof Parts, amount: bigint, day: number): bigint {
  if (amount <= 0n) return 0n
  state.paid[index]![part] += amount
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
  if (asked.interest <= paid.interest && asked.principal <= paid.principal) state.completed[index] = true
  return spent
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
  const quoted = { ...state, owing: state.owing.map((parts) => ({ ...parts })), until: state.until }
  if (isDaily(state) && late) quoted.until = Math.max(state.until, Math.min(day, maturity))
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
