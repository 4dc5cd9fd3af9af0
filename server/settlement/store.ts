import type { Context } from '../platform/context.ts'
import type { Queryable } from '../platform/database.ts'
import type { Part, Payout } from './types.ts'

const columns = [
  'id',
  'payee_kind',
  'payee_id',
  'currency',
  'amount_minor',
  'direction',
  'status',
  'timing',
  'through_on',
  'parts',
  'file',
  'created_at',
  'paid_at',
]

/** What an account holds in each shard: everything that takes from it, and what was added up to a day. Credit positive. */
export function readMatured(
  ctx: Context,
  account: string,
  throughOn: string,
): Promise<{ shard: number; currency: string; amount: bigint }[]> {
  return ctx.db<{ shard: number; currency: string; amount: bigint }[]>`
    select shard, currency,
      (sum(case when effective_on <= ${throughOn} then credit_minor else 0 end) - sum(debit_minor))::bigint as amount
    from balances
    where tenant_id = ${ctx.tenantId} and account = ${account} and shard between 0 and ${ctx.platform.shards - 1}
    group by shard, currency
    order by currency, shard`
}

/** Written only where the payee has had no payout but those counted; whether it was. */
export async function insertPayout(db: Queryable, tenantId: string, payout: Payout, made: number): Promise<boolean> {
  const rows = await db`
    insert into payouts (id, tenant_id, payee_kind, payee_id, currency, amount_minor, direction, status, timing, through_on,
                         parts, file, created_at, paid_at)
    select ${payout.id}, ${tenantId}, ${payout.payeeKind}, ${payout.payeeId}, ${payout.currency}, ${payout.amountMinor}::bigint,
           ${payout.direction}, ${payout.status}, ${payout.timing}, ${payout.throughOn}::date, ${payout.parts as Part[]}::jsonb,
           ${payout.file}, ${payout.createdAt}::timestamptz, ${payout.paidAt}::timestamptz
    where (select count(*) from payouts where tenant_id = ${tenantId} and payee_id = ${payout.payeeId}) = ${made}::int
    returning id`
  return rows.length === 1
}

export async function markPaid(ctx: Context, payout: Payout): Promise<void> {
  await ctx.db`
    update payouts set status = 'paid', paid_at = ${payout.paidAt} where id = ${payout.id} and tenant_id = ${ctx.tenantId}`
}

export async function findPayout(ctx: Context, id: string): Promise<Payout | undefined> {
  const [payout] = await ctx.db<Payout[]>`
    select ${ctx.db(columns)} from payouts where id = ${id} and tenant_id = ${ctx.tenantId}`
  return payout
}

/** Oldest first; those of one payee, or all that are not booked yet. */
export function listPending(ctx: Context, payeeId: string | null): Promise<Payout[]> {
  const { db } = ctx
  return db<Payout[]>`
    select ${db(columns)} from payouts
    where tenant_id = ${ctx.tenantId} and status = 'pending' ${payeeId === null ? db`` : db`and payee_id = ${payeeId}`}
    order by id`
}

/** Payouts to a payee ever made, and those of them not booked yet. */
export async function countPayouts(
  { db, tenantId }: { readonly db: Queryable; readonly tenantId: string },
  payeeId: string,
): Promise<{ made: number; pending: number }> {
  const [row] = await db<{ made: number; pending: number }[]>`
    select count(*)::int as made, (count(*) filter (where status = 'pending'))::int as pending
    from payouts where tenant_id = ${tenantId} and payee_id = ${payeeId}`
  return row!
}

/** Newest first. */
export function listPayouts(ctx: Context, payeeId: string | null, before: string, limit: number): Promise<Payout[]> {
  const { db } = ctx
  return db<Payout[]>`
    select ${db(columns)} from payouts
    where tenant_id = ${ctx.tenantId} and id < ${before} ${payeeId === null ? db`` : db`and payee_id = ${payeeId}`}
    order by id desc limit ${limit}`
}

/** Payouts written down on a business day of the tenant, in the order made. */
export function listPayoutsMadeOn(ctx: Context, on: string): Promise<Payout[]> {
  const { db } = ctx
  return db<Payout[]>`
    select ${db(columns)} from payouts
    where tenant_id = ${ctx.tenantId} and (created_at at time zone ${ctx.timeZone})::date = ${on}
    order by id`
}

/** Of a day's payouts, in their order. */
const timings = ['at-once', 'T+0', 'T+1'] as const

export interface Owed {
  readonly merchantId: string
  readonly timing: (typeof timings)[number]
}

/**
 * What a day's end has to pay: merchants that are owed something (see `readMatured`), once for each currency, by timing,
 * and whether a payout is not booked yet. In one reading: on most days of most tenants there is nothing.
 */
export async function readPayDay(
  ctx: Context,
  days: { readonly today: string; readonly yesterday: string },
): Promise<{ owed: Owed[]; pending: boolean }> {
  const rows = await ctx.db<{ merchantId: string | null; timing: Owed['timing'] | null }[]>`
    select m.id as merchant_id, m.payout_timing as timing, b.currency
    from merchants m
    join balances b on b.tenant_id = m.tenant_id and b.account = 'liability:merchant:' || m.id || ':payable'
      and b.shard between 0 and ${ctx.platform.shards - 1}
    where m.tenant_id = ${ctx.tenantId} and m.payout_timing = any (${ctx.db.typed.texts(timings)})
    group by m.id, m.payout_timing, b.currency
    having sum(case when b.effective_on <= case m.payout_timing when 'T+1' then ${days.yesterday}::date else ${days.today}::date end
        then b.credit_minor else 0 end) > sum(b.debit_minor)
    union all
    (select null, null, null from payouts where tenant_id = ${ctx.tenantId} and status = 'pending' limit 1)
    order by merchant_id, currency`
  const owed = rows.filter((row): row is Owed => row.merchantId !== null)
  return {
    owed: timings.flatMap((timing) => owed.filter((row) => row.timing === timing)),
    pending: rows.some((row) => row.merchantId === null),
  }
}
