import { createRowLoader, createShardLoader } from '../platform/batcher.ts'
import { type Ahead, type Context, oncePerPlatform } from '../platform/context.ts'
import type { Queryable } from '../platform/database.ts'
import { isShardedId } from '../platform/ids.ts'
import { ofShards } from '../platform/shards.ts'
import type { DecidedLine, Line } from './types.ts'

const columns = [
  'shard',
  'id',
  'customer_id',
  'program_id',
  'terms_version',
  'currency',
  'status',
  'limit_minor',
  'held_minor',
  'owed_minor',
  'credit_minor',
  'next_statement_on',
  'statement_count',
  'autopay',
  'opened_on',
  'version',
]
const decidedColumns = [...columns, 'decision']

/** The most of a line's active loans that are not disputed. The index `loans_past_due` answers it, which has only loans that are behind. */
const worstDaysPastDue = (db: Queryable) => db`coalesce((
    select max(days_past_due) from loans
    where loans.shard = lines.shard and loans.line_id = lines.id and loans.status = 'active' and days_past_due > 0
      and loans.bucket <> 'disputed'), 0)`

type Owned<Kind extends Line> = Kind & { readonly tenantId: string }
type Aged<Kind extends Line> = Kind & { readonly daysPastDue: number }

/** Lines that requests of one turn ask for come in one query. */
const loadersOf = oncePerPlatform(({ db }) => {
  const loaderOf = <Kind extends Line>(selected: readonly string[], further = db``) =>
    createRowLoader<Owned<Kind>>(
      (shards, ids) => db<Owned<Kind>[]>`
        select ${db(selected)}, tenant_id ${further} from lines
        where ${ofShards(db, shards)} and id = any (${db.typed.texts(ids)})`,
    )
  return {
    plain: loaderOf<Line>(columns),
    aged: loaderOf<Aged<Line>>(columns, db`, ${worstDaysPastDue(db)} as days_past_due`),
    decided: loaderOf<DecidedLine>(decidedColumns),
  }
})

/** Undefined for an unknown id and for another tenant's. */
export async function findLine(ctx: Context, id: string): Promise<Line | undefined> {
  return isShardedId('lin', id) ? loadersOf(ctx.platform).plain(id, ctx.tenantId, ctx.ahead) : undefined
}

/** What `findLine` will be asked for. */
export function lookAhead({ platform, rows }: Ahead, id: string): void {
  if (isShardedId('lin', id)) loadersOf(platform).plain.lookAhead(id, rows)
}

/** The same with its worst days past due, for which risk asks. */
export async function findAgedLine(ctx: Context, id: string): Promise<Aged<Line> | undefined> {
  return isShardedId('lin', id) ? loadersOf(ctx.platform).aged(id, ctx.tenantId, ctx.ahead) : undefined
}

/** What `findAgedLine` will be asked for. */
export function lookAheadForPurchase({ platform, rows }: Ahead, id: string): void {
  if (isShardedId('lin', id)) loadersOf(platform).aged.lookAhead(id, rows)
}

/** The same with the decision that opened it. */
export async function findDecidedLine(ctx: Context, id: string): Promise<DecidedLine | undefined> {
  return isShardedId('lin', id) ? loadersOf(ctx.platform).decided(id, ctx.tenantId) : undefined
}

interface OfCustomer {
  readonly shard: number
  readonly tenantId: string
  readonly customerId: string
}

/** `offset 0` leaves the planner nothing but a look-up for each, also while the table is empty. */
const customerLoaderOf = oncePerPlatform(({ db }) =>
  createShardLoader<OfCustomer, Aged<DecidedLine>[]>(async (shard, asked) => {
    const { texts } = db.typed
    const rows = await db<(Aged<DecidedLine> & { n: number })[]>`
      select asked.n::int, ${db(decidedColumns)}, tenant_id, ${worstDaysPastDue(db)} as days_past_due
      from unnest(${texts(asked.map(({ tenantId }) => tenantId))}, ${texts(asked.map(({ customerId }) => customerId))})
        with ordinality as asked(tenant, customer, n)
      cross join lateral (select * from lines l
        where l.shard = ${shard} and l.tenant_id = asked.tenant and l.customer_id = asked.customer offset 0) lines
      order by id`
    const byPlace = Map.groupBy(rows, ({ n }) => n)
    return asked.map((_, place) => byPlace.get(place + 1) ?? [])
  }),
)

export function listLinesOf(ctx: Context, shard: number, customerId: string): Promise<Aged<DecidedLine>[]> {
  return customerLoaderOf(ctx.platform)({ shard, tenantId: ctx.tenantId, customerId })
}

/** Whether a charge of it is disputed. */
export async function isInDispute(ctx: Context, { shard, id }: Line): Promise<boolean> {
  const rows = await ctx.db`
    select from disputes where shard = ${shard} and line_id = ${id} and tenant_id = ${ctx.tenantId} and status = 'open' limit 1`
  return rows.length > 0
}

export function rowOfLine(tenantId: string, line: DecidedLine): Record<string, unknown> {
  return {
    shard: line.shard,
    id: line.id,
    tenant_id: tenantId,
    customer_id: line.customerId,
    program_id: line.programId,
    terms_version: line.termsVersion,
    currency: line.currency,
    status: line.status,
    limit_minor: line.limitMinor,
    held_minor: line.heldMinor,
    owed_minor: line.owedMinor,
    credit_minor: line.creditMinor,
    next_statement_on: line.nextStatementOn,
    statement_count: line.statementCount,
    autopay: line.autopay,
    decision: line.decision,
    opened_on: line.openedOn,
    version: line.version,
  }
}

/** Of all tenants whose days are closed at the same time. */
const closingLoaderOf = oncePerPlatform(({ db: { readings: db } }) =>
  createRowLoader<Owned<Line>>(
    (shards, ids) => db<Owned<Line>[]>`
      select ${db(columns)}, tenant_id from lines
      where ${ofShards(db, shards)} and id = any (${db.typed.texts(ids)})`,
  ),
)

/** In the order of `ids`; those that there are not, or not of this tenant, are left out. */
export async function listLinesById(ctx: Context, ids: readonly string[]): Promise<Line[]> {
  const load = closingLoaderOf(ctx.platform)
  const found = await Promise.all(ids.map((id) => load(id, ctx.tenantId)))
  return found.filter((line) => line !== undefined)
}
