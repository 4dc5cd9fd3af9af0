/**
 * The door for payouts: those of one evening, of all tenants whose day ends at the same time, become one commit
 * (`commit_payouts`).
 */
import { createBatcher } from '../platform/batcher.ts'
import { type Context, oncePerPlatform, type Platform } from '../platform/context.ts'
import { codeOf } from '../platform/outage.ts'
import { BinaryValue } from '../platform/wire.ts'
import {
  isDataError,
  keyed,
  maxBatch,
  maxQueue,
  posting,
  replyOf,
  rowTypes,
  type VerdictRow,
  verdictsOf,
  WriteConflict,
  withTypesOfNow,
} from './post.ts'
import { rowArray } from './rows.ts'
import type { Operation, Reply, Row, Verdict } from './types.ts'
import type { Posting } from './written.ts'

interface PayoutPosting {
  readonly posting: Posting
  readonly payout: Row
  /** Payouts that its payee had had when it was decided. */
  readonly made: number
}

const payoutPosters = oncePerPlatform((platform) =>
  createBatcher<unknown, PayoutPosting, Verdict>({
    run: (postings) => withTypesOfNow(platform, () => commitPayouts(platform, postings)),
    // The second payout of a payee in a batch would be decided on a count that the first one changes.
    keyOf: ({ payout }) => payout.payee_id,
    groupOf: () => 0,
    maxBatch,
    maxQueue,
    inFlightPerGroup: 1,
    retryAlone: (error) => isDataError(error) || isSerializationFailure(error),
    onBatch: (size) => platform.metrics.batchSize.observe(size),
  }),
)

/** One statement for the payouts of a day. */
async function commitPayouts(platform: Platform, postings: readonly PayoutPosting[]): Promise<Verdict[]> {
  const { db } = platform
  const known = await rowTypes(platform)
  const batch = (type: string, rows: readonly Row[]) => new BinaryValue(rowArray(known.get(type)!, rows))
  const of = postings.flatMap(({ posting }, place) => posting.events.map(() => place + 1))
  const heads = batch(
    'operation',
    postings.map(({ posting }) => posting.head),
  )
  const events = batch(
    'journal',
    postings.flatMap(({ posting }) => posting.events),
  )
  const payouts = batch(
    'payouts',
    postings.map(({ payout }) => payout),
  )
  const refused = await db<VerdictRow[]>`
    select n, outcome, status, body from commit_payouts(${0}::smallint, ${heads}::operation[], ${events}::journal[],
      ${`{${of}}`}::integer[], ${payouts}::payouts[], ${db.typed.bigints(postings.map(({ made }) => BigInt(made)))})`
  return verdictsOf(postings.length, refused)
}

/**
 * Posts a request's operation, its answer and a payout, in one statement with others. Decided while its payee had had `made`
 * of them; throws `WriteConflict` where there has been another one since.
 */
export async function postReplyWithPayout<Body>(
  ctx: Context,
  operation: Operation,
  status: number,
  body: Body,
  payout: Row,
  made: number,
): Promise<Reply<Body>> {
  const ready = posting(ctx, 0, operation, keyed(ctx, status, body))
  try {
    const verdict = await payoutPosters(ctx.platform).submit({ posting: ready, payout, made })
    return replyOf(verdict, status, body)
  } catch (error) {
    throw isSerializationFailure(error) ? new WriteConflict('another payout to this payee was made') : error
  }
}

/** SQLSTATE serialization_failure: decided on what is no longer so. */
function isSerializationFailure(error: unknown): boolean {
  return codeOf(error) === '40001'
}

/** Waits until all payouts accepted have been written; for shutting down. */
export async function drainPayouts(platform: Platform): Promise<void> {
  await payoutPosters(platform).drain()
}
