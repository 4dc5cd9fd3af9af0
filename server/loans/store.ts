import type { LoanStatus } from '../../core/loan/types.ts'
import { createLoader, createRowLoader, createShardLoader, type Loader } from '../platform/batcher.ts'
import { type Context, oncePerPlatform } from '../platform/context.ts'
import type { Queryable } from '../platform/database.ts'
import { isShardedId, shardOf } from '../platform/ids.ts'
import { ofShards } from '../platform/shards.ts'
import { createLastRead } from './last-read.ts'
import { StoredLoan, type StoredRow } from './stored.ts'
import { type Loan, loanStatuses } from './types.ts'

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
  const ofLines = (statuses: readonly LoanStatus[], db = quick) =>
    createLoader<string, StoredRow[]>(async (lineIds) => {
      const shards = [...new Set(lineIds.map(shardOf))]
      const rows = await db<StoredRow[]>`
        select ${selected(db)} from loans
        where ${ofShards(db, shards)} and line_id = any (${db.typed.texts(lineIds)})
          and status = any (${db.typed.texts(statuses)})
        order by opened_on, id`
      return Map.groupBy(rows, (row) => row.lineId)
    })
  return { unsettled: ofLines(['active', 'charged-off']), open: ofLines(['active'], readings) }
})

async function listOwn(ctx: Context, load: LineLoader, lineId: string): Promise<StoredRow[]> {
  const rows = isShardedId('lin', lineId) ? ((await load(lineId)) ?? []) : []
  return rows.filter((row) => row.tenantId === ctx.tenantId)
}

interface PageOfLine {
  readonly shard: number
  readonly tenantId: string
  readonly lineId: string
  readonly statuses: readonly LoanStatus[]
  /** The last loan of the page before. */
  readonly after: Pick<StoredLoan, 'openedOn' | 'id'>
  readonly limit: number
}

/** A line may have a thousand loans that were paid long ago; no more of them are sent and folded than are asked for. */
const pageLoaderOf = oncePerPlatform(({ db }) =>
  createShardLoader<PageOfLine, StoredRow[]>(async (shard, asked) => {
    const { texts, dates, bigints } = db.typed
    const rows = await db<(StoredRow & { readonly n: number })[]>`
      select asked.n::int, own.*
      from unnest(${texts(asked.map(({ tenantId }) => tenantId))}, ${texts(asked.map(({ lineId }) => lineId))},
          ${texts(asked.map(({ statuses }) => statuses.join()))}, ${dates(asked.map(({ after }) => after.openedOn))},
          ${texts(asked.map(({ after }) => after.id))}, ${bigints(asked.map(({ limit }) => BigInt(limit)))})
        with ordinality as asked(tenant, line, statuses, opened, loan, most, n)
      cross join lateral (
        select ${selected(db)} from loans
        where shard = ${shard} and line_id = asked.line and status = any (string_to_array(asked.statuses, ','))
          and tenant_id = asked.tenant and (opened_on, id) > (asked.opened, asked.loan)
        order by opened_on, id limit asked.most
      ) as own
      order by asked.n, own.opened_on, own.id`
    const pages = Map.groupBy(rows, ({ n }) => n)
    return asked.map((_, place) => pages.get(place + 1) ?? [])
  }),
)

export interface PageOfLoans {
  /** Absent: any. */
  readonly status?: LoanStatus
  /** Of the first of the lines; null: from its first loan on. */
  readonly after: StoredLoan | null
  readonly limit: number
}

/** Line by line in the order given, of each in the order opened. What is no line of the caller's tenant has none. */
export async function listLoans(ctx: Context, lineIds: readonly string[], page: PageOfLoans): Promise<Loan[]> {
  const { status, after, limit } = page
  const load = pageLoaderOf(ctx.platform)
  const statuses = status === undefined ? loanStatuses : [status]
  const ofLines = lineIds
    .filter((lineId) => isShardedId('lin', lineId))
    .map((lineId) => {
      const from = after?.lineId === lineId ? after : beforeAll
      return load({ shard: shardOf(lineId), tenantId: ctx.tenantId, lineId, statuses, after: from, limit })
    })
  return (await Promise.all(ofLines)).flat().slice(0, limit).map(lastReadOf(ctx.platform))
}

const beforeAll = { openedOn: '0001-01-01', id: '' }

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
