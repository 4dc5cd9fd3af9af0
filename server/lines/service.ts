/** Lines: applied for, decided, raised, cut, frozen, closed. The limit itself is kept in the database's own update. */

import type { Minor } from '../../core/money.ts'
import { nextStatementOn } from '../../core/program/cycle.ts'
import { once, post, postReply, WriteConflict } from '../journal/post.ts'
import type { LineWrite, Operation, Reply, Verdict } from '../journal/types.ts'
import * as customers from '../parties/customers.ts'
import type { Context } from '../platform/context.ts'
import { isUniqueViolation } from '../platform/database.ts'
import { problem } from '../platform/errors.ts'
import { isShardedId, shardOf } from '../platform/ids.ts'
import * as programs from '../programs/service.ts'
import { decideLine, type Profile } from '../risk/decide.ts'
import * as store from './store.ts'
import { type Autopay, type DecidedLine, type Line, type LineView, viewOfLine } from './types.ts'

export interface LineApplication {
  readonly customerId: string
  readonly programId: string
  readonly profile?: Profile
  readonly autopay?: Autopay | null
}

/** Applies for a line. A decline is an answer too: a line with status `declined` and the reasons. */
export async function apply(ctx: Context, application: LineApplication): Promise<Reply<LineView>> {
  const { customerId } = application
  const first = await customers.find(ctx, customerId)
  return once(ctx, shardOf(customerId), () =>
    retryConflicts(async (attempt) =>
      decideAndOpen(ctx, application, attempt === 1 ? first : await customers.find(ctx, customerId)),
    ),
  )
}

async function decideAndOpen(
  ctx: Context,
  application: LineApplication,
  customer: customers.CustomerView,
): Promise<Reply<LineView>> {
  const shard = shardOf(customer.id)
  if (customer.erasedAt !== null) throw problem('customer-erased')
  const program = await programs.findActive(ctx, application.programId)
  const others = await store.listLinesOf(ctx, shard, customer.id)
  refuseSecondLine(others, program.id)
  const decision = await decideLine(ctx, {
    terms: program.terms,
    kind: customer.kind,
    profile: application.profile ?? {},
    linesOpen: others.filter((line) => line.status === 'active').length,
    daysPastDue: Math.max(0, ...others.map((line) => line.daysPastDue)),
  })
  const approved = decision.outcome === 'approve'
  const line: DecidedLine = {
    shard,
    id: ctx.platform.ids.create('lin', shard),
    customerId: customer.id,
    programId: program.id,
    termsVersion: program.version,
    currency: program.terms.currency,
    status: approved ? 'active' : 'declined',
    limitMinor: decision.limit,
    heldMinor: 0n,
    owedMinor: 0n,
    creditMinor: 0n,
    nextStatementOn: approved ? nextStatementOn(program.terms.cycle, ctx.today()) : null,
    statementCount: 0,
    autopay: application.autopay ?? null,
    decision: { ...decision, limit: Number(decision.limit), decidedAt: ctx.timestamp() },
    openedOn: ctx.today(),
    version: 0,
  }
  const opened = eventOf(line, approved ? 'line.activated' : 'line.declined', {
    customerId: customer.id,
    programId: program.id,
    termsVersion: program.version,
    limit: decision.limit,
    decision: line.decision,
  })
  const operation = { lines: [store.rowOfLine(ctx.tenantId, line)], events: [opened] }
  try {
    return await postReply(ctx, shard, operation, 201, viewOfLine(line))
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    throw problem('line-exists', { detail: 'Another application of this customer was approved at the same moment.' })
  }
}

function refuseSecondLine(others: readonly Line[], programId: string): void {
  const open = others.find(
    (line) => line.programId === programId && (line.status === 'active' || line.status === 'frozen'),
  )
  if (open !== undefined) {
    throw problem('line-exists', {
      detail: `This customer has line ${open.id} in the program.`,
      extra: { lineId: open.id },
    })
  }
}

/** The shard is in the id; throws `not-found` for what can't be the id of a line. */
export function shardOfLine(lineId: string): number {
  if (!isShardedId('lin', lineId)) throw problem('not-found', { detail: `There is no line ${lineId}.` })
  return shardOf(lineId)
}

type Find<Kind extends Line> = (ctx: Context, lineId: string) => Promise<Kind>

export const find: Find<Line> = async (ctx, lineId) => orNotFound(await store.findLine(ctx, lineId), lineId)

/** With the worst days past due of its loans, which risk asks for before a purchase. */
export const findAged: Find<Line & { readonly daysPastDue: number }> = async (ctx, lineId) =>
  orNotFound(await store.findAgedLine(ctx, lineId), lineId)

/** With the decision that opened it: for answers about the line itself. */
export const findDecided: Find<DecidedLine> = async (ctx, lineId) =>
  orNotFound(await store.findDecidedLine(ctx, lineId), lineId)

function orNotFound<Kind extends Line>(line: Kind | undefined, lineId: string): Kind {
  if (line === undefined) throw problem('not-found', { detail: `There is no line ${lineId}.` })
  return line
}

export const { lookAhead, lookAheadForPurchase } = store

export interface LineFilter {
  readonly customerId?: string
  /** Parted by commas. */
  readonly ids?: string
}

/** Lines of one customer, or by their ids in the order given. Throws `invalid-request` unless exactly one is said. */
export async function list(ctx: Context, { customerId, ids }: LineFilter): Promise<LineView[]> {
  if ((customerId === undefined) === (ids === undefined)) {
    throw problem('invalid-request', { detail: 'Send either `customerId` or `ids`.' })
  }
  if (customerId !== undefined) return listOf(ctx, customerId)
  const found = await Promise.all(ids!.split(',').map((id) => store.findDecidedLine(ctx, id)))
  return found.filter((line) => line !== undefined).map(viewOfLine)
}

async function listOf(ctx: Context, customerId: string): Promise<LineView[]> {
  const customer = await customers.find(ctx, customerId)
  return (await store.listLinesOf(ctx, shardOf(customer.id), customer.id)).map(viewOfLine)
}

/** Raises or cuts. A cut below what is used stops further purchases and calls nothing back. */
export function setLimit(ctx: Context, lineId: string, limit: Minor, reason: string | null): Promise<Reply<LineView>> {
  return change(ctx, lineId, async (line) => {
    refuseUnless(line, ['active', 'frozen'], 'change the limit of')
    const terms = await programs.termsOf(ctx, line.programId, line.termsVersion)
    if (limit > terms.limit.max) {
      throw problem('limit-out-of-range', { detail: `The program allows limits up to ${terms.limit.max}.` })
    }
    const type = limit >= line.limitMinor ? 'line.limit-raised' : 'line.limit-cut'
    return {
      write: { limit },
      event: eventOf(line, type, { from: line.limitMinor, to: limit, reason }),
      after: { ...line, limitMinor: limit },
    }
  })
}

export function freeze(ctx: Context, lineId: string, reason: string | null): Promise<Reply<LineView>> {
  return setStatus(ctx, lineId, ['active'], 'frozen', 'line.frozen', 'freeze', reason)
}

export function unfreeze(ctx: Context, lineId: string, reason: string | null): Promise<Reply<LineView>> {
  return setStatus(ctx, lineId, ['frozen'], 'active', 'line.unfrozen', 'unfreeze', reason)
}

/** Refused while anything is held, owed, kept or disputed: first pay, void, return and decide. */
export function close(ctx: Context, lineId: string, reason: string | null): Promise<Reply<LineView>> {
  return change(ctx, lineId, async (line) => {
    refuseUnless(line, ['active', 'frozen'], 'close')
    if (line.owedMinor > 0n || line.heldMinor > 0n || line.creditMinor !== 0n) {
      const { owedMinor: owed, heldMinor: held, creditMinor: credit } = line
      throw problem('line-in-use', { extra: { owed, held, credit } })
    }
    if (await store.isInDispute(ctx, line))
      throw problem('line-in-use', { detail: 'A dispute of a charge of it is not decided yet.' })
    return {
      write: { status: 'closed', nextStatementOn: null },
      event: eventOf(line, 'line.closed', { reason }),
      after: { ...line, status: 'closed', nextStatementOn: null },
    }
  })
}

export function setAutopay(ctx: Context, lineId: string, autopay: Autopay | null): Promise<Reply<LineView>> {
  return change(ctx, lineId, async (line) => {
    refuseUnless(line, ['active', 'frozen'], 'change autopay of')
    return {
      write: { autopay },
      event: eventOf(line, 'line.autopay-changed', { enabled: autopay !== null, amount: autopay?.amount ?? null }),
      after: { ...line, autopay },
    }
  })
}

function setStatus(
  ctx: Context,
  lineId: string,
  from: readonly Line['status'][],
  to: 'active' | 'frozen',
  type: string,
  verb: string,
  reason: string | null,
): Promise<Reply<LineView>> {
  return change(ctx, lineId, async (line) => {
    refuseUnless(line, from, verb)
    return { write: { status: to }, event: eventOf(line, type, { reason }), after: { ...line, status: to } }
  })
}

interface Change {
  readonly write: Omit<LineWrite, 'id' | 'version'>
  readonly event: ReturnType<typeof eventOf>
  readonly after: DecidedLine
}

function change(
  ctx: Context,
  lineId: string,
  decide: (line: DecidedLine) => Promise<Change>,
): Promise<Reply<LineView>> {
  return withDecidedLine(ctx, lineId, async (line) => {
    const { write, event, after } = await decide(line)
    const operation = { line: { id: line.id, version: line.version, ...write }, events: [event] }
    return postReply(ctx, line.shard, operation, 200, viewOfLine(after))
  })
}

export function refuseUnless(line: Line, allowed: readonly Line['status'][], verb: string): void {
  if (allowed.includes(line.status)) return
  throw problem('line-wrong-state', {
    detail: `Can't ${verb} a line that is ${line.status}.`,
    extra: { lineStatus: line.status },
  })
}

function eventOf(line: Line, type: string, data: Record<string, unknown>) {
  return { type, lineId: line.id, data, currency: null, legs: [] }
}

/** Enough for any real contention; beyond it something writes in a loop. */
const attemptsMax = 20

/**
 * Decides on a whole line and writes, again from the start if somebody wrote in between: read, decide, write with the
 * version that was read. Refusals are kept under the request's key.
 */
export function withLine<Body>(ctx: Context, lineId: string, work: Work<Line, Body>): Promise<Reply<Body>> {
  return decideOn(ctx, lineId, find, work)
}

/** The same where the answer is the line itself. */
export function withDecidedLine<Body>(
  ctx: Context,
  lineId: string,
  work: Work<DecidedLine, Body>,
): Promise<Reply<Body>> {
  return decideOn(ctx, lineId, findDecided, work)
}

type Work<Kind extends Line, Body> = (line: Kind) => Promise<Reply<Body>>

async function decideOn<Kind extends Line, Body>(
  ctx: Context,
  lineId: string,
  read: Find<Kind>,
  work: Work<Kind, Body>,
): Promise<Reply<Body>> {
  const first = await read(ctx, lineId)
  return once(ctx, first.shard, () =>
    retryConflicts(async (attempt) => work(attempt === 1 ? first : await read(ctx, lineId))),
  )
}

export async function retryConflicts<Result>(work: (attempt: number) => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt)
    } catch (error) {
      if (!(error instanceof WriteConflict)) throw error
      if (attempt === attemptsMax) throw problem('conflict')
    }
  }
}

/** Posts own work on a line (closing a day); a conflict is thrown for `retryConflicts`. */
export async function postOnLine(ctx: Context, line: Line, operation: Operation): Promise<Verdict> {
  const verdict = await post(ctx, line.shard, operation)
  if (verdict.outcome === 'conflict') throw new WriteConflict('the line changed')
  return verdict
}
