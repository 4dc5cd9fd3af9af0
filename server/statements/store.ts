import { createShardLoader } from '../platform/batcher.ts'
import { type Context, oncePerPlatform } from '../platform/context.ts'
import { isShardedId, shardOf } from '../platform/ids.ts'
import type { Statement } from './types.ts'

const columns = [
  'shard',
  'id',
  'line_id',
  'number',
  'opened_on',
  'closed_on',
  'due_on',
  'currency',
  'total_minor',
  'minimum_minor',
  'credit_minor',
  'items',
]

/** Undefined for an unknown id and for another tenant's. */
export async function findStatement(ctx: Context, id: string): Promise<Statement | undefined> {
  if (!isShardedId('stm', id)) return undefined
  const [statement] = await ctx.db<Statement[]>`
    select ${ctx.db(columns)} from statements where shard = ${shardOf(id)} and id = ${id} and tenant_id = ${ctx.tenantId}`
  return statement
}

/** Newest first. */
export function listStatements(ctx: Context, shard: number, lineId: string, limit: number): Promise<Statement[]> {
  return ctx.db<Statement[]>`
    select ${ctx.db(columns)} from statements
    where shard = ${shard} and line_id = ${lineId} and tenant_id = ${ctx.tenantId}
    order by number desc limit ${limit}`
}

interface DueOfLine {
  readonly shard: number
  readonly tenantId: string
  readonly lineId: string
  readonly days: readonly [string, string]
}

/** Of the lines of all tenants whose days are closed at the same time. */
const dueLoaderOf = oncePerPlatform(({ db: { readings: db } }) =>
  createShardLoader<DueOfLine, Statement[]>(async (shard, asked) => {
    const { texts, dates } = db.typed
    const rows = await db<(Statement & { n: number })[]>`
      select asked.n::int, ${db(columns)}
      from unnest(${texts(asked.map(({ tenantId }) => tenantId))}, ${texts(asked.map(({ lineId }) => lineId))},
        ${dates(asked.map(({ days }) => days[0]))}, ${dates(asked.map(({ days }) => days[1]))})
        with ordinality as asked(tenant, line, one_day, other_day, n)
      join statements on shard = ${shard} and tenant_id = tenant and line_id = line and due_on in (one_day, other_day)`
    const byPlace = Map.groupBy(rows, ({ n }) => n)
    return asked.map((_, place) => byPlace.get(place + 1) ?? [])
  }),
)

/** Bills of some lines of a shard that are due on one of two days. */
export async function listStatementsDue(
  ctx: Context,
  shard: number,
  lineIds: readonly string[],
  days: readonly [string, string],
): Promise<Statement[]> {
  const load = dueLoaderOf(ctx.platform)
  return (await Promise.all(lineIds.map((lineId) => load({ shard, tenantId: ctx.tenantId, lineId, days })))).flat()
}
