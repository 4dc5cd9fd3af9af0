import type { Context } from '../platform/context.ts'
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

/** Bills of some lines that are due on one of some days. */
export function listStatementsDue(
  ctx: Context,
  shard: number,
  lineIds: readonly string[],
  days: readonly string[],
): Promise<Statement[]> {
  const { db } = ctx
  return db<Statement[]>`
    select ${db(columns)} from statements
    where shard = ${shard} and tenant_id = ${ctx.tenantId} and line_id = any (${db.typed.texts(lineIds)})
      and due_on = any (${db.typed.dates(days)})`
}
