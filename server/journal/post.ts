/**
 * The one door for writes on the customer's side. Operations of all requests are gathered per shard and become one
 * commit (`commit_operations`); each gets its own verdict.
 */
import { assertBalanced } from '../../core/journal/legs.ts'
import { type Batcher, createBatcher } from '../platform/batcher.ts'
import type { Context, Platform } from '../platform/context.ts'
import { asProblem } from '../platform/core-problems.ts'
import type { Queryable } from '../platform/database.ts'
import { isProblemCode, type Problem, problem } from '../platform/errors.ts'
import { stringifyJson } from '../platform/json.ts'
import type { JournalEvent, Operation, Reply, Verdict } from './types.ts'

/** An operation ready for SQL. */
interface Posting {
  readonly shard: number
  /** The line, or something unique: operations of one line never share a batch. */
  readonly lane: string
  readonly op: Record<string, unknown>
}

const posters = new WeakMap<Platform, Batcher<Posting, Verdict>>()

/** Enough to amortise one flush over; more only lengthens the wait of the first in the batch. */
const maxBatch = 512
const maxQueue = 20_000

function posterOf(platform: Platform): Batcher<Posting, Verdict> {
  const known = posters.get(platform)
  if (known !== undefined) return known
  const created = createBatcher<string, Posting, Verdict>({
    run: (postings, shard) => commit(platform.db, shard, postings),
    keyOf: (posting) => posting.lane,
    groupOf: (posting) => posting.shard,
    maxBatch,
    maxQueue,
    // The function locks its shard; a second batch in flight would only wait on that lock with a connection in hand.
    inFlightPerGroup: 1,
    retryAlone: isDataError,
    onBatch: (size) => platform.metrics.batchSize.observe(size),
  })
  posters.set(platform, created)
  return created
}

/** The database refused the data (SQLSTATE classes 22 and 23) and rolled back: only the guilty operation shall fail. */
function isDataError(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  return code.startsWith('22') || code.startsWith('23')
}

/** Waits until everything accepted has been written; for shutting down. */
export async function drainPostings(platform: Platform): Promise<void> {
  await posters.get(platform)?.drain()
}

interface VerdictRow {
  outcome: Verdict['outcome']
  status: number | null
  body: unknown
  seq: bigint | null
}

async function commit(db: Queryable, shard: number, postings: readonly Posting[]): Promise<Verdict[]> {
  const ops = stringifyJson(postings.map((posting, n) => ({ n, ...posting.op })))
  // As text: the driver would otherwise describe the parameter as jsonb and encode the encoded text once more.
  const rows = await db<VerdictRow[]>`
    select outcome, status, body, seq from commit_operations(${shard}::smallint, ${ops}::text::jsonb)`
  return rows.map(verdictOf)
}

function verdictOf(row: VerdictRow): Verdict {
  if (row.outcome === 'ok') return { outcome: 'ok', seq: row.seq! }
  if (row.outcome === 'replay') return { outcome: 'replay', status: row.status!, body: row.body }
  return { outcome: row.outcome }
}

/** Posts without an answer: what closing a day and other own work does. A key in the context makes it happen once. */
export async function post(ctx: Context, shard: number, operation: Operation): Promise<Verdict> {
  return posterOf(ctx.platform).submit(posting(ctx, shard, operation, keyed(ctx, 200, {})))
}

/**
 * Posts a request's operation together with its answer. Gives the first answer where the key was used before; throws
 * the problem of any other verdict, and `WriteConflict` where the operation must be decided anew.
 */
export async function postReply<Body>(
  ctx: Context,
  shard: number,
  operation: Operation,
  status: number,
  body: Body,
): Promise<Reply<Body>> {
  const verdict = await posterOf(ctx.platform).submit(posting(ctx, shard, operation, keyed(ctx, status, body)))
  return replyOf(verdict, status, body)
}

/**
 * The same inside a transaction with writes that are no operation (programs, merchants, funders, erasing a person),
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
  return ctx.db.begin(async (transaction) => {
    const [verdict] = await commit(transaction, shard, [ready])
    const reply = replyOf(verdict!, status, body)
    if (!reply.replayed) await write(transaction)
    return reply
  }) as Promise<Reply<Body>>
}

function keyed<Body>(ctx: Context, status: number, body: Body): Record<string, unknown> {
  if (ctx.idempotencyKey === null) return {}
  return { key: ctx.idempotencyKey, hash: ctx.requestHash, replyStatus: status, reply: body }
}

/** Another writer changed what this operation was decided on. */
export class WriteConflict extends Error {
  override readonly name = 'WriteConflict'
}

function replyOf<Body>(verdict: Verdict, status: number, body: Body): Reply<Body> {
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
  throw problem(isProblemCode(code) ? code : 'internal', parts)
}

function posting(ctx: Context, shard: number, operation: Operation, reply: Record<string, unknown>): Posting {
  const { events, ...rows } = operation
  return {
    shard,
    lane: operation.line?.id ?? ctx.platform.ids.create('op', shard),
    op: { tenant: ctx.tenantId, ...reply, ...rows, events: events.map((event) => eventRow(ctx, shard, event)) },
  }
}

function eventRow(ctx: Context, shard: number, event: JournalEvent): Record<string, unknown> {
  assertBalanced(event.legs, event.type)
  const { legs, ...rest } = event
  return {
    ...rest,
    id: ctx.platform.ids.create('evt', shard),
    accounts: legs.map((leg) => leg.account),
    amounts: legs.map((leg) => leg.amount),
    effectiveOn: event.effectiveOn ?? ctx.today(),
    bookedAt: ctx.now().toString(),
    actor: ctx.actor,
    requestId: ctx.requestId,
  }
}

/**
 * The outcome that a request's key has already; throws what a kept refusal says, and `idempotency-key-reused`. For work
 * that can't be one commit with its answer and must not begin anew.
 */
export async function knownReply<Body>(ctx: Context, shard: number): Promise<Reply<Body> | null> {
  if (ctx.idempotencyKey === null) return null
  const [known] = await ctx.db<{ requestHash: string; status: number; body: unknown }[]>`
    select request_hash, status, body from idempotency_keys
    where shard = ${shard} and tenant_id = ${ctx.tenantId} and key = ${ctx.idempotencyKey}`
  if (known === undefined) return null
  if (known.requestHash !== ctx.requestHash) throw problem('idempotency-key-reused')
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
  const verdict = await posterOf(ctx.platform).submit(posting(ctx, shard, { events: [] }, reply))
  if (verdict.outcome === 'ok') throw refusal
  return replyOf(verdict, refusal.status, body as Body)
}
