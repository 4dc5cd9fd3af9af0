import { addPeriods, type Day, formatDay, parseDay } from '../calendar.ts'
import { type DatedEvent, effectiveEvents } from '../effective-events.ts'
import { fraction, multiply, parseDecimal } from '../fraction.ts'
import { dueDayOf, nextStatementOn } from '../program/cycle.ts'
import { assertTerms } from './check.ts'
import { countNights, interestLines, type LiveItem, type NightsByCode, nightsOf, rateTable } from './item.ts'
import type { LiveAccount, LivePlan } from './live.ts'
import { post } from './post.ts'
import { closeStatement, settleDue } from './statement.ts'
import {
  type InstalmentPlan,
  type InterestLine,
  type Item,
  type RevolvingEvent,
  RevolvingProblem,
  type RevolvingState,
  type RevolvingTerms,
} from './types.ts'

const month = { n: 1, unit: 'month' } as const

/** More bills than 100 years have would be a mistake in a date. */
const MAX_STATEMENTS = 1_200

/**
 * The account on a day, from its terms and events (in any order: they take effect by their day, then as given).
 * A day runs: what is posted, then a due date is judged, then a bill closes. A payment on the due date is in time.
 */
export function revolvingOn(terms: RevolvingTerms, events: readonly RevolvingEvent[], asOf: string): RevolvingState {
  assertTerms(terms)
  const account = openAccount(terms)
  const until = parseDay(asOf, 'asOf')
  if (asOf < terms.openedOn) throw new RevolvingProblem('before-opening', 'asOf is before openedOn', 'asOf')
  const first = parseDay(terms.openedOn, 'openedOn')
  const queue = effectiveEvents(events, { until, first }, RevolvingProblem)
  let closing = parseDay(nextStatementOn(terms.cycle, terms.openedOn))
  let next = 0
  for (let count = 0; count <= MAX_STATEMENTS; count++) {
    const due = account.statements.at(-1)
    const stop = Math.min(closing, until)
    if (due !== undefined && due.shown.standing === 'open' && due.dueDay <= stop) {
      next = postUpTo(account, queue, next, due.dueDay)
      settleDue(account, due)
    }
    next = postUpTo(account, queue, next, stop)
    if (closing > until) return stateOn(account, until)
    closeStatement(account, closing, dueDayOf(terms.cycle, closing))
    closing = addPeriods(closing, month, 1)
  }
  throw new RevolvingProblem('too-long', `asOf is more than ${MAX_STATEMENTS} bills after openedOn`, 'asOf')
}

function openAccount(terms: RevolvingTerms): LiveAccount {
  return {
    terms,
    rates: rateTable(terms),
    minimumShare: multiply(parseDecimal(terms.minimum.percent), fraction(1n, 100n)),
    items: [],
    plans: [],
    statements: [],
    spreads: [],
    principalPaid: 0n,
    creditBalance: 0n,
    fullInARow: terms.graceRegainedAfter,
    debits: 0n,
    fees: 0n,
    credits: 0n,
    converted: 0n,
  }
}

function postUpTo(account: LiveAccount, queue: readonly DatedEvent<RevolvingEvent>[], from: number, day: Day): number {
  let next = from
  while (next < queue.length && queue[next]!.day <= day) post(account, queue[next++]!)
  return next
}

function stateOn(account: LiveAccount, day: Day): RevolvingState {
  const accruedByBalance = accrued(account, day)
  const accruedInterest = accruedByBalance.reduce((sum, line) => sum + line.interest, 0n)
  const owed = account.items.reduce((sum, item) => sum + item.remaining, 0n)
  const unbilled = account.plans.reduce((sum, plan) => sum + plan.unbilled, 0n)
  return {
    asOf: formatDay(day),
    statements: account.statements.map(({ shown }) => shown),
    items: account.items.map(shownItem),
    plans: account.plans.map(shownPlan),
    spreads: account.spreads,
    creditBalance: account.creditBalance,
    inGrace: account.fullInARow >= account.terms.graceRegainedAfter,
    accruedInterest,
    accruedByBalance,
    payoff: owed + unbilled + accruedInterest - account.creditBalance,
  }
}

/** As the next bill would have it: rounded once for each balance. */
function accrued(account: LiveAccount, day: Day): InterestLine[] {
  const byCode: NightsByCode = new Map()
  for (const item of account.items) {
    if (!item.protected) countNights(nightsOf(byCode, item.code), item, account.rates, item.chargedTo, day)
  }
  return interestLines(byCode, account.terms.rounding)
}

function shownItem(item: LiveItem): Item {
  const { id, code, amount, remaining, statement } = item
  return { id, code, on: formatDay(item.on), amount, remaining, statement }
}

function shownPlan(plan: LivePlan): InstalmentPlan {
  const { id, of, amount, instalments, billed, unbilled } = plan
  return { id, of, amount, instalments, billed, unbilled }
}
