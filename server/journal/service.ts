/** Readings of the journal: account balances, the trial balance of any day; how an event is shown. */
import { type AccountSide, sideOf } from '../../core/journal/accounts.ts'
import type { Leg } from '../../core/journal/legs.ts'
import type { Minor } from '../../core/money.ts'
import type { Context } from '../platform/context.ts'
import * as store from './store.ts'

export interface EventView {
  readonly id: string
  readonly cursor: string
  readonly type: string
  readonly lineId: string | null
  readonly chargeId: string | null
  readonly loanId: string | null
  readonly merchantId: string | null
  readonly data: Record<string, unknown>
  readonly currency: string | null
  readonly legs: readonly Leg[]
  readonly effectiveOn: string
  readonly bookedAt: string
  readonly actor: string
}

export function legsOf(event: store.StoredEvent): Leg[] {
  return event.accounts.map((account, index) => ({ account, amount: event.amounts[index]! }))
}

export function viewOfEvent(event: store.StoredEvent, cursor: string): EventView {
  const { id, type, lineId, chargeId, loanId, merchantId, data, currency, effectiveOn, bookedAt, actor } = event
  return {
    id,
    cursor,
    type,
    lineId,
    chargeId,
    loanId,
    merchantId,
    data,
    currency,
    legs: legsOf(event),
    effectiveOn,
    bookedAt,
    actor,
  }
}

export interface AccountView {
  readonly account: string
  readonly currency: string
  readonly side: AccountSide
  readonly debits: Minor
  readonly credits: Minor
  /** On the account's own side: positive is the usual. */
  readonly balance: Minor
}

export async function accountsUnder(ctx: Context, prefix: string, asOf: string | null): Promise<AccountView[]> {
  return (await store.readBalances(ctx, prefix, asOf)).map(viewOfAccount)
}

function viewOfAccount({ account, currency, debitMinor, creditMinor }: store.AccountBalance): AccountView {
  const side = sideOf(account)
  const balance = side === 'debit' ? debitMinor - creditMinor : creditMinor - debitMinor
  return { account, currency, side, debits: debitMinor, credits: creditMinor, balance }
}

export interface TrialBalance {
  readonly asOf: string
  readonly accounts: readonly AccountView[]
  /** Sums of the balances on either side, by currency. */
  readonly totals: readonly { currency: string; debits: Minor; credits: Minor; balanced: boolean }[]
}

export async function trialBalance(ctx: Context, asOf: string | null): Promise<TrialBalance> {
  const day = asOf ?? ctx.today()
  const accounts = await accountsUnder(ctx, '', day)
  const totals = [...Map.groupBy(accounts, (account) => account.currency)].map(([currency, own]) => {
    const debits = sum(own, 'debit')
    const credits = sum(own, 'credit')
    return { currency, debits, credits, balanced: debits === credits }
  })
  return { asOf: day, accounts, totals }
}

/** A balance against its own side counts on the other. */
function sum(accounts: readonly AccountView[], side: AccountSide): Minor {
  return accounts.reduce((total, account) => {
    const onSide = account.balance >= 0n ? account.side : account.side === 'debit' ? 'credit' : 'debit'
    const amount = account.balance >= 0n ? account.balance : -account.balance
    return onSide === side ? total + amount : total
  }, 0n)
}
