/** Why a payout or a balance is what it is: the journal rows that moved the account, summed by kind. */
import { accounts } from '../../core/journal/accounts.ts'
import type { Minor } from '../../core/money.ts'
import { accountsUnder, viewOfEvent } from '../journal/service.ts'
import { readAccountEvents, readMovements } from '../journal/store.ts'
import type { Context } from '../platform/context.ts'
import { problem } from '../platform/errors.ts'
import * as settlement from '../settlement/service.ts'
import { type Explanation, leaf, type Node } from './types.ts'

const eventsShown = 100

/** A payout: what was added to the payee's account up to its day, less everything taken from it before. */
export async function explainPayout(ctx: Context, payoutId: string): Promise<Explanation> {
  const payout = await settlement.find(ctx, payoutId)
  const account =
    payout.payeeKind === 'merchant'
      ? accounts.merchantPayable(payout.payeeId)
      : accounts.funderSettlement(payout.payeeId)
  const movements = await readMovements(ctx, account, payout.currency, {
    throughOn: payout.throughOn,
    beforePayout: payoutId,
  })
  const events = await readAccountEvents(ctx, account, payout.currency, eventsShown)
  const sign = payout.direction === 'pay' ? -1n : 1n
  return {
    id: payoutId,
    title: `Payout to ${payout.payeeKind} ${payout.payeeId}, ${payout.timing}, of movements through ${payout.throughOn}`,
    amount: payout.amountMinor,
    formula: `what ${account} was owed through ${payout.throughOn}, less what was taken from it before`,
    currency: payout.currency,
    terms: { timing: payout.timing, throughOn: payout.throughOn, direction: payout.direction },
    parts: movements.map((movement) => part(movement, sign)),
    events: events.toReversed().map((event) => viewOfEvent(event, String(event.seq))),
  }
}

function part(movement: { type: string; events: number; amount: bigint }, sign: bigint): Node {
  const times = movement.events === 1 ? 'one event' : `${movement.events} events`
  return leaf(movement.type, sign * movement.amount, `the sum of ${times} of this type`)
}

/** A balance, by the path of its account; in its only currency, or the one wanted. */
export async function explainBalance(ctx: Context, account: string, wanted: string | null): Promise<Explanation> {
  const balance = (await accountsUnder(ctx, account, null)).find(
    (candidate) => candidate.account === account && (wanted === null || candidate.currency === wanted),
  )
  if (balance === undefined) {
    const where = wanted === null ? account : `${account} in ${wanted}`
    throw problem('not-found', { detail: `Nothing was ever booked on the account ${where}.` })
  }
  const movements = await readMovements(ctx, account, balance.currency, null)
  const events = await readAccountEvents(ctx, account, balance.currency, eventsShown)
  const sign: Minor = balance.side === 'debit' ? 1n : -1n
  return {
    id: account,
    title: `Balance of ${account}`,
    amount: balance.balance,
    formula: balance.side === 'debit' ? 'debits less credits of its events' : 'credits less debits of its events',
    currency: balance.currency,
    terms: {},
    parts: movements.map((movement) => part(movement, sign)),
    events: events.toReversed().map((event) => viewOfEvent(event, String(event.seq))),
  }
}
