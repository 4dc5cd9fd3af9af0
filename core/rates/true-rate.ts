import type { Day } from '../calendar.ts'
import type { Minor } from '../money.ts'
import { assertUnitPeriod, type Flow, type Timeline, timeline, toNumber, type UnitPeriod } from './flow.ts'
import { type Counting, cnYears, countingOf, euYears, ukYears, xirrYears } from './intervals.ts'
import { preferred } from './irr.ts'
import { loanTotals, newtonRate } from './newton.ts'
import { percentText } from './percent.ts'
import { RateProblem, tooHigh } from './problem.ts'
import { perYear, unitPeriodsOf } from './reg-z.ts'
import { type Equation, solve } from './solve.ts'

export const conventions = ['us-reg-z', 'eu-aprc', 'uk-apr', 'cn-irr', 'cn-simple', 'xirr'] as const
export type Convention = (typeof conventions)[number]

export interface TrueRateInput {
  /** Money the borrower receives, amounts positive. What is kept back from it is left out: a fee taken up front too. */
  readonly advances: readonly Flow[]
  /** Money the borrower pays: instalments, fees, insurance, less subsidies and coupons, as the law counts them. */
  readonly payments: readonly Flow[]
  /** The period in which the law's time is counted; null or absent: found from the flows. */
  readonly unitPeriod?: UnitPeriod | null | undefined
}

export interface TrueRate {
  /** Percent a year, four decimals. */
  readonly ratePercent: string
  /** As the law has it shown. */
  readonly display: string
  /** Other rates balance the flows too; the one given is the lowest that is not negative, else the one nearest zero. */
  readonly multiple: boolean
}

/**
 * Decimals shown. EU: at least one (Directive 2023/2225, Annex III, I (d)); UK: one (CONC App 1.2.6 R); US: two, by
 * which the tolerance of 1/8 of a point (12 CFR 1026.22(a)(2)) can be judged; China: two, as in its own example.
 */
const DISPLAY_DECIMALS: Readonly<Record<Convention, number>> = {
  'us-reg-z': 2,
  'eu-aprc': 1,
  'uk-apr': 1,
  'cn-irr': 2,
  'cn-simple': 2,
  xirr: 2,
}

const RATE_DECIMALS = 4
/** 10^9 %. Up to 10^5 % the four decimals are exact (tests, in integers with 60 decimals), up to here twelve digits are. */
const HIGHEST_RATE = 1e7

/**
 * The annual rate of a loan under a law's convention.
 *
 * - `us-reg-z`: nominal annual rate of the actuarial method (12 CFR 1026 Appendix J): unit-period rate × unit-periods a year.
 * - `eu-aprc`: effective annual rate (Directive 2023/2225 Annex III; Directive 2008/48 Annex I gives the same).
 * - `uk-apr`: effective annual rate (FCA CONC App 1.2).
 * - `cn-irr`, `cn-simple`: People's Bank of China announcement [2021] No. 3: compounded, and simple on the principal
 *   actually outstanding. Its example, 100,000 less a fee of 1,000 against 12 × 8,833.3, is 13.58 % and 12.80 %.
 * - `xirr`: effective annual rate on days over 365, as spreadsheets have it.
 *
 * @throws RateProblem naming the field, or with code `no-solution`, `any-rate`, `rate-too-high`
 */
export function trueRate(convention: Convention, input: TrueRateInput): TrueRate {
  if (!conventions.includes(convention)) {
    throw new RateProblem('bad-convention', `convention must be one of ${conventions.join(', ')}`, 'convention')
  }
  const unitPeriod = input.unitPeriod ?? null
  if (unitPeriod !== null) assertUnitPeriod(unitPeriod, 'unitPeriod')
  const line = timeline(input.advances, input.payments)
  assertTimePasses(line)
  const { rate, multiple } = solved(equationOf(convention, line, unitPeriod))
  return {
    ratePercent: percentText(rate, RATE_DECIMALS),
    display: percentText(rate, DISPLAY_DECIMALS[convention]),
    multiple,
  }
}

export interface CnRates {
  readonly irrPercent: string
  readonly simplePercent: string
}

/** `ratePercent` of `cn-irr` and of `cn-simple`, which a quote shows side by side: one reading of the flows for both. */
export function cnRates(input: TrueRateInput): CnRates {
  const line = timeline(input.advances, input.payments)
  assertTimePasses(line)
  const years = yearsOf('cn-irr', line, null)
  return cnRatesAt(netAmounts(line, years), years, gapsOf(years))
}

/**
 * `cnRates` of loans that are paid out on one day and paid back on the same later days: their time is counted once. The
 * amounts paid back are asked for by the index of their day; not all may be zero. Null where the days do not rise.
 */
export function cnRatesOn(
  lentOn: string,
  paidOn: readonly string[],
): ((lent: Minor, paid: (index: number) => Minor) => CnRates) | null {
  if (paidOn.some((on, k) => on <= (k === 0 ? lentOn : paidOn[k - 1]!))) return null
  const line = timeline(
    [{ amount: 1n, on: lentOn }],
    paidOn.map((on) => ({ amount: 1n, on })),
  )
  const years = yearsOf('cn-irr', line, null)
  const gaps = gapsOf(years)
  return (lent, paid) => {
    const amounts = years.map((_, j) => Number(j === 0 ? -lent : paid(j - 1)))
    return cnRatesAt(amounts, years, gaps)
  }
}

function cnRatesAt(amounts: readonly number[], years: readonly number[], gaps: readonly number[]): CnRates {
  const force = loanForce(amounts, years)
  const compound = force === null ? solved(compoundEquation(amounts, years, 1)).rate : Math.expm1(force)
  const simple = simpleRateOfLoan(amounts, gaps, force) ?? solved(simpleEquation(amounts, years)).rate
  return { irrPercent: percentText(compound, RATE_DECIMALS), simplePercent: percentText(simple, RATE_DECIMALS) }
}

function solved({ equation, annual }: AnnualEquation): { rate: number; multiple: boolean } {
  if (equation.amounts.every((amount) => amount === 0))
    throw new RateProblem('any-rate', 'what changes hands on a day balances on that day: any rate fits', 'payments')
  const { forces } = solve(equation)
  const rate = annual(preferred(forces))
  if (rate > HIGHEST_RATE) {
    throw tooHigh()
  }
  return { rate, multiple: forces.length > 1 }
}

function assertTimePasses(line: Timeline): void {
  const { first, last } = ends(line)
  if (first !== last) return
  const net = line.flows.reduce((sum, flow) => sum + flow.amount, 0n)
  if (net === 0n)
    throw new RateProblem('any-rate', 'all money changes hands at once and balances: any rate fits', 'payments')
  throw new RateProblem('no-solution', 'all money changes hands at once: no rate fits', 'payments')
}

function ends(line: Timeline): { first: number; last: number } {
  if (line.kind === 'dates') return { first: line.flows[0]!.on, last: line.flows.at(-1)!.on }
  return { first: toNumber(line.flows[0]!.years), last: toNumber(line.flows.at(-1)!.years) }
}

interface AnnualEquation {
  readonly equation: Equation
  /** The annual rate, a fraction, at a force the equation was solved for. */
  readonly annual: (force: number) => number
}

/** Rates a year between which the short way is taken: −63 % and 1,900 %. */
const PLAIN_FORCES = { lowest: -1, highest: 3 }

function equationOf(convention: Convention, line: Timeline, unitPeriod: UnitPeriod | null): AnnualEquation {
  if (convention === 'us-reg-z') return unitPeriodEquation(line, unitPeriod)
  const years = yearsOf(convention, line, unitPeriod)
  const amounts = netAmounts(line, years)
  if (convention !== 'cn-simple') return compoundEquation(amounts, years, 1)
  return unitPeriod === null ? simpleEquation(amounts, years) : compoundEquation(amounts, years, perYear(unitPeriod))
}

/** Amounts of one time as one: a fee paid on the day of the advance only makes the advance smaller. */
function netAmounts(line: Timeline, times: readonly number[]): number[] {
  const amounts = line.flows.map((flow) => flow.amount)
  for (let j = 1; j < amounts.length; j++) {
    if (times[j] !== times[j - 1]) continue
    amounts[j] = amounts[j]! + amounts[j - 1]!
    amounts[j - 1] = 0n
  }
  return amounts.map((amount: Minor) => Number(amount))
}

/** Σ a·(1 + i)^(−t·n) = 0 with n periods a year; the annual rate is effective for n = 1 and nominal otherwise. */
function compoundEquation(
  amounts: readonly number[],
  years: readonly number[],
  periodsPerYear: number,
): AnnualEquation {
  const times = periodsPerYear === 1 ? years : years.map((time) => time * periodsPerYear)
  return {
    equation: { amounts, discount: (x, j) => Math.exp(-x * times[j]!) },
    annual: (x) => Math.expm1(x) * periodsPerYear,
  }
}

/** The force x = ln(1 + i) of a plain loan; the first guess is exact for one payment at the payments' mean date. */
function loanForce(amounts: readonly number[], times: readonly number[]): number | null {
  const timeOf = (j: number) => times[j]! - times[0]!
  const totals = loanTotals(amounts, timeOf)
  if (totals === null) return null
  const { total, weighted } = totals
  if (total === -amounts[0]!) return 0
  const start = (Math.log(total / -amounts[0]!) * total) / weighted
  return newtonRate(amounts, { start, ...PLAIN_FORCES }, (x, into) => {
    let value = 0
    let slope = 0
    for (let j = 1; j < amounts.length; j++) {
      const time = timeOf(j)
      const worth = amounts[j]! * Math.exp(-x * time)
      value += worth
      slope += worth * time
    }
    into.value = value
    into.slope = slope
  })
}

/** Appendix J (b)(8): a payment after t full unit-periods and a part f is divided by (1 + f·i)(1 + i)^t. */
function unitPeriodEquation(line: Timeline, unitPeriod: UnitPeriod | null): AnnualEquation {
  const units = unitPeriodsOf(line, unitPeriod)
  const times = line.flows.map((_, j) => units.timeOf(j))
  const amounts = netAmounts(
    line,
    times.map(({ full, part }) => full + part),
  )
  return {
    equation: {
      amounts,
      discount: (x, j) => Math.exp(-x * times[j]!.full) / (1 + times[j]!.part * Math.expm1(x)),
      // At −100 % of a unit-period the full ones grow beyond all bounds, a part of one does not.
      lowestSign: () =>
        signOfHighest(
          amounts,
          times.map(({ full, part }) =>
            part === 1 ? { order: full + 1, weight: 1 } : { order: full, weight: 1 / (1 - part) },
          ),
        ),
    },
    annual: (x) => Math.expm1(x) * units.perYear,
  }
}

/**
 * Simple interest on the principal outstanding, settled whenever money moves: the balance grows by rate × time between
 * flows. For equal periods that is the period's rate times the periods of a year; for a single payment plain simple
 * interest. x is the force over the longest interval, so that every balance factor stays positive.
 */
function simpleEquation(amounts: readonly number[], years: readonly number[]): AnnualEquation {
  const gaps = gapsOf(years)
  const longest = Math.max(...gaps)
  const annual = (x: number) => Math.expm1(x) / longest
  let force = Number.NaN
  const factors = new Array<number>(gaps.length)
  const reckonAt = (x: number): void => {
    force = x
    const rate = annual(x)
    let growth = 1
    for (let j = 0; j < gaps.length; j++) {
      growth *= 1 + rate * gaps[j]!
      factors[j] = 1 / growth
    }
  }
  return {
    equation: {
      amounts,
      discount: (x, j) => {
        if (x !== force) reckonAt(x)
        return factors[j]!
      },
      lowestSign: () => signOfHighest(amounts, growthsAtLowest(gaps, longest)),
    },
    annual,
  }
}

/** How a flow's weight grows without bounds at the lowest rate: the power, and the bounded part beside it. */
interface Growth {
  readonly order: number
  readonly weight: number
}

/** At a rate of −100 % of the longest time between flows, only the balance over such a time grows beyond all bounds. */
function growthsAtLowest(gaps: readonly number[], longest: number): Growth[] {
  let [order, weight] = [0, 1]
  return gaps.map((gap) => {
    const left = 1 - gap / longest
    if (left < 1e-9) order++
    else weight /= left
    return { order, weight }
  })
}

function signOfHighest(amounts: readonly number[], growths: readonly Growth[]): number {
  const highest = Math.max(...growths.filter((_, j) => amounts[j] !== 0).map(({ order }) => order))
  const sum = growths.reduce((all, { order, weight }, j) => (order === highest ? all + amounts[j]! * weight : all), 0)
  return Math.sign(sum)
}

/** Time since the flow before. */
function gapsOf(years: readonly number[]): number[] {
  return years.map((time, j) => (j === 0 ? 0 : time - years[j - 1]!))
}

/**
 * The simple rate of a plain loan without a search. The compounded rate's force lies left of it, as 1 + rate × time ≤
 * exp(rate × time): the steps begin there.
 */
function simpleRateOfLoan(amounts: readonly number[], gaps: readonly number[], start: number | null): number | null {
  // Below zero a balance factor could turn negative on the way.
  if (start === null || start < 0) return null
  if (start === 0) return 0
  return newtonRate(amounts, { start, lowest: 0, highest: Math.expm1(PLAIN_FORCES.highest) }, (rate, into) => {
    let value = 0
    let slope = 0
    let growth = 1
    let timeOfGrowth = 0
    for (let j = 1; j < amounts.length; j++) {
      const factor = 1 + rate * gaps[j]!
      growth *= factor
      timeOfGrowth += gaps[j]! / factor
      const worth = amounts[j]! / growth
      value += worth
      slope += worth * timeOfGrowth
    }
    into.value = value
    into.slope = slope
  })
}

function yearsOf(convention: Convention, line: Timeline, unitPeriod: UnitPeriod | null): number[] {
  if (line.kind === 'times') return line.flows.map((flow) => toNumber(flow.years))
  const { origin, flows } = line
  if (convention === 'xirr') return flows.map((flow) => xirrYears(origin, flow.on))
  const found = countingOfPeriod(unitPeriod) ?? countingOf(distinctDays(flows.map((flow) => flow.on)))
  const [count, fallback] = COUNTS[convention as keyof typeof COUNTS]
  return flows.map((flow) => count(origin, flow.on, found ?? fallback))
}

/** How each convention counts years, and in what periods where the payments show none. */
const COUNTS: Readonly<
  Record<'eu-aprc' | 'uk-apr' | 'cn-irr' | 'cn-simple', [(from: Day, to: Day, counting: Counting) => number, Counting]>
> = {
  'eu-aprc': [euYears, 'month'],
  'uk-apr': [ukYears, 'month'],
  'cn-irr': [cnYears, 'day'],
  'cn-simple': [cnYears, 'day'],
}

function countingOfPeriod(unitPeriod: UnitPeriod | null): Counting | null {
  if (unitPeriod === null) return null
  return unitPeriod.unit === 'half-month' ? 'month' : unitPeriod.unit
}

function distinctDays(days: readonly Day[]): Day[] {
  return days.filter((day, k) => k === 0 || day !== days[k - 1])
}
