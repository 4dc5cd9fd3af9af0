import { movedAfter } from '../journal/store.ts'
import type { Row } from '../journal/types.ts'
import { createLoader } from '../platform/batcher.ts'
import { type Context, oncePerPlatform } from '../platform/context.ts'
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

interface Holding {
  readonly tenantId: string
  readonly account: string
  readonly throughOn: string
  readonly payeeId: string
}

interface HoldingRow {
  readonly n: number
  readonly made: number
  readonly pending: number
  readonly shard: number | null
  readonly currency: string
  readonly amount: bigint
}

/**
 * Payees that are paid at the same time, as at the end of a day, come in one query. Lateral, so that each account is looked up
 * by its key: joined, all balances of a tenant were read while the table had no statistics.
 */
const maturedLoaderOf = oncePerPlatform((platform) =>
  createLoader<Holding, Matured>(async (asked) => {
    const { db, shards } = platform
    const { texts, dates } = db.typed
    const rows = await db<HoldingRow[]>`
      select asked.n::int, paid.made, paid.pending, held.shard, held.currency, held.amount
      from unnest(${texts(asked.map(({ tenantId }) => tenantId))}, ${texts(asked.map(({ account }) => account))},
          ${dates(asked.map(({ throughOn }) => throughOn))}, ${texts(asked.map(({ payeeId }) => payeeId))})
        with ordinality as asked(tenant, holder, through_on, payee, n)
      cross join lateral (
        select count(*)::int as made, (count(*) filter (where status = 'pending'))::int as pending
        from payouts where tenant_id = tenant and payee_id = payee
      ) as paid
      left join lateral (
        select total.shard, total.currency, (total.credit_minor - later.credit_minor - total.debit_minor)::bigint as amount
        from account_totals total
        cross join lateral (${movedAfter(db, db`through_on`)}) as later
        where total.tenant_id = tenant and total.account = holder and total.shard between 0 and ${shards - 1}
      ) as held on true
      order by asked.n, held.currency, held.shard`
    const byQuestion = Map.groupBy(rows, (row) => row.n)
    return new Map(asked.map((question, place) => [question, maturedOf(byQuestion.get(place + 1)!)]))
  }),
)

function maturedOf(rows: readonly HoldingRow[]): Matured {
  const { made, pending } = rows[0]!
  const parts = rows.flatMap(({ shard, currency, amount }) => (shard === null ? [] : [{ shard, currency, amount }]))
  return { made, pending, parts }
}

/**
 * What an account holds in each shard: everything that takes from it, and what was added up to a day. Credit positive. With
 * the payouts made to its payee as of the same moment: those counted are booked and so have left what it holds.
 */
export async function readMatured(ctx: Context, account: string, throughOn: string, payeeId: string): Promise<Matured> {
  const { tenantId, platform } = ctx
  return (await maturedLoaderOf(platform)({ tenantId, account, throughOn, payeeId }))!
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

export interface PayDay {
  /** In the order of `timings`. */
  readonly owed: readonly Owed[]
  /** Whether a payout is not booked yet. */
  readonly pending: boolean
}

interface Evening {
  readonly tenantId: string
  readonly today: string
  readonly yesterday: string
}

interface PayDayRow {
  readonly n: number
  readonly merchantId: string | null
  readonly timing: Owed['timing']
}

const payDayLoaderOf = oncePerPlatform((platform) =>
  createLoader<Evening, PayDay>(async (evenings) => {
    const { shards } = platform
    const db = platform.db.readings
    const { texts, dates } = db.typed
    const rows = await db<PayDayRow[]>`
      select evening.n::int, owed.merchant_id, owed.timing, owed.currency
      from unnest(${texts(evenings.map(({ tenantId }) => tenantId))}, ${dates(evenings.map(({ today }) => today))},
          ${dates(evenings.map(({ yesterday }) => yesterday))}) with ordinality as evening(tenant, today, yesterday, n)
      cross join lateral (
        select m.id as merchant_id, m.payout_timing as timing, held.currency
        from merchants m
        cross join lateral (
          select total.currency, sum(total.credit_minor - later.credit_minor) > sum(total.debit_minor) as is_owed
          from account_totals total
          cross join lateral (
            ${movedAfter(db, db`case m.payout_timing when 'T+1' then yesterday else today end`)}
          ) as later
          where total.tenant_id = tenant and total.account = 'liability:merchant:' || m.id || ':payable'
            and total.shard between 0 and ${shards - 1}
          group by total.currency
        ) as held
        where m.tenant_id = tenant and m.payout_timing = any (${texts(timings)}) and held.is_owed
        union all
        (select null, null, null from payouts where tenant_id = tenant and status = 'pending' limit 1)
      ) as owed
      order by evening.n, owed.merchant_id, owed.currency`
    const byEvening = Map.groupBy(rows, (row) => row.n)
    return new Map(evenings.map((evening, place) => [evening, payDayOf(byEvening.get(place + 1) ?? [])]))
  }),
)

function payDayOf(rows: readonly PayDayRow[]): PayDay {
  const owed = rows.filter((row): row is PayDayRow & Owed => row.merchantId !== null)
  return {
    owed: timings.flatMap((timing) => owed.filter((row) => row.timing === timing)),
    pending: owed.length < rows.length,
  }
}

/**
 * What a day's end has to pay: merchants that are owed something (see `readMatured`), once for each currency, by timing,
 * and whether a payout is not booked yet. In one reading for all tenants whose day ends at the same time: on most days of
 * most of them there is nothing.
 */
export async function readPayDay(
  ctx: Context,
  days: { readonly today: string; readonly yesterday: string },
): Promise<PayDay> {
  return (await payDayLoaderOf(ctx.platform)({ tenantId: ctx.tenantId, ...days }))!
}
