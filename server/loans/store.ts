import { createLoader, type Loader } from '../platform/batcher.ts'
import { type Context, oncePerPlatform } from '../platform/context.ts'
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

type OwnedRow = LoanRow & { readonly tenantId: string }
type LineLoader = Loader<string, OwnedRow[]>

/** Lines whose loans several requests ask for come in one query; each request folds its own. */
const loadersOf = oncePerPlatform(({ db }) => {
  const ofLines = (unsettled: boolean) =>
    createLoader<string, OwnedRow[]>(async (lineIds) => {
      const shards = [...new Set(lineIds.map(shardOf))]
      const rows = await db<OwnedRow[]>`
        select ${db(columns)}, tenant_id from loans
        where shard = any (${db.typed.smallints(shards)}) and line_id = any (${db.typed.texts(lineIds)})
          ${unsettled ? db`and status in ('active', 'charged-off')` : db``}
        order by opened_on, id`
      return Map.groupBy(rows, (row) => row.lineId)
    })
  return { all: ofLines(false), unsettled: ofLines(true) }
})

async function listOwn(ctx: Context, load: LineLoader, lineId: string): Promise<Loan[]> {
  const rows = isShardedId('lin', lineId) ? ((await load(lineId)) ?? []) : []
  return rows.filter((row) => row.tenantId === ctx.tenantId).map(loanOfRow)
}

/** Loans of a line of the caller's tenant, in the order opened. */
export function listLoans(ctx: Context, lineId: string): Promise<Loan[]> {
  return listOwn(ctx, loadersOf(ctx.platform).all, lineId)
}

/** Those on which money may still come in: what is owed, and what was written off. */
export function listUnsettledLoans(ctx: Context, lineId: string): Promise<Loan[]> {
  return listOwn(ctx, loadersOf(ctx.platform).unsettled, lineId)
}

export async function listLoansById(ctx: Context, shard: number, ids: readonly string[]): Promise<Loan[]> {
  const { db } = ctx
  const rows = await db<LoanRow[]>`
    select ${db(columns)} from loans
    where shard = ${shard} and id = any (${db.typed.texts(ids)}) and tenant_id = ${ctx.tenantId}
    order by opened_on, id`
  return rows.map(loanOfRow)
}

export async function listLoansOfCharge(ctx: Context, lineId: string, chargeId: string): Promise<Loan[]> {
  const loans = await listLoans(ctx, lineId)
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
