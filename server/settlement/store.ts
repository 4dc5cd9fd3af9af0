import type { Row } from '../journal/types.ts'
import type { Context } from '../platform/context.ts'
import type { Payout } from './types.ts'

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

export interface Matured {
  /** Payouts to the payee ever made, and those of them not booked yet. */
  readonly made: number
  readonly pending: number
  /** By currency and shard. */
  readonly parts: readonly { readonly shard: number; readonly currency: string; readonly amount: bigint }[]
}

/**
 * What an account holds in each shard: everything that takes from it, and what was added up to a day. Credit positive. With
 * the payouts made to its payee as of the same moment: those counted are booked and so have left what it holds.
 */
export async function readMatured(ctx: Context, account: string, throughOn: string, payeeId: string): Promise<Matured> {
  const rows = await ctx.db<
    { made: number; pending: number; shard: number | null; currency: string; amount: bigint }[]
  >`
    select paid.made, paid.pending, held.shard, held.currency, held.amount
    from (
      select count(*)::int as made, (count(*) filter (where status = 'pending'))::int as pending
      from payouts where tenant_id = ${ctx.tenantId} and payee_id = ${payeeId}
    ) paid
    left join (
      select shard, currency,
        (sum(case when effective_on <= ${throughOn} then credit_minor else 0 end) - sum(debit_minor))::bigint as amount
      from balances
      where tenant_id = ${ctx.tenantId} and account = ${account} and shard between 0 and ${ctx.platform.shards - 1}
      group by shard, currency
    ) held on true
    order by held.currency, held.shard`
  const { made, pending } = rows[0]!
  const parts = rows.flatMap(({ shard, currency, amount }) => (shard === null ? [] : [{ shard, currency, amount }]))
  return { made, pending, parts }
}

export function rowOfPayout(tenantId: string, payout: Payout): Row {
  return {
    id: payout.id,
    tenant_id: tenantId,
    payee_kind: payout.payeeKind,
    payee_id: payout.payeeId,
    currency: payout.currency,
    amount_minor: payout.amountMinor,
    direction: payout.direction,
    status: payout.status,
    timing: payout.timing,
    through_on: payout.throughOn,
    parts: payout.parts,
    file: payout.file,
    created_at: payout.createdAt,
    paid_at: payout.paidAt,
  }
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
