import { parseDay } from '../calendar.ts'
import { compare, fraction, parseDecimal } from '../fraction.ts'
import { currencyDecimals } from '../money.ts'
import { Problem } from '../problem.ts'
import { type RatePercent, RevolvingProblem, type RevolvingTerms } from './types.ts'

/** A century before the calendar ends, so that every bill of an account has its dates. */
const LAST_OPENING = parseDay('9899-12-31')

/** Refuses terms that no account can follow, naming the field. */
export function assertTerms(terms: RevolvingTerms): void {
  currencyDecimals(terms.currency)
  if (parseDay(terms.openedOn, 'openedOn') > LAST_OPENING) {
    throw new RevolvingProblem('bad-date', 'openedOn is too late for the calendar', 'openedOn')
  }
  assertDayOfMonth(terms.cycle.statementDay, 'cycle.statementDay')
  assertDayOfMonth(terms.cycle.dueDay, 'cycle.dueDay')
  if (!Object.hasOwn(terms.balances, 'purchase')) {
    throw new RevolvingProblem('bad-balances', 'balances needs "purchase"', 'balances.purchase')
  }
  for (const [code, balance] of Object.entries(terms.balances)) {
    assertRate(balance.rate, `balances.${code}.rate`)
    for (const [k, change] of (balance.changes ?? []).entries()) {
      parseDay(change.from, `balances.${code}.changes[${k}].from`)
      assertRate(change.rate, `balances.${code}.changes[${k}].rate`)
    }
  }
  assertPercent(terms.minimum.percent, 'minimum.percent')
  if (compare(parseDecimal(terms.minimum.percent), fraction(100n)) > 0) {
    throw new RevolvingProblem('bad-rate', 'minimum.percent is above 100', 'minimum.percent')
  }
  if (terms.minimum.floor < 0n) throw new RevolvingProblem('bad-amount', 'the floor is below zero', 'minimum.floor')
  if (terms.graceRegainedAfter !== 1 && terms.graceRegainedAfter !== 2) {
    throw new RevolvingProblem('bad-grace', 'graceRegainedAfter must be 1 or 2', 'graceRegainedAfter')
  }
}

function assertDayOfMonth(day: number, field: string): void {
  if (Number.isInteger(day) && day >= 1 && day <= 28) return
  throw new RevolvingProblem('bad-cycle', `${field} must be a day of the month from 1 to 28`, field)
}

export function assertRate(rate: RatePercent, field: string): void {
  assertPercent(rate.percent, `${field}.percent`)
  if (rate.per !== 'day' && rate.per !== 'year')
    throw new RevolvingProblem('bad-rate', `${field}.per must be day or year`, field)
}

export function assertPercent(text: string, field: string): void {
  try {
    if (parseDecimal(text).num >= 0n) return
  } catch (problem) {
    if (problem instanceof Problem) throw new RevolvingProblem('bad-rate', `${field}: ${problem.message}`, field)
    throw problem
  }
  throw new RevolvingProblem('bad-rate', `${field} is below zero`, field)
}
