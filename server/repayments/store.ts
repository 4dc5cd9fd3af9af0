import type { Context } from '../platform/context.ts'
import { isShardedId, shardOf } from '../platform/ids.ts'
import type { Repayment } from './types.ts'

const columns = [
  'shard',
  'id',
  'line_id',
  'loan_id',
  'currency',
  'amount_minor',
  'source',
  'effective_on',
  'status',
  'allocations',
  'credit_minor',
  'reference',
  'created_at',
]

/** Undefined for an unknown id and for another tenant's. */
export async function findRepayment(ctx: Context, id: string): Promise<Repayment | undefined> {
  if (!isShardedId('rep', id)) return undefined
  const [repayment] = await ctx.db<Repayment[]>`
    select ${ctx.db(columns)} from repayments where shard = ${shardOf(id)} and id = ${id} and tenant_id = ${ctx.tenantId}`
  return repayment
}

export function listRepayments(
  ctx: Context,
  shard: number,
  lineId: string,
  after: string,
  limit: number,
): Promise<Repayment[]> {
  return ctx.db<Repayment[]>`
    select ${ctx.db(columns)} from repayments
    where shard = ${shard} and line_id = ${lineId} and tenant_id = ${ctx.tenantId} and id > ${after}
    order by id limit ${limit}`
}
