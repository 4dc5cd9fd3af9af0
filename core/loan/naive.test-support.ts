/**
 * A second, deliberately naive reckoning, for tests: its own fractions, its own calendar walked night by night, no code
 * shared with core. Slow, and simple enough to be checked by reading.
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

// Not shortened: a few operations long, they stay short enough.
const plus = ([a, b]: Ratio, [c, d]: Ratio): Ratio => [a * d + c * b, b * d]
const times = ([a, b]: Ratio, [c, d]: Ratio): Ratio => [a * c, b * d]
const over = ([a, b]: Ratio, [c, d]: Ratio): Ratio => [a * d, b * c]

/** To the nearest whole number, a half to the even one. */
export function nearest([a, b]: Ratio): bigint {
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
export const placeOf = new Map<string, number>()
for (let day = Temporal.PlainDate.from('2022-12-31'); day.year < 2040; day = day.add({ days: 1 })) {
  placeOf.set(day.toString(), calendar.length)
  calendar.push({ text: day.toString(), leapYear: day.inLeapYear })
}

const monthlyDays = new Map<string, number[]>()

/** Places in the calendar of the loan's first day and its monthly due days. */
export function daysOf({ disbursedOn, instalments }: NaiveLoan): readonly number[] {
  const days = monthlyDays.get(disbursedOn) ?? []
  monthlyDays.set(disbursedOn, days)
  while (days.length <= instalments) {
    const due = Temporal.PlainDate.from(disbursedOn).add({ months: days.length })
    days.push(placeOf.get(due.toString())!)
  }
  return days.slice(0, instalments + 1)
}

/** Balance times nights, apart by the length of the year in which the night ends. Whole numbers far below 2^53. */
export interface Nights {
  common: number
  leap: number
}

/** Interest of nights within the period from one day to the next, unrounded. */
export function interestOf(loan: NaiveLoan, nights: Nights, from: number, due: number): Ratio {
  const all: Ratio = [BigInt(nights.common + nights.leap), 1n]
  if (loan.dayCount === '30/360') return times(over(all, [BigInt(due - from), 1n]), times(loan.rate, [1n, 12n]))
  if (loan.dayCount !== 'actual/actual') {
    return times(loan.rate, over(all, loan.dayCount === 'actual/365' ? [365n, 1n] : [360n, 1n]))
  }
  return times(loan.rate, plus([BigInt(nights.common), 365n], [BigInt(nights.leap), 366n]))
}

export function addNight(nights: Nights, night: number, balance: number): void {
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
export function instalmentOf(loan: NaiveLoan): bigint {
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
