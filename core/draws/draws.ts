import { type Day, formatDay, parseDay } from '../calendar.ts'
import { effectiveEvents } from '../effective-events.ts'
import { add, compare, type Fraction, fraction, multiply, parseDecimal, roundFraction, zero } from '../fraction.ts'
import { currencyDecimals, formatMinor, type Minor, maxMinor, minMinor } from '../money.ts'
import { Problem } from '../problem.ts'
import { roundQuotient } from '../rounding.ts'
import { type Stretch, shownStretch } from '../stretch.ts'
import {
  type Draw,
  type DrawEvent,
  DrawProblem,
  type DrawState,
  type DrawTerms,
  type MoneySpread,
  type RepaymentSpread,
} from './types.ts'

interface LiveDraw {
  readonly id: string
  readonly on: Day
  readonly amount: Minor
  readonly dueOn: Day | null
  principal: Minor
  rate: Fraction
  /** Exact interest at earlier rates. */
  settled: Fraction
  /** Principal × nights at the rate of now, and at the overdue rate: whole numbers until interest is asked for. */
  nights: bigint
  overdueNights: bigint
  /** Nights before this day are counted. */
  accruedTo: Day
  interestPaid: Minor
  /** What bore all of that, which is summed up above as interest is asked for at every event. */
  readonly stretches: Stretch<Day>[]
}

interface LiveFacility {
  readonly terms: DrawTerms
  readonly overdueRate: Fraction | null
  readonly draws: LiveDraw[]
  readonly spreads: RepaymentSpread[]
  readonly fromCredit: MoneySpread[]
  limit: Minor
  fees: Minor
  creditBalance: Minor
}

/** All draws of a facility on a day. Events may come in any order: they take effect by their day, then as given. */
export function drawsOn(terms: DrawTerms, events: readonly DrawEvent[], asOf: string): DrawState {
  const until = parseDay(asOf, 'asOf')
  const facility = openFacility(terms)
  for (const { day, event } of effectiveEvents(events, { until }, DrawProblem)) post(facility, day, event)
  return stateOn(facility, until)
}

function openFacility(terms: DrawTerms): LiveFacility {
  currencyDecimals(terms.currency)
  if (terms.limit < 0n) throw new DrawProblem('bad-amount', 'limit is below zero', 'limit')
  readRate(terms.dailyRatePercent, 'dailyRatePercent')
  const overdue = terms.overdueDailyRatePercent
  return {
    terms,
    overdueRate: overdue === null ? null : readRate(overdue, 'overdueDailyRatePercent'),
    draws: [],
    spreads: [],
    fromCredit: [],
    limit: terms.limit,
    fees: 0n,
    creditBalance: 0n,
  }
}

/** Percent a day as an exact fraction: 0.048 is 3/6250. */
function readRate(text: string, field: string): Fraction {
  let percent: Fraction
  try {
    percent = parseDecimal(text)
  } catch (problem) {
    if (problem instanceof Problem) throw new DrawProblem('bad-rate', `${field}: ${problem.message}`, field)
    throw problem
  }
  if (percent.num < 0n) throw new DrawProblem('bad-rate', `${field} is below zero`, field)
  return fraction(percent.num, percent.den * 100n)
}

function post(facility: LiveFacility, on: Day, event: DrawEvent): void {
  for (const draw of facility.draws) accrueTo(draw, on, facility.overdueRate)
  switch (event.type) {
    case 'draw':
      facility.draws.push(newDraw(facility, on, event))
      payFromCredit(facility, on, event.id)
      break
    case 'repayment':
      repay(facility, on, event)
      break
    case 'fee':
      facility.fees += event.amount
      payFromCredit(facility, on, event.id)
      break
    case 'rate-change':
      changeRate(
        drawNamed(facility, event.draw, event.id),
        readRate(event.dailyRatePercent, `events.${event.id}.dailyRatePercent`),
      )
      break
    case 'limit-change':
      if (event.limit < 0n) {
        throw new DrawProblem('bad-amount', 'limit is below zero', `events.${event.id}.limit`)
      }
      facility.limit = event.limit
      break
    case 'reversal':
      break
  }
}

function newDraw(facility: LiveFacility, on: Day, event: DrawEvent & { type: 'draw' }): LiveDraw {
  const field = `events.${event.id}`
  const available = availableOf(facility)
  if (event.amount > available) {
    const inUnits = (amount: Minor) => formatMinor(amount, facility.terms.currency)
    throw new DrawProblem(
      'over-limit',
      `${inUnits(available)} is available, not ${inUnits(event.amount)}`,
      `${field}.amount`,
    )
  }
  const dueOn = event.dueOn === undefined ? null : parseDay(event.dueOn, `${field}.dueOn`)
  if (dueOn !== null && dueOn < on) throw new DrawProblem('bad-date', 'due before it is drawn', `${field}.dueOn`)
  const rate = readRate(event.dailyRatePercent ?? facility.terms.dailyRatePercent, `${field}.dailyRatePercent`)
  const { id, amount } = event
  return {
    id,
    on,
    amount,
    dueOn,
    principal: amount,
    rate,
    settled: zero,
    nights: 0n,
    overdueNights: 0n,
    accruedTo: on,
    interestPaid: 0n,
    stretches: [],
  }
}

/** Credit pays a draw at once, so that it takes none of the limit. */
function availableOf(facility: LiveFacility): Minor {
  return maxMinor(facility.limit - principalOut(facility) + facility.creditBalance, 0n)
}

function principalOut(facility: LiveFacility): Minor {
  return facility.draws.reduce((sum, draw) => sum + draw.principal, 0n)
}

function drawNamed(facility: LiveFacility, id: string, eventId: string): LiveDraw {
  const draw = facility.draws.find((each) => each.id === id)
  if (draw === undefined)
    throw new DrawProblem('unknown-draw', `there is no draw "${id}" yet`, `events.${eventId}.draw`)
  return draw
}

/** Simple interest: principal × rate × nights. The nights after the due date are at the overdue rate. */
function accrueTo(draw: LiveDraw, day: Day, overdueRate: Fraction | null): void {
  if (day <= draw.accruedTo) return
  const turn = overdueRate === null || draw.dueOn === null ? day : Math.min(Math.max(draw.dueOn, draw.accruedTo), day)
  bear(draw, draw.accruedTo, turn, draw.rate)
  if (overdueRate !== null) bear(draw, turn, day, overdueRate)
  draw.nights += draw.principal * BigInt(turn - draw.accruedTo)
  draw.overdueNights += draw.principal * BigInt(day - turn)
  draw.accruedTo = day
}

/** An event that changes neither balance nor rate does not divide a stretch. */
function bear({ id, principal, stretches }: LiveDraw, from: Day, to: Day, daily: Fraction): void {
  if (from >= to || principal === 0n) return
  const last = stretches.at(-1)
  const goesOn = last?.to === from && last.balance === principal && last.daily === daily
  if (goesOn) stretches[stretches.length - 1] = { ...last, to }
  else stretches.push({ of: id, from, to, balance: principal, daily })
}

function exactInterest(draw: LiveDraw, overdueRate: Fraction | null): Fraction {
  const regular = add(draw.settled, multiply(fraction(draw.nights), draw.rate))
  return overdueRate === null ? regular : add(regular, multiply(fraction(draw.overdueNights), overdueRate))
}

function changeRate(draw: LiveDraw, rate: Fraction): void {
  draw.settled = add(draw.settled, multiply(fraction(draw.nights), draw.rate))
  draw.nights = 0n
  draw.rate = rate
}

/** What is owed is the rounded sum of all accrued, less what was paid: rounding does not pile up over repayments. */
function interestOwed(facility: LiveFacility, draw: LiveDraw): Minor {
  return maxMinor(interestAccrued(facility, draw) - draw.interestPaid, 0n)
}

function interestAccrued(facility: LiveFacility, draw: LiveDraw): Minor {
  const { rounding } = facility.terms
  // One rate so far, the common case: no fraction needs reducing.
  if (draw.settled.num === 0n && draw.overdueNights === 0n) {
    return roundQuotient(draw.nights * draw.rate.num, draw.rate.den, rounding)
  }
  return roundFraction(exactInterest(draw, facility.overdueRate), rounding)
}

interface Part {
  readonly draw: string
  interest: Minor
  principal: Minor
}

function repay(facility: LiveFacility, on: Day, event: DrawEvent & { type: 'repayment' }): void {
  const { id, amount } = event
  const named = event.draw === undefined ? null : drawNamed(facility, event.draw, id)
  const { fee, parts, left } = spread(facility, on, amount, named)
  facility.creditBalance += left
  facility.spreads.push({ eventId: id, on: formatDay(on), amount, fee, parts, overpaid: left })
}

/** A new debt first uses the credit: there is some only while nothing else is owed. */
function payFromCredit(facility: LiveFacility, on: Day, eventId: string): void {
  if (facility.creditBalance === 0n) return
  const { fee, parts, left } = spread(facility, on, facility.creditBalance, null)
  const amount = facility.creditBalance - left
  facility.creditBalance = left
  facility.fromCredit.push({ eventId, on: formatDay(on), amount, fee, parts })
}

interface Spread {
  readonly fee: Minor
  readonly parts: readonly Part[]
  readonly left: Minor
}

function spread(facility: LiveFacility, on: Day, money: Minor, named: LiveDraw | null): Spread {
  const parts = new Map<string, Part>()
  const fee = minMinor(facility.fees, money)
  facility.fees -= fee
  let left = money - fee
  if (named !== null) left -= payDraw(facility, named, left, parts)
  const ordered = inRank(facility, on)
  if (facility.terms.interest === 'first') {
    for (const draw of ordered) left -= payInterest(draw, minMinor(left, interestOwed(facility, draw)), parts)
  }
  for (const draw of ordered) left -= payDraw(facility, draw, left, parts)
  return { fee, parts: [...parts.values()], left }
}

function payDraw(facility: LiveFacility, draw: LiveDraw, money: Minor, parts: Map<string, Part>): Minor {
  if (money === 0n) return 0n
  const { terms } = facility
  const owed = interestOwed(facility, draw)
  const total = draw.principal + owed
  const paying = minMinor(money, total)
  if (paying === 0n) return 0n
  const together = terms.interest === 'with-principal' && paying < total
  const forInterest = together ? roundQuotient(paying * owed, total, terms.rounding) : minMinor(paying, owed)
  payInterest(draw, forInterest, parts)
  draw.principal -= paying - forInterest
  partOf(parts, draw).principal += paying - forInterest
  return paying
}

function payInterest(draw: LiveDraw, amount: Minor, parts: Map<string, Part>): Minor {
  if (amount === 0n) return 0n
  draw.interestPaid += amount
  partOf(parts, draw).interest += amount
  return amount
}

function partOf(parts: Map<string, Part>, draw: LiveDraw): Part {
  const part = parts.get(draw.id) ?? { draw: draw.id, interest: 0n, principal: 0n }
  parts.set(draw.id, part)
  return part
}

function inRank(facility: LiveFacility, on: Day): LiveDraw[] {
  const { order } = facility.terms
  // In the order in which they were drawn, those of one day as listed: what ranks alike stays so.
  const owing = facility.draws.filter((draw) => draw.principal > 0n || interestOwed(facility, draw) > 0n)
  if (order === 'oldest') return owing
  if (order === 'newest') return owing.reverse()
  return owing.sort((a, b) =>
    order === 'highest-rate' ? compare(rateOn(facility, b, on), rateOn(facility, a, on)) : dueRank(a) - dueRank(b),
  )
}

/** What the night after a day bears. */
function rateOn({ overdueRate }: LiveFacility, { rate, dueOn }: LiveDraw, day: Day): Fraction {
  return overdueRate !== null && dueOn !== null && day >= dueOn ? overdueRate : rate
}

/** A draw without a due date comes after every one that has one. */
function dueRank(draw: LiveDraw): number {
  return draw.dueOn ?? Number.MAX_SAFE_INTEGER
}

function stateOn(facility: LiveFacility, day: Day): DrawState {
  for (const draw of facility.draws) accrueTo(draw, day, facility.overdueRate)
  const draws = facility.draws.map((draw) => shown(facility, draw, day))
  const principal = principalOut(facility)
  const interestDue = draws.reduce((sum, draw) => sum + draw.interestOwed, 0n)
  return {
    asOf: formatDay(day),
    draws,
    spreads: facility.spreads,
    fromCredit: facility.fromCredit,
    limit: facility.limit,
    principal,
    interest: interestDue,
    fees: facility.fees,
    payoff: principal + interestDue + facility.fees,
    available: availableOf(facility),
    creditBalance: facility.creditBalance,
  }
}

function shown(facility: LiveFacility, draw: LiveDraw, day: Day): Draw {
  return {
    id: draw.id,
    on: formatDay(draw.on),
    amount: draw.amount,
    dueOn: draw.dueOn === null ? null : formatDay(draw.dueOn),
    principal: draw.principal,
    interestAccrued: interestAccrued(facility, draw),
    interestPaid: draw.interestPaid,
    interestOwed: interestOwed(facility, draw),
    overdue: draw.dueOn !== null && day > draw.dueOn && draw.principal > 0n,
    stretches: draw.stretches.map(shownStretch),
  }
}
