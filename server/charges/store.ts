import type { Minor } from '../../core/money.ts'
import { createRowLoader } from '../platform/batcher.ts'
import { type Ahead, type Context, oncePerPlatform } from '../platform/context.ts'
import { isShardedId } from '../platform/ids.ts'
import { ofShards } from '../platform/shards.ts'
import type { Charge } from './types.ts'

const columns = [
  'shard',
  'id',
  'line_id',
  'merchant_id',
  'currency',
  'plan',
  'amount_minor',
  'captured_minor',
  'released_minor',
  'refunded_minor',
  'fee_minor',
  'fee_returned_minor',
  'status',
  'reference',
  'authorized_on',
  'created_at',
  'expires_at',
]

/** With the version that its line had in the same snapshot: while the line still has it, the charge is as it was. */
export type StoredCharge = Charge & { readonly tenantId: string; readonly lineVersion: number } & OpenDispute

/** Null where the charge is not disputed. */
export interface OpenDispute {
  readonly disputeId: string | null
  readonly disputedMinor: Minor | null
}

/** Charges that several requests ask for come in one query. */
const loaderOf = oncePerPlatform(({ db }) =>
  createRowLoader<StoredCharge>(
    (shards, ids) => db<StoredCharge[]>`
      select ${db(columns)}, tenant_id, dispute_id, disputed_minor,
        (select version from lines where lines.shard = charges.shard and lines.id = charges.line_id) as line_version
      from charges
      left join lateral (
        select d.id as dispute_id, d.amount_minor as disputed_minor from disputes d
        where d.shard = charges.shard and d.charge_id = charges.id and d.status = 'open' limit 1
      ) as open_dispute on true
      where ${ofShards(db, shards)} and id = any (${db.typed.texts(ids)})`,
  ),
)

/** Undefined for an unknown id and for another tenant's. */
export async function findCharge(ctx: Context, id: string): Promise<StoredCharge | undefined> {
  return isShardedId('chg', id) ? loaderOf(ctx.platform)(id, ctx.tenantId, ctx.ahead) : undefined
}

/** What `findCharge` will be asked for. */
export function lookAheadForCharge({ platform, rows }: Ahead, id: string): void {
  if (isShardedId('chg', id)) loaderOf(platform).lookAhead(id, rows)
}

/** Those that made a loan are found by it. */
export function listCharges(
  ctx: Context,
  shard: number,
  lineId: string,
  after: string,
  limit: number,
): Promise<Charge[]> {
  const { db, tenantId } = ctx
  return db<Charge[]>`
    select charges.* from (
      select id from charges
        where shard = ${shard} and line_id = ${lineId} and captured_minor = 0 and tenant_id = ${tenantId} and id > ${after}
      union
      select charge_id from loans
        where shard = ${shard} and line_id = ${lineId} and tenant_id = ${tenantId} and charge_id > ${after}
      order by id limit ${limit}
    ) as own
    cross join lateral (select ${db(columns)} from charges where shard = ${shard} and charges.id = own.id limit 1) as charges
    order by own.id`
}

/** Holds that run out up to an instant. */
export function listExpired(
  ctx: Context,
  shard: number,
  until: string,
  limit: number,
): Promise<{ id: string; expiresAt: string }[]> {
  return ctx.db<{ id: string; expiresAt: string }[]>`
    select id, expires_at from charges
    where shard = ${shard} and tenant_id = ${ctx.tenantId} and expires_at <= ${until}
    order by expires_at, id limit ${limit}`
}
