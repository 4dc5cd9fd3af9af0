import { createLoader, createRowLoader, createShardLoader, type Loader } from '../platform/batcher.ts'
import { type Context, oncePerPlatform } from '../platform/context.ts'
import type { Queryable } from '../platform/database.ts'
import { isShardedId, shardOf } from '../platform/ids.ts'
import { ofShards } from '../platform/shards.ts'
import { createLastRead } from './last-read.ts'
import { StoredLoan, type StoredRow } from './stored.ts'
import type { Loan } from './types.ts'

/** By which a loan is passed over or found to be the one. */
const columns = [
  'id',
  'tenant_id',
  'line_id',
  'program_id',
  'terms_version',
  'plan',
  'status',
  'days_past_due',
  'opened_on',
  'next_action_on',
]

/** All else in one text (`KeptParts`). None of it has the character between, which JSON has only escaped. */
const selected = (db: Queryable) =>
  db`${db(columns)}, concat_ws(chr(1), shard, currency, bucket, posted_on, coalesce(charge_id, ''), coalesce(merchant_id, ''),
    event_seqs, terms, events, posted, funding) as kept`

const lastReadOf = oncePerPlatform(({ config }) => createLastRead(config.loansInMind))

type LineLoader = Loader<string, StoredRow[]>

/** Lines whose loans several requests ask for come in one query; each request folds its own. */
const loadersOf = oncePerPlatform(({ db: { readings }, db: quick }) => {
  const ofLines = (statuses: readonly Loan['state']['status'][] | null, db = quick) =>
    createLoader<string, StoredRow[]>(async (lineIds) => {
      const shards = [...new Set(lineIds.map(shardOf))]
      const rows = await db<StoredRow[]>`
        select ${selected(db)} from loans
        where ${ofShards(db, shards)} and line_id = any (${db.typed.texts(lineIds)})
          ${statuses === null ? db`` : db`and status = any (${db.typed.texts(statuses)})`}
        order by opened_on, id`
      return Map.groupBy(rows, (row) => row.lineId)
    })
  return { all: ofLines(null), unsettled: ofLines(['active', 'charged-off']), open: ofLines(['active'], readings) }
})

async function listOwn(ctx: Context, load: LineLoader, lineId: string): Promise<StoredRow[]> {
  const rows = isShardedId('lin', lineId) ? ((await load(lineId)) ?? []) : []
  return rows.filter((row) => row.tenantId === ctx.tenantId)
}

/** Loans of a line of the caller's tenant, in the order opened. */
export async function listLoans(ctx: Context, lineId: string): Promise<Loan[]> {
  return (await listOwn(ctx, loadersOf(ctx.platform).all, lineId)).map(lastReadOf(ctx.platform))
}

/** Those on which money may still come in: what is owed, and what was written off. */
export async function listUnsettledLoans(ctx: Context, lineId: string): Promise<StoredLoan[]> {
  return (await listOwn(ctx, loadersOf(ctx.platform).unsettled, lineId)).map(
    (row) => new StoredLoan(row, lastReadOf(ctx.platform)),
  )
}

const loaderOf = oncePerPlatform(({ db }) =>
  createRowLoader<StoredRow>(
    (shards, ids) => db<StoredRow[]>`
      select ${selected(db)},
        (select version from lines where lines.shard = loans.shard and lines.id = loans.line_id) as line_version
      from loans
      where ${ofShards(db, shards)} and id = any (${db.typed.texts(ids)})`,
  ),
)

/** Undefined for an unknown id and for another tenant's. */
export async function findLoan(ctx: Context, id: string): Promise<StoredLoan | undefined> {
  const row = isShardedId('loa', id) ? await loaderOf(ctx.platform)(id, ctx.tenantId) : undefined
  return row === undefined ? undefined : new StoredLoan(row, lastReadOf(ctx.platform))
}

/** In the order opened; without those that there are not, or not of this tenant. */
export async function listLoansById(ctx: Context, ids: readonly string[]): Promise<Loan[]> {
  const found = await Promise.all([...new Set(ids)].map((id) => findLoan(ctx, id)))
  return found
    .filter((loan) => loan !== undefined)
    .map((loan) => loan.folded())
    .sort((one, other) => compare(one.openedOn, other.openedOn) || compare(one.id, other.id))
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}

interface OfCharge {
  readonly shard: number
  readonly tenantId: string
  readonly lineId: string
  readonly chargeId: string
}

/** By the line, of which there is an index; the other loans of the line are not sent. */
const chargeLoaderOf = oncePerPlatform(({ db }) =>
  createShardLoader<OfCharge, StoredRow[]>(async (shard, asked) => {
    const { texts } = db.typed
    const rows = await db<(StoredRow & { readonly chargeId: string | null })[]>`
      select ${selected(db)}, charge_id from loans
      where shard = ${shard} and line_id = any (${texts(asked.map(({ lineId }) => lineId))})
        and charge_id = any (${texts(asked.map(({ chargeId }) => chargeId))})
      order by opened_on, id`
    const byCharge = Map.groupBy(rows, (row) => row.chargeId)
    return asked.map(({ chargeId, tenantId }) =>
      (byCharge.get(chargeId) ?? []).filter((row) => row.tenantId === tenantId),
    )
  }),
)

/** In the order opened. */
export async function listLoansOfCharge(
  ctx: Context,
  { shard, lineId, id: chargeId }: { readonly shard: number; readonly lineId: string; readonly id: string },
): Promise<StoredLoan[]> {
  const rows = await chargeLoaderOf(ctx.platform)({ shard, tenantId: ctx.tenantId, lineId, chargeId })
  return rows.map((row) => new StoredLoan(row, lastReadOf(ctx.platform)))
}

/** Loans that are not settled, of several lines; for closing a day. */
export async function listOpenLoansOfLines(ctx: Context, lineIds: readonly string[]): Promise<Loan[]> {
  const load = loadersOf(ctx.platform).open
  return (await Promise.all(lineIds.map((lineId) => listOwn(ctx, load, lineId)))).flat().map(lastReadOf(ctx.platform))
}
