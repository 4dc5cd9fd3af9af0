/**
 * The one door for writes on the customer's side. Operations of all requests are gathered per shard and become one
 * commit (`commit_operations`); each gets its own verdict.
 */
import { assertBalanced } from '../../core/journal/legs.ts'
import { createBatcher, createShardLoader } from '../platform/batcher.ts'
import { type Context, oncePerPlatform, type Platform } from '../platform/context.ts'
import { asProblem } from '../platform/core-problems.ts'
import type { Queryable } from '../platform/database.ts'
import { isProblemCode, type Problem, problem } from '../platform/errors.ts'
import { codeOf } from '../platform/outage.ts'
import { readRowTypes } from './rows.ts'
import type { JournalEvent, LineWrite, Operation, Reply, Row, Verdict } from './types.ts'
import {
  createPostingWriter,
  gather,
  type Kind,
  type Posting,
  type RowTypes,
  rewritten,
  tables,
  type Written,
} from './written.ts'

/**
 * An operation that waits for its commit, as bytes: the rows that they were made of are garbage by then. Kept until the commit,
 * they would outlive a collection or two, be copied by each, and end among the old objects.
 */
interface Decided {
  readonly shard: number
  readonly lane: string
  readonly written: Written
}

/** Enough to amortise one flush over; more only lengthens the wait of the first in the batch. */
export const maxBatch = 512
export const maxQueue = 20_000

const posterOf = oncePerPlatform((platform) => ({
  write: createPostingWriter(),
  batcher: createBatcher<string, Decided, Verdict>({
    run: (batch, shard) => withTypesOfNow(platform, () => commit(platform, platform.db, shard, batch)),
    keyOf: ({ lane }) => lane,
    groupOf: ({ shard }) => shard,
    maxBatch,
    maxQueue,
    // The function locks its shard; a second batch in flight would only wait on that lock with a connection in hand.
    inFlightPerGroup: 1,
    retryAlone: isDataError,
    onBatch: (size) => platform.metrics.batchSize.observe(size),
  }),
}))

/** Written at once, whenever its batch goes. */
async function submit(platform: Platform, posting: Posting): Promise<Verdict> {
  const { batcher, write } = posterOf(platform)
  const types = await rowTypes(platform)
  return batcher.submit({ shard: posting.shard, lane: posting.lane, written: write(posting, types) })
}

/** The database refused the data (SQLSTATE classes 22 and 23) and rolled back: only the guilty operation shall fail. */
export function isDataError(error: unknown): boolean {
  const code = codeOf(error)
  return code.startsWith('22') || code.startsWith('23')
}

/** Waits until everything accepted has been written; for shutting down. */
export async function drainPostings(platform: Platform): Promise<void> {
  await posterOf(platform).batcher.drain()
}

/** A column added under a running server makes its rows unreadable; they are tried again with the columns of now. */
export async function withTypesOfNow<Result>(platform: Platform, write: () => Promise<Result>): Promise<Result> {
  try {
    return await write()
  } catch (error) {
    if (!isUnreadableRow(error)) throw error
    rowTypesOf.delete(platform)
    return write()
  }
}

/** SQLSTATE datatype_mismatch: "wrong number of columns", or "wrong element type" where a table was made anew. */
function isUnreadableRow(error: unknown): boolean {
  return codeOf(error) === '42804'
}

const rowTypesOf = new WeakMap<Platform, Promise<RowTypes>>()

export function rowTypes(platform: Platform): Promise<RowTypes> {
  const known = rowTypesOf.get(platform)
  if (known !== undefined) return known
  const read = readRowTypes(platform.db, ['operation', 'journal', 'payouts', ...tables])
  rowTypesOf.set(platform, read)
  read.catch(() => rowTypesOf.delete(platform))
  return read
}

export interface VerdictRow {
  /** From 1. */
  n: number
  outcome: Exclude<Verdict['outcome'], 'ok'>
  status: number | null
  body: unknown
}

async function commit(
  platform: Platform,
  db: Queryable,
  shard: number,
  batch: readonly Pick<Decided, 'written'>[],
): Promise<Verdict[]> {
  const types = await rowTypes(platform)
  const all = batch.map(({ written }) => (written.types === types ? written : rewritten(written, types)))
  const allOf = (kind: Kind) => gather(kind, types, all)
  const heads = allOf('operation')
  const events = allOf('journal')
  const customers = allOf('customers')
  const lines = allOf('lines')
  const charges = allOf('charges')
  const loans = allOf('loans')
  const statements = allOf('statements')
  const repayments = allOf('repayments')
  const refunds = allOf('refunds')
  const refused = await db<VerdictRow[]>`
    select n, outcome, status, body from commit_operations(${shard}::smallint, ${heads.rows}::operation[],
      ${events.rows}::journal[], ${events.of}::integer[], ${customers.rows}::customers[], ${customers.of}::integer[],
      ${lines.rows}::lines[], ${lines.of}::integer[], ${charges.rows}::charges[], ${charges.of}::integer[],
      ${loans.rows}::loans[], ${loans.of}::integer[], ${statements.rows}::statements[], ${statements.of}::integer[],
      ${repayments.rows}::repayments[], ${repayments.of}::integer[], ${refunds.rows}::refunds[], ${refunds.of}::integer[])`
  return verdictsOf(batch.length, refused)
}

/** In the order of operations; those that are not refused are well. */
export function verdictsOf(operations: number, refused: readonly VerdictRow[]): Verdict[] {
  const verdicts = Array.from({ length: operations }, (): Verdict => ({ outcome: 'ok' }))
  for (const row of refused) verdicts[row.n - 1] = verdictOf(row)
  return verdicts
}

function verdictOf({ outcome, status, body }: VerdictRow): Verdict {
  return outcome === 'replay' ? { outcome, status: status!, body } : { outcome }
}

/** Posts without an answer: what closing a day and other own work does. A key in the context makes it happen once. */
export async function post(ctx: Context, shard: number, operation: Operation): Promise<Verdict> {
  return submit(ctx.platform, posting(ctx, shard, operation, keyed(ctx, 200, {})))
}

/**
 * Posts a request's operation together with its answer. Gives the first answer where the key was used before; throws
 * the problem of any other verdict, and `WriteConflict` where the operation must be decided anew.
 */
export function postReply<Body>(
  ctx: Context,
  shard: number,
  operation: Operation,
  status: number,
  body: Body,
): Promise<Reply<Body>> {
  // Without `await`, which would keep the operation until its commit.
  const posted = submit(ctx.platform, posting(ctx, shard, operation, keyed(ctx, status, body)))
  return posted.then((verdict) => replyOf(verdict, status, body))
}

/**
 * The same inside a transaction with writes that are no operation (programs, merchants, funders, disputes, erasing a person),
 * which happen only if the operation does. Shard 0 keeps the journal rows of what belongs to no customer.
 */
export async function postReplyWith<Body>(
  ctx: Context,
  operation: Operation,
  status: number,
  body: Body,
  write: (db: Queryable) => Promise<unknown>,
  shard = 0,
): Promise<Reply<Body>> {
  const ready = posting(ctx, shard, operation, keyed(ctx, status, body))
  return withTypesOfNow(ctx.platform, async () => {
    // Before the transaction: the first writes of a server, as many as it has connections, would each hold one and wait for
    // another to read the row types with.
    const types = await rowTypes(ctx.platform)
    const decided = { written: posterOf(ctx.platform).write(ready, types) }
    return ctx.platform.db.begin(async (transaction) => {
      const [verdict] = await commit(ctx.platform, transaction, shard, [decided])
      const reply = replyOf(verdict!, status, body)
      if (!reply.replayed) await write(transaction)
      return reply
    })
  }) as Promise<Reply<Body>>
}

export function keyed<Body>(ctx: Context, status: number, body: Body): Row {
  if (ctx.idempotencyKey === null) return {}
  return { key: ctx.idempotencyKey, request_hash: ctx.requestHash(), reply_status: status, reply: body }
}

/** Another writer changed what this operation was decided on. */
export class WriteConflict extends Error {
  override readonly name = 'WriteConflict'
}

export function replyOf<Body>(verdict: Verdict, status: number, body: Body): Reply<Body> {
  switch (verdict.outcome) {
    case 'ok':
      return { status, body, replayed: false }
    case 'replay':
      return firstReply(verdict.status, verdict.body)
    case 'key-reused':
      throw problem('idempotency-key-reused')
    case 'conflict':
      throw new WriteConflict('the line changed')
    case 'line-not-found':
      throw problem('not-found')
    default:
      throw problem(verdict.outcome)
  }
}

/** The kept answer; a kept refusal is refused again in the same words. */
function firstReply<Body>(status: number, body: unknown): Reply<Body> {
  if (status < 400) return { status, body: body as Body, replayed: true }
  const { code, ...parts } = body as { code: string; detail?: string; remedy?: string; extra?: Record<string, unknown> }
  throw problem(isProblemCode(code) ? code : 'internal', { ...parts, replayed: true })
}

export function posting(ctx: Context, shard: number, operation: Operation, reply: Row): Posting {
  const { line, events, ...rows } = operation
  const bookedAt = ctx.timestamp()
  return {
    shard,
    lane: line?.id ?? ctx.platform.ids.create('op', shard),
    head: line === undefined ? { tenant_id: ctx.tenantId, ...reply } : headOf(ctx.tenantId, reply, line),
    events: events.map((event) => eventRow(ctx, shard, bookedAt, event)),
    rows,
  }
}

/** Each column by its name: two objects spread into a third took twice as long. */
function headOf(tenantId: string, reply: Row, line: LineWrite): Row {
  return {
    tenant_id: tenantId,
    key: reply.key,
    request_hash: reply.request_hash,
    reply_status: reply.reply_status,
    reply: reply.reply,
    line_id: line.id,
    version: line.version,
    spend: line.spend,
    statement_on: line.statementOn,
    held: line.held,
    owed: line.owed,
    credit: line.credit,
    statements: line.statements,
    status: line.status,
    limit_minor: line.limit,
    moves_statement: line.nextStatementOn !== undefined,
    next_statement_on: line.nextStatementOn,
    sets_autopay: line.autopay !== undefined,
    autopay: line.autopay,
  }
}

function eventRow(ctx: Context, shard: number, bookedAt: string, event: JournalEvent): Row {
  assertBalanced(event.legs, event.type)
  return {
    tenant_id: ctx.tenantId,
    id: ctx.platform.ids.create('evt', shard),
    type: event.type,
    line_id: event.lineId,
    charge_id: event.chargeId,
    loan_id: event.loanId,
    merchant_id: event.merchantId,
    data: event.data,
    currency: event.currency,
    accounts: event.legs.map((leg) => leg.account),
    amounts: event.legs.map((leg) => leg.amount),
    effective_on: event.effectiveOn ?? ctx.today(),
    booked_at: bookedAt,
    actor: ctx.actor,
    request_id: ctx.requestId,
  }
}

interface KnownOutcome {
  readonly requestHash: string
  readonly status: number
  readonly body: unknown
}

const knownLoaderOf = oncePerPlatform(({ db }) =>
  createShardLoader<{ shard: number; tenantId: string; key: string }, KnownOutcome | null>(async (shard, asked) => {
    const { texts } = db.typed
    const rows = await db<(KnownOutcome & { n: number })[]>`
      select asked.n::int, known.request_hash, known.status, known.body
      from unnest(${texts(asked.map(({ tenantId }) => tenantId))}, ${texts(asked.map(({ key }) => key))})
        with ordinality as asked(tenant, name, n)
      join idempotency_keys known on known.shard = ${shard} and known.tenant_id = asked.tenant and known.key = asked.name`
    const byPlace = new Map(rows.map((row) => [row.n - 1, row]))
    return asked.map((_, place) => byPlace.get(place) ?? null)
  }),
)

/**
 * The outcome that a request's key has already; throws what a kept refusal says, and `idempotency-key-reused`. For work
 * that can't be one commit with its answer and must not begin anew.
 */
export async function knownReply<Body>(ctx: Context, shard: number): Promise<Reply<Body> | null> {
  if (ctx.idempotencyKey === null) return null
  const { tenantId, idempotencyKey: key } = ctx
  const known = await knownLoaderOf(ctx.platform)({ shard, tenantId, key })
  if (known === null) return null
  if (known.requestHash !== ctx.requestHash()) throw problem('idempotency-key-reused')
  return firstReply(known.status, known.body)
}

/** Statuses of refusals that a retried key gets again: outcomes of the request, not accidents of the moment. */
const kept = new Set([402, 409, 422])
const passing = new Set(['idempotency-key-reused', 'conflict', 'clock-moving'])

/**
 * Runs a request's work and keeps its refusal under the request's key. If the key already has an outcome, that one is
 * given: a retry of a capture that succeeded is answered with the capture, not with "already captured".
 */
export async function once<Body>(ctx: Context, shard: number, work: () => Promise<Reply<Body>>): Promise<Reply<Body>> {
  try {
    return await work()
  } catch (error) {
    const refusal = asProblem(error)
    if (refusal === null || !kept.has(refusal.status) || ctx.idempotencyKey === null) throw error
    if (passing.has(refusal.code)) throw error
    return keepRefusal(ctx, shard, refusal)
  }
}

async function keepRefusal<Body>(ctx: Context, shard: number, refusal: Problem): Promise<Reply<Body>> {
  const { detail, remedy, extra } = refusal.parts
  const body = { code: refusal.code, detail, remedy, extra }
  const reply = keyed(ctx, refusal.status, body)
  const verdict = await submit(ctx.platform, posting(ctx, shard, { events: [] }, reply))
  if (verdict.outcome === 'ok') throw refusal
  return replyOf(verdict, refusal.status, body as Body)
}
