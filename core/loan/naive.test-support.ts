/**
 * A second, deliberately naive reckoning of schedules, for tests: its own fractions, its own calendar walked day by day
 * with Temporal, no code shared with core. Slow, and simple enough to be checked by reading.
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

/** Year fraction of a month, adding up its days one at a time where days are what counts. */
function yearPart(loan: NaiveLoan, from: Temporal.PlainDate, to: Temporal.PlainDate): Ratio {
  if (loan.dayCount === '30/360') return [1n, 12n]
  let sum: Ratio = [0n, 1n]
  for (let day = from.add({ days: 1 }); Temporal.PlainDate.compare(day, to) <= 0; day = day.add({ days: 1 })) {
    const year = loan.dayCount === 'actual/360' ? 360 : loan.dayCount === 'actual/365' ? 365 : day.daysInYear
    sum = plus(sum, [1n, BigInt(year)])
  }
  return sum
}

export function naiveSchedule(loan: NaiveLoan): NaiveRow[] {
  const start = Temporal.PlainDate.from(loan.disbursedOn)
  const days = Array.from({ length: loan.instalments + 1 }, (_, month) => start.add({ months: month }))
  const factors = days.slice(1).map((due, index) => times(loan.rate, yearPart(loan, days[index]!, due)))
  const whole: Ratio = [loan.principal, 1n]
  const flat = factors.map((factor) => nearest(times(whole, factor)))
  const instalment = instalmentOf(loan, factors, flat)
  let balance = loan.principal
  return factors.map((factor, index) => {
    const interest = loan.method === 'flat' ? flat[index]! : nearest(times([balance, 1n], factor))
    const last = index === loan.instalments - 1
    const wanted = loan.method === 'equal-principal' ? instalment : instalment - interest
    const asked = loan.method === 'interest-only' ? 0n : wanted
    const principal = last ? balance : asked < balance ? asked : balance
    balance -= principal
    return { dueOn: days[index + 1]!.toString(), principal, interest }
  })
}

/** The instalment whose payments, carried forward with interest, leave nothing: found by carrying 1 and B forward. */
function instalmentOf(loan: NaiveLoan, factors: readonly Ratio[], flat: readonly bigint[]): bigint {
  const count: Ratio = [BigInt(loan.instalments), 1n]
  if (loan.method === 'equal-principal') return nearest(over([loan.principal, 1n], count))
  if (loan.method === 'flat') {
    const cost = flat.reduce((all, part) => all + part, loan.principal)
    return nearest(over([cost, 1n], count))
  }
  let debt: Ratio = [loan.principal, 1n]
  let paid: Ratio = [0n, 1n]
  for (const factor of factors) {
    debt = plus(debt, times(debt, factor))
    paid = plus(plus(paid, times(paid, factor)), [1n, 1n])
  }
  return nearest(over(debt, paid))
}

/** Interest owed on a day within the first unpaid period, a day at a time, when everything before was paid on time. */
export function naiveAccrued(loan: NaiveLoan, rows: readonly NaiveRow[], paidRows: number, on: string): bigint {
  const balance = rows.slice(paidRows).reduce((all, row) => all + row.principal, 0n)
  const start = Temporal.PlainDate.from(loan.disbursedOn).add({ months: paidRows })
  const due = Temporal.PlainDate.from(loan.disbursedOn).add({ months: paidRows + 1 })
  const until = Temporal.PlainDate.from(on)
  const whole = yearPart(loan, start, due)
  const passed = BigInt(until.since(start, { largestUnit: 'days' }).days)
  const all = BigInt(due.since(start, { largestUnit: 'days' }).days)
  const part = loan.dayCount === '30/360' ? times(whole, [passed, all]) : yearPart(loan, start, until)
  return nearest(times([balance, 1n], times(loan.rate, part)))
}
