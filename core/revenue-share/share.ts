import { type Day, formatDay, parseDay } from '../calendar.ts'
import { effectiveEvents } from '../effective-events.ts'
import { type Fraction, fraction, multiply, parseDecimal, roundFraction } from '../fraction.ts'
import { currencyDecimals, type Minor, maxMinor, minMinor } from '../money.ts'
import { Problem } from '../problem.ts'
import { RateProblem, trueRate } from '../rates/index.ts'
import { roundQuotient } from '../rounding.ts'
import {
  type RevenueShareEvent,
  RevenueShareProblem,
  type RevenueShareState,
  type RevenueShareTerms,
  type Sweep,
} from './types.ts'

/** The advance on a day. Events may come in any order: they take effect by their day, then as given. */
export function revenueShareOn(
  terms: RevenueShareTerms,
  events: readonly RevenueShareEvent[],
  asOf: string,
): RevenueShareState {
  const share = assertTerms(terms)
  const until = parseDay(asOf, 'asOf')
  const total = terms.advance + terms.fixedCost
  const sweeps: Sweep[] = []
  let [repaid, sales, toReturn] = [0n, 0n, 0n]
  for (const { day, event } of inOrder(terms, events, until)) {
    if (event.type === 'sales-refund') {
      sales -= event.amount
      toReturn += shareOf(event.amount, share, terms)
      continue
    }
    const brought = event.type === 'sales' ? shareOf(event.amount, share, terms) : event.amount
    if (event.type === 'sales') sales += event.amount
    const returned = event.type === 'sales' ? minMinor(toReturn, brought) : 0n
    toReturn -= returned
    const amount = minMinor(brought - returned, total - repaid)
    if (amount === 0n) continue
    sweeps.push(sweepOf(terms, event, day, repaid, amount))
    repaid += amount
  }
  return stateOn(terms, until, sweeps, { repaid, sales, toReturn })
}

export function assertTerms(terms: RevenueShareTerms): Fraction {
  currencyDecimals(terms.currency)
  if (terms.advance <= 0n) throw new RevenueShareProblem('bad-amount', 'advance must be above zero', 'advance')
  if (terms.fixedCost < 0n) throw new RevenueShareProblem('bad-amount', 'fixedCost is below zero', 'fixedCost')
  parseDay(terms.advancedOn, 'advancedOn')
  if (terms.endsOn !== null) parseDay(terms.endsOn, 'endsOn')
  if (terms.minimum !== null && (!Number.isInteger(terms.minimum.everyDays) || terms.minimum.everyDays < 1)) {
    throw new RevenueShareProblem('bad-minimum', 'everyDays must be a whole number above zero', 'minimum.everyDays')
  }
  if (terms.minimum !== null && terms.minimum.amount < 0n) {
    throw new RevenueShareProblem('bad-minimum', 'amount is below zero', 'minimum.amount')
  }
  return readShare(terms.sharePercent)
}

function readShare(text: string): Fraction {
  let percent: Fraction
  try {
    percent = parseDecimal(text)
  } catch (problem) {
    if (problem instanceof Problem) {
      throw new RevenueShareProblem('bad-share', `sharePercent: ${problem.message}`, 'sharePercent')
    }
    throw problem
  }
  if (percent.num <= 0n || percent.num > percent.den * 100n) {
    throw new RevenueShareProblem('bad-share', 'sharePercent must be above 0 and at most 100', 'sharePercent')
  }
  return fraction(percent.num, percent.den * 100n)
}

function inOrder(
  terms: RevenueShareTerms,
  events: readonly RevenueShareEvent[],
  until: Day,
): { day: Day; event: Exclude<RevenueShareEvent, { type: 'reversal' }> }[] {
  const start = parseDay(terms.advancedOn)
  for (const [k, { on }] of events.entries()) {
    const field = `events[${k}].on`
    if (parseDay(on, field) < start) throw new RevenueShareProblem('before-advance', 'before the advance', field)
  }
  return effectiveEvents(events, { until }, RevenueShareProblem).flatMap(({ day, event }) =>
    event.type === 'reversal' ? [] : [{ day, event }],
  )
}

/** What sales bring, as every sweep rounds it. */
export function shareOf(sales: Minor, share: Fraction, terms: RevenueShareTerms): Minor {
  return roundFraction(multiply(fraction(sales), share), terms.rounding)
}

/** Cost is earned in proportion to what is repaid, cumulatively, so that the last sweep leaves nothing over. */
function sweepOf(
  terms: RevenueShareTerms,
  event: { readonly id: string; readonly type: string; readonly amount: Minor },
  day: Day,
  repaidBefore: Minor,
  amount: Minor,
): Sweep {
  const cost = costEarned(terms, repaidBefore + amount) - costEarned(terms, repaidBefore)
  const sales = event.type === 'sales' ? event.amount : 0n
  return { eventId: event.id, on: formatDay(day), sales, amount, cost, advance: amount - cost }
}

function costEarned(terms: RevenueShareTerms, repaid: Minor): Minor {
  return roundQuotient(repaid * terms.fixedCost, terms.advance + terms.fixedCost, terms.rounding)
}

function stateOn(
  terms: RevenueShareTerms,
  day: Day,
  sweeps: readonly Sweep[],
  sums: { readonly repaid: Minor; readonly sales: Minor; readonly toReturn: Minor },
): RevenueShareState {
  const total = terms.advance + terms.fixedCost
  const earned = costEarned(terms, sums.repaid)
  const done = sums.repaid === total
  return {
    asOf: formatDay(day),
    sweeps,
    totalOwed: total,
    repaid: sums.repaid,
    remaining: total - sums.repaid,
    advanceRemaining: terms.advance - (sums.repaid - earned),
    costEarned: earned,
    sales: sums.sales,
    shareToReturn: sums.toReturn,
    arrears: arrearsOn(terms, day, sums.repaid),
    repaidOn: done ? sweeps.at(-1)!.on : null,
    ratePercent: done ? rateOf(terms, sweeps) : null,
  }
}

/** What whole runs of days should have brought at least, or everything once the end is past, less what came. */
function arrearsOn(terms: RevenueShareTerms, day: Day, repaid: Minor): Minor {
  const total = terms.advance + terms.fixedCost
  if (terms.endsOn !== null && day > parseDay(terms.endsOn)) return total - repaid
  if (terms.minimum === null) return 0n
  const runs = BigInt(Math.floor((day - parseDay(terms.advancedOn)) / terms.minimum.everyDays))
  return maxMinor(minMinor(runs * terms.minimum.amount, total) - repaid, 0n)
}

/** Flows such as an advance that sales of its own day repaid, or nearly: they have no yearly rate worth a digit. */
const WITHOUT_RATE: readonly string[] = ['no-solution', 'any-rate', 'rate-too-high']

/** The effective annual rate of what really moved, on days over 365; null where there is none. */
export function rateOf(
  terms: RevenueShareTerms,
  payments: readonly { readonly on: string; readonly amount: Minor }[],
): string | null {
  const advances = [{ amount: terms.advance, on: terms.advancedOn }]
  try {
    return trueRate('xirr', { advances, payments: payments.map(({ on, amount }) => ({ on, amount })) }).ratePercent
  } catch (problem) {
    if (problem instanceof RateProblem && WITHOUT_RATE.includes(problem.code)) return null
    throw problem
  }
}
