/** Readings of the journal: events in order, accounts, the trial balance of any day. */
import { createLoader } from '../platform/batcher.ts'
import { type Context, oncePerPlatform } from '../platform/context.ts'
import type { Queryable } from '../platform/database.ts'
import { codeOf } from '../platform/outage.ts'
import type { Fragment } from '../platform/sql.ts'

export interface StoredEvent {
  readonly shard: number
  readonly seq: bigint
  readonly id: string
  readonly type: string
  readonly lineId: string | null
  readonly chargeId: string | null
  readonly loanId: string | null
  readonly merchantId: string | null
  readonly data: Record<string, unknown>
  readonly currency: string | null
  readonly accounts: string[]
  readonly amounts: bigint[]
  readonly effectiveOn: string
  readonly bookedAt: string
  readonly actor: string
}

/** As PostgreSQL prints it: the documents of an event, which nobody reads on the way to a follower. */
export interface FeedRow extends Omit<StoredEvent, 'shard' | 'seq' | 'data' | 'accounts' | 'amounts'> {
  readonly seq: string
  /** JSON. */
  readonly data: string
  /** Literals of arrays. */
  readonly accounts: string
  readonly amounts: string
}

/**
 * Events of one shard after a sequence number, in order. Numbers become visible in order (see `commit_operations`), so
 * a reader that continues after the last one it saw misses nothing and sees nothing twice.
 */
export function readFeed(
  ctx: Context,
  shard: number,
  after: string,
  limit: number,
  types: readonly string[] | null,
): Promise<FeedRow[]> {
  const { db } = ctx
  return db<FeedRow[]>`
    select seq::text, id, type, line_id, charge_id, loan_id, merchant_id, data::text, currency, accounts::text, amounts::text,
           effective_on, booked_at, actor
    from journal
    where shard = ${shard} and tenant_id = ${ctx.tenantId} and seq > ${after}::bigint
      ${types === null ? db`` : db`and type = any (${db.typed.texts(types)})`}
    order by journal.seq
    limit ${limit}`
}

export function readEventsBySeq(ctx: Context, shard: number, seqs: readonly bigint[]): Promise<StoredEvent[]> {
  const { db } = ctx
  return db<StoredEvent[]>`
    select shard, seq, id, type, line_id, charge_id, loan_id, merchant_id, data, currency, accounts, amounts, effective_on,
           booked_at, actor
    from journal
    where shard = ${shard} and tenant_id = ${ctx.tenantId} and seq = any (${db.typed.bigints(seqs)})
    order by seq`
}

export interface AccountBalance {
  readonly account: string
  readonly currency: string
  readonly debitMinor: bigint
  readonly creditMinor: bigint
}

/** Journal rows that moved an account in a currency, newest first; for explaining a balance. */
export function readAccountEvents(
  ctx: Context,
  account: string,
  currency: string,
  limit: number,
): Promise<StoredEvent[]> {
  return ctx.db<StoredEvent[]>`
    select shard, seq, id, type, line_id, charge_id, loan_id, merchant_id, data, currency, accounts, amounts, effective_on,
           booked_at, actor
    from journal
    where tenant_id = ${ctx.tenantId} and shard between 0 and ${ctx.platform.shards - 1} and accounts @> array[${account}]
      and currency = ${currency}
    order by recorded_at desc, seq desc
    limit ${limit}`
}

export interface MovementSum {
  readonly type: string
  readonly events: number
  /** Debits less credits. */
  readonly amount: bigint
}

/**
 * What moved an account in a currency, summed by type of event. With a limit: credits through a day and all debits,
 * booked before a payout was made; which is what that payout was made of.
 */
export function readMovements(
  ctx: Context,
  account: string,
  currency: string,
  limit: { throughOn: string; beforePayout: string } | null,
): Promise<MovementSum[]> {
  const { db } = ctx
  // The payout's own row is written when it is made; the money may be booked later, if the server stopped in between.
  const made = db`(select min(p.recorded_at) from journal p
    where p.tenant_id = ${ctx.tenantId} and p.shard between 0 and ${ctx.platform.shards - 1}
      and p.type = 'payout.created' and p.data ->> 'payoutId' = ${limit?.beforePayout ?? ''})`
  return db<MovementSum[]>`
    select j.type, count(*)::int as events, sum(leg.amount)::bigint as amount
    from journal j, unnest(j.accounts, j.amounts) as leg(account, amount)
    where j.tenant_id = ${ctx.tenantId} and j.shard between 0 and ${ctx.platform.shards - 1}
      and j.accounts @> array[${account}] and leg.account = ${account} and j.currency = ${currency}
      ${limit === null ? db`` : db`and j.recorded_at < ${made} and (leg.amount > 0 or j.effective_on <= ${limit.throughOn})`}
    group by j.type
    order by j.type`
}

/**
 * What has moved an account, a row `total` of account_totals, after a day: two sums, both zero where nothing has. To take off its
 * total, which leaves what moved it up to the day; of today that is the total itself, and no day is looked up.
 */
export const movedAfter = (db: Queryable, day: Fragment) => db`
  select coalesce(sum(b.debit_minor), 0) as debit_minor, coalesce(sum(b.credit_minor), 0) as credit_minor
  from balances b
  where total.last_on > ${day} and b.shard = total.shard and b.tenant_id = total.tenant_id and b.account = total.account
    and b.currency = total.currency and b.effective_on > ${day}`

interface Question {
  readonly tenantId: string
  /** Accounts of which the path begins so. */
  readonly prefix: string
  /** Null: whatever has been booked, for days to come too. */
  readonly asOf: string | null
}

interface BalanceRow extends AccountBalance {
  readonly n: number
}

/**
 * Lateral, so that each tenant's accounts are found by its part of the key. All tenants together have the share of one: a query of
 * accounts by the hundred thousand is slow, and another is made beside it every 20 ms.
 */
const balanceLoaderOf = oncePerPlatform(({ db: { readings }, shards }) =>
  createLoader<Question, readonly AccountBalance[]>(async (asked) => {
    const db = readings.readingsOf('balances of all tenants')
    const { texts, dates } = db.typed
    const rows = await db<BalanceRow[]>`
      select asked.n::int, held.*
      from unnest(${texts(asked.map(({ tenantId }) => tenantId))}, ${texts(asked.map(({ prefix }) => prefix))},
          ${dates(asked.map(({ asOf }) => asOf ?? 'infinity'))}) with ordinality as asked(tenant, prefix, as_of, n)
      cross join lateral (
        select total.account, total.currency, sum(total.debit_minor - later.debit_minor)::bigint as debit_minor,
          sum(total.credit_minor - later.credit_minor)::bigint as credit_minor
        from account_totals total
        cross join lateral (${movedAfter(db, db`as_of`)}) as later
        where total.tenant_id = tenant and total.shard between 0 and ${shards - 1} and starts_with(total.account, prefix)
          -- One that was first moved later is not there yet; one that legs of nothing moved is.
          and (total.debit_minor <> later.debit_minor or total.credit_minor <> later.credit_minor
            or exists (select from balances b
              where b.shard = total.shard and b.tenant_id = total.tenant_id and b.account = total.account
                and b.currency = total.currency and b.effective_on <= as_of))
        group by total.account, total.currency
      ) as held
      order by asked.n, held.account, held.currency`
    const byQuestion = Map.groupBy(rows, (row) => row.n)
    return new Map(asked.map((question, place) => [question, byQuestion.get(place + 1) ?? []]))
  }),
)

/**
 * Movements of accounts under a prefix up to and including a day, by account and currency, summed over shards and days. Tenants
 * that ask at the same time share a query.
 */
export async function readBalances(
  ctx: Context,
  prefix: string,
  asOf: string | null,
): Promise<readonly AccountBalance[]> {
  return (await balanceLoaderOf(ctx.platform)({ tenantId: ctx.tenantId, prefix, asOf }))!
}

/**
 * This month's partition of the journal and the next two; before the first event, so that none lands in the default. One server
 * at a time, whether it starts or makes them month by month: two would fail over the same partition. In one statement, so that none
 * stands still with the lock in hand.
 *
 * False where they were not made: a new one needs the journal for itself for a moment, and while it waits for whoever reads it, an
 * audit perhaps, all who write wait behind it. So it gives up soon, to be called again.
 */
export async function makePartitions(db: Context['db']): Promise<boolean> {
  try {
    await db`
      select journal_make_partitions(current_date, 3)
      from set_config('lock_timeout', '3s', true), pg_advisory_xact_lock(hashtextextended('partitions', 0))`
    return true
  } catch (error) {
    if (codeOf(error) === lockNotAvailable) return false
    throw error
  }
}

const lockNotAvailable = '55P03'
