import { createLoader, type Loader } from '../platform/batcher.ts'
import type { Context, Platform } from '../platform/context.ts'
import { isShardedId, shardOf } from '../platform/ids.ts'
import { type LoanRow, loanOfRow } from './book.ts'
import type { Loan } from './types.ts'

const columns = [
  'shard',
  'id',
  'line_id',
  'charge_id',
  'merchant_id',
  'program_id',
  'terms_version',
  'currency',
  'plan',
  'terms',
  'events',
  'event_seqs',
  'posted',
  'posted_on',
  'funding',
  'bucket',
  'opened_on',
  'next_action_on',
]

/** Undefined for an unknown id and for another tenant's. */
export async function findLoan(ctx: Context, id: string): Promise<Loan | undefined> {
  if (!isShardedId('loa', id)) return undefined
  const [row] = await ctx.db<LoanRow[]>`
    select ${ctx.db(columns)} from loans where shard = ${shardOf(id)} and id = ${id} and tenant_id = ${ctx.tenantId}`
  return row === undefined ? undefined : loanOfRow(row)
}

/** Loans of a line in the order opened, those that are paid too. */
export async function listLoans(ctx: Context, shard: number, lineId: string): Promise<Loan[]> {
  const { db } = ctx
  const rows = await db<LoanRow[]>`
    select ${db(columns)} from loans
    where shard = ${shard} and line_id = ${lineId} and tenant_id = ${ctx.tenantId}
    order by opened_on, id`
  return rows.map(loanOfRow)
}

type OwnedRow = LoanRow & { readonly tenantId: string }

const unsettledLoaders = new WeakMap<Platform, Loader<string, OwnedRow[]>>()

/** Repayments of one turn read the loans of all their lines in one query. */
function unsettledLoaderOf(platform: Platform): Loader<string, OwnedRow[]> {
  const known = unsettledLoaders.get(platform)
  if (known !== undefined) return known
  const { db } = platform
  const created = createLoader<string, OwnedRow[]>(async (lineIds) => {
    const shards = [...new Set(lineIds.map(shardOf))]
    const rows = await db<OwnedRow[]>`
      select ${db(columns)}, tenant_id from loans
      where shard = any (${db.typed.smallints(shards)}) and line_id = any (${db.typed.texts(lineIds)})
        and status in ('active', 'charged-off')
      order by opened_on, id`
    return Map.groupBy(rows, (row) => row.lineId)
  })
  unsettledLoaders.set(platform, created)
  return created
}

/** Loans of a line on which money may still come in, in the order opened: what is owed, and what was written off. */
export async function listUnsettledLoans(ctx: Context, lineId: string): Promise<Loan[]> {
  const rows = (await unsettledLoaderOf(ctx.platform)(lineId)) ?? []
  return rows.filter((row) => row.tenantId === ctx.tenantId).map(loanOfRow)
}

export async function listLoansById(ctx: Context, shard: number, ids: readonly string[]): Promise<Loan[]> {
  const { db } = ctx
  const rows = await db<LoanRow[]>`
    select ${db(columns)} from loans
    where shard = ${shard} and id = any (${db.typed.texts(ids)}) and tenant_id = ${ctx.tenantId}
    order by opened_on, id`
  return rows.map(loanOfRow)
}

export async function listLoansOfCharge(
  ctx: Context,
  shard: number,
  lineId: string,
  chargeId: string,
): Promise<Loan[]> {
  const loans = await listLoans(ctx, shard, lineId)
  return loans.filter((loan) => loan.chargeId === chargeId)
}

/** Loans that are not settled, of several lines. */
export async function listOpenLoansOfLines(ctx: Context, shard: number, lineIds: readonly string[]): Promise<Loan[]> {
  const { db } = ctx
  const rows = await db<LoanRow[]>`
    select ${db(columns)} from loans
    where shard = ${shard} and line_id = any (${db.typed.texts(lineIds)}) and tenant_id = ${ctx.tenantId} and status = 'active'
    order by opened_on, id`
  return rows.map(loanOfRow)
}
