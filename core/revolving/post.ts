import { type Day, formatDay, parseDay } from '../calendar.ts'
import type { DatedEvent } from '../effective-events.ts'
import { formatMinor, type Minor, maxMinor, minMinor } from '../money.ts'
import { assertRate } from './check.ts'
import { convert } from './convert.ts'
import { spread } from './hierarchy.ts'
import { dailyRate, type LiveItem, reduce } from './item.ts'
import { chargeItem, isPrincipal, type LiveAccount, owe } from './live.ts'
import { type RevolvingEvent, RevolvingProblem, type Spread } from './types.ts'

/** Lets one event take effect on its day. */
export function post(account: LiveAccount, { day, event }: DatedEvent<RevolvingEvent>): void {
  switch (event.type) {
    case 'purchase':
      account.debits += event.amount
      owe(account, purchaseItem(account, day, event))
      break
    case 'fee':
    case 'penalty':
      account.fees += event.amount
      owe(account, chargeItem(event.id, event.type, day, event.amount))
      break
    case 'payment':
      showSpread(account, day, event, receive(account, day, event.amount))
      break
    case 'refund':
      refund(account, day, event)
      break
    case 'convert':
      convert(account, day, event)
      break
    case 'credit-refund':
      giveBack(account, event)
      break
    case 'reversal':
      break
  }
}

function purchaseItem(account: LiveAccount, on: Day, event: RevolvingEvent & { type: 'purchase' }): LiveItem {
  const code = event.balance ?? 'purchase'
  const { terms } = account
  const balance = Object.hasOwn(terms.balances, code) ? terms.balances[code] : undefined
  if (balance === undefined) {
    throw new RevolvingProblem('unknown-balance', `the terms have no balance "${code}"`, `events.${event.id}.balance`)
  }
  const { promotion } = event
  if (promotion !== undefined) assertRate(promotion.rate, `events.${event.id}.promotion.rate`)
  return {
    ...chargeItem(event.id, code, on, event.amount),
    promotion:
      promotion === undefined
        ? null
        : { daily: dailyRate(promotion.rate, terms.daysInYear), until: parseDay(promotion.until) },
    protected: balance.grace && account.fullInARow >= terms.graceRegainedAfter,
  }
}

/** Money in: which codes it paid, and what of it is credit. */
function receive(account: LiveAccount, on: Day, amount: Minor): Pick<Spread, 'byCode' | 'credit'> {
  account.credits += amount
  const open = account.statements.at(-1)
  const minimumLeft = open === undefined ? 0n : maxMinor(open.shown.minimum - open.creditedSince, 0n)
  if (open !== undefined) open.creditedSince += amount
  const { byCode, left } = spread(account, on, amount, minimumLeft)
  account.creditBalance += left
  return { byCode, credit: left }
}

/** A refund meets its own purchase first; money beyond it is spread as a payment is. */
function refund(account: LiveAccount, on: Day, event: RevolvingEvent & { type: 'refund' }): void {
  const item = account.items.find((each) => each.id === event.of)
  if (item === undefined) {
    throw new RevolvingProblem(
      'unknown-event',
      `refund ${event.id} names no purchase on the account`,
      `events.${event.id}.of`,
    )
  }
  const own = minMinor(item.remaining, event.amount)
  reduce(item, on, own)
  account.credits += own
  // What no bill asked for is no part of what the last one asks.
  const open = item.statement === null ? undefined : account.statements.at(-1)
  if (open !== undefined) {
    open.creditedSince += own
    if (isPrincipal(item.code)) account.principalPaid += own
  }
  const { byCode, credit } =
    own < event.amount ? receive(account, on, event.amount - own) : { byCode: {} as Spread['byCode'], credit: 0n }
  const ofItem = own + (byCode[item.code] ?? 0n)
  showSpread(account, on, event, { byCode: ofItem === 0n ? byCode : { ...byCode, [item.code]: ofItem }, credit })
}

function showSpread(
  account: LiveAccount,
  on: Day,
  event: RevolvingEvent & { amount: Minor },
  to: Pick<Spread, 'byCode' | 'credit'>,
): void {
  account.spreads.push({ eventId: event.id, on: formatDay(on), amount: event.amount, ...to })
}

function giveBack(account: LiveAccount, event: RevolvingEvent & { type: 'credit-refund' }): void {
  if (event.amount > account.creditBalance) {
    throw new RevolvingProblem(
      'over-credit',
      `the credit is ${formatMinor(account.creditBalance, account.terms.currency)}`,
      `events.${event.id}.amount`,
    )
  }
  account.creditBalance -= event.amount
  account.credits -= event.amount
}
