import { createIntroducer, type Introduction } from '../platform/auth.ts'
import { createLoader, createOwnedLoader, createRowLoader, createShardLoader } from '../platform/batcher.ts'
import { type Ahead, type Context, oncePerPlatform } from '../platform/context.ts'
import type { Queryable } from '../platform/database.ts'
import type { FunderView, MerchantView } from './types.ts'

export interface CustomerRow {
  readonly id: string
  readonly kind: 'consumer' | 'business'
  readonly wrappedKey: Buffer | null
  readonly sealed: Buffer | null
  readonly reference: string | null
  readonly createdAt: string
  readonly erasedAt: string | null
}

const customerColumns = ['id', 'kind', 'wrapped_key', 'sealed', 'reference', 'created_at', 'erased_at']

type OwnedCustomer = CustomerRow & { readonly tenantId: string }

/** Customers that requests of one turn ask for come in one query. */
const customerLoaderOf = oncePerPlatform(({ db }) =>
  createRowLoader<OwnedCustomer>(
    (shards, ids) => db<OwnedCustomer[]>`
      select ${db(customerColumns)}, tenant_id from customers
      where shard = any (${db.typed.smallints(shards)}) and id = any (${db.typed.texts(ids)})`,
  ),
)

/** `id` has the form of a customer's. Undefined for an unknown one and for another tenant's. */
export async function findCustomer(ctx: Context, id: string): Promise<CustomerRow | undefined> {
  return customerLoaderOf(ctx.platform)(id, ctx.tenantId)
}

interface Identity {
  readonly shard: number
  readonly tenantId: string
  readonly identity: string
}

/** `limit 1` leaves the planner nothing but a look-up, also while the table is empty. */
const identityLoaderOf = oncePerPlatform(({ db }) =>
  createShardLoader<Identity, string | undefined>(async (shard, asked) => {
    const { texts } = db.typed
    const rows = await db<{ n: number; id: string }[]>`
      select asked.n::int, known.id
      from unnest(${texts(asked.map(({ tenantId }) => tenantId))}, ${texts(asked.map(({ identity }) => identity))})
        with ordinality as asked(tenant, identity, n)
      cross join lateral (select c.id from customers c
        where c.shard = ${shard} and c.tenant_id = asked.tenant and c.identity_hash = asked.identity limit 1) known`
    const idOf = new Map(rows.map(({ n, id }) => [n, id]))
    return asked.map((_, place) => idOf.get(place + 1))
  }),
)

export function findCustomerByIdentity(ctx: Context, shard: number, identity: string): Promise<string | undefined> {
  return identityLoaderOf(ctx.platform)({ shard, tenantId: ctx.tenantId, identity })
}

export function findCustomersByPhone(ctx: Context, phoneHash: string): Promise<CustomerRow[]> {
  return ctx.db<CustomerRow[]>`
    select ${ctx.db(customerColumns)} from customers
    where shard between 0 and ${ctx.platform.shards - 1} and tenant_id = ${ctx.tenantId} and phone_hash = ${phoneHash}
    order by id limit 100`
}

export function findCustomersByReference(ctx: Context, reference: string): Promise<CustomerRow[]> {
  return ctx.db<CustomerRow[]>`
    select ${ctx.db(customerColumns)} from customers
    where shard between 0 and ${ctx.platform.shards - 1} and tenant_id = ${ctx.tenantId} and reference = ${reference}
    order by id limit 100`
}

export async function hasOpenAccount(
  db: Queryable,
  tenantId: string,
  { shard, id }: { shard: number; id: string },
): Promise<boolean> {
  const rows = await db`
    select 1 from lines
    where shard = ${shard} and tenant_id = ${tenantId} and customer_id = ${id}
      and (status in ('active', 'frozen') or owed_minor > 0 or held_minor > 0 or credit_minor <> 0)
    limit 1`
  return rows.length > 0
}

/** One that is not decided yet, of any of the customer's lines. */
export async function findOpenDispute(
  db: Queryable,
  tenantId: string,
  { shard, id }: { shard: number; id: string },
): Promise<string | undefined> {
  const [row] = await db<{ id: string }[]>`
    select d.id from lines l join disputes d on d.shard = l.shard and d.line_id = l.id
    where l.shard = ${shard} and l.tenant_id = ${tenantId} and l.customer_id = ${id} and d.status = 'open'
    order by d.id limit 1`
  return row?.id
}

/**
 * The identity hash is replaced too: the person may come back as somebody new. Why a dispute was decided as it was tells of
 * the person; its `reference` stays, as that of a purchase does.
 */
export async function eraseCustomer(
  db: Queryable,
  tenantId: string,
  { shard, id, at }: { shard: number; id: string; at: string },
): Promise<void> {
  await db`
    update customers set wrapped_key = null, sealed = null, reference = null, phone_hash = null,
      identity_hash = 'erased ' || id, erased_at = coalesce(erased_at, ${at})
    where shard = ${shard} and id = ${id} and tenant_id = ${tenantId}`
  await db`
    update disputes set note = null
    where shard = ${shard} and note is not null and line_id in (
      select l.id from lines l where l.shard = ${shard} and l.tenant_id = ${tenantId} and l.customer_id = ${id})`
}

export async function insertMerchant(db: Queryable, tenantId: string, merchant: MerchantView): Promise<void> {
  await db`
    insert into merchants (id, tenant_id, name, reference, status, payout_timing, fee_percent, created_at)
    values (${merchant.id}, ${tenantId}, ${merchant.name}, ${merchant.reference}, ${merchant.status},
            ${merchant.payoutTiming}, ${merchant.feePercent}, ${merchant.createdAt})`
}

const merchantColumns = ['id', 'name', 'reference', 'status', 'payout_timing', 'fee_percent', 'created_at']

type OwnedMerchant = MerchantView & { readonly tenantId: string }

/** Merchants that requests of one turn ask for come in one query: half the purchases of a second may name the same one. */
const merchantLoaderOf = oncePerPlatform(({ db }) =>
  createOwnedLoader<OwnedMerchant>(
    (ids) => db<OwnedMerchant[]>`
      select ${db(merchantColumns)}, tenant_id from merchants where id = any (${db.typed.texts(ids)})`,
  ),
)

/** Undefined for an unknown id and for another tenant's. */
export async function findMerchant(ctx: Context, id: string): Promise<MerchantView | undefined> {
  return merchantLoaderOf(ctx.platform)(id, ctx.tenantId, ctx.ahead)
}

type MerchantColumns = MerchantView & { readonly merchantTenantId: string }

const introducerOf = oncePerPlatform(({ db, clock }) =>
  createIntroducer<MerchantColumns>(db, clock, {
    columns: db`m.id, m.tenant_id as merchant_tenant_id, m.name, m.reference, m.status, m.payout_timing, m.fee_percent, m.created_at`,
    join: db`left join merchants m on m.id = asked.id`,
    rowOf: ({ id, merchantTenantId: tenantId, name, reference, status, payoutTiming, feePercent, createdAt }) => ({
      id,
      tenantId,
      name,
      reference,
      status,
      payoutTiming,
      feePercent,
      createdAt,
    }),
  }),
)

/** What `findMerchant` will be asked for, with its caller. */
export function lookAheadForMerchant({ platform, keyHash }: Ahead, id: string): Promise<Introduction> {
  return introducerOf(platform)(keyHash, id)
}

export function listMerchants(ctx: Context, after: string, limit: number): Promise<MerchantView[]> {
  return ctx.db<MerchantView[]>`
    select ${ctx.db(merchantColumns)} from merchants
    where tenant_id = ${ctx.tenantId} and id > ${after} order by id limit ${limit}`
}

export async function insertFunder(db: Queryable, tenantId: string, funder: FunderView): Promise<void> {
  await db`
    insert into funders (id, tenant_id, name, created_at)
    values (${funder.id}, ${tenantId}, ${funder.name}, ${funder.createdAt})`
}

const funderLoaderOf = oncePerPlatform(({ db }) =>
  createLoader<string, FunderView & { tenantId: string }>(async (ids) => {
    const rows = await db<(FunderView & { tenantId: string })[]>`
      select id, name, created_at, tenant_id from funders where id = any (${db.typed.texts(ids)})`
    return new Map(rows.map((row) => [row.id, row]))
  }),
)

export async function findFunders(ctx: Context, ids: readonly string[]): Promise<FunderView[]> {
  const found = await Promise.all(ids.map(funderLoaderOf(ctx.platform)))
  return found.flatMap((row) => {
    if (row?.tenantId !== ctx.tenantId) return []
    const { tenantId: _, ...funder } = row
    return [funder]
  })
}

export function listFunders(ctx: Context): Promise<FunderView[]> {
  return ctx.db<FunderView[]>`select id, name, created_at from funders where tenant_id = ${ctx.tenantId} order by id`
}
