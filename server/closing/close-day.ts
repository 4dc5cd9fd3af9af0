/** Closing days in order: for each day and shard the lines that the day concerns, a page at a time. */
import { addPeriods, formatDay, parseDay } from '../../core/calendar.ts'
import { daysPastDueOn } from '../../core/loan/index.ts'
import { expire } from '../charges/capture.ts'
import { listExpired } from '../charges/store.ts'
import { readDecisions } from '../disputes/store.ts'
import * as lines from '../lines/service.ts'
import { listLinesById } from '../lines/store.ts'
import type { Line } from '../lines/types.ts'
import { listOpenLoansOfLines } from '../loans/store.ts'
import type { Loan } from '../loans/types.ts'
import { type Context, standingAt } from '../platform/context.ts'
import { assertNotOutdated } from '../platform/newer-schema.ts'
import * as programs from '../programs/service.ts'
import { termsFor } from '../repayments/service.ts'
import { payDay } from '../settlement/service.ts'
import { listStatementsDue } from '../statements/store.ts'
import type { Statement } from '../statements/types.ts'
import { closeLine, type LineDay, reminderDays } from './close-line.ts'
import * as store from './store.ts'
import type { Counts, DayReport } from './types.ts'

const pageSize = 500

/** What a moment before midnight looks like: the clock of everything that closes a day. */
export function endOfDay(ctx: Context, day: string): Context {
  const at = firstMomentAfter(ctx, day).subtract({ milliseconds: 1 })
  return { ...standingAt(ctx, at, day), actor: 'system:close-day', idempotencyKey: null, requestHash: () => '' }
}

export function firstMomentAfter(ctx: Context, day: string): Temporal.Instant {
  return Temporal.PlainDate.from(day).add({ days: 1 }).toZonedDateTime(ctx.timeZone).toInstant()
}

/**
 * Closes one day of a tenant, whose clock then stands at `next`, if it is moved by a call. Done twice it does nothing more:
 * each line's own dates say what is left. A day on which nothing is due costs four statements, which tenants share whose days
 * are closed at the same time. Throws `server-outdated` between two pages once a newer version has migrated the database: that
 * version goes on where this one stopped. Throws `clock-moving` where somebody else has closed the day meanwhile.
 */
export async function closeDay(tenant: Context, day: string, next: Temporal.Instant | null = null): Promise<DayReport> {
  const ctx = endOfDay(tenant, day)
  const report = { day, lines: 0, expired: 0, statements: 0, autopaid: 0, lateCharges: 0, payouts: 0 }
  let begun = false
  for (let shard = 0; shard < ctx.platform.shards; shard++) {
    const agenda = await store.readAgenda(ctx, shard, day, [day, daysAfter(day, reminderDays)])
    if (!begun && (agenda.hasExpiring || agenda.lineIds.length > 0)) {
      await store.beginClose(ctx, day)
      begun = true
    }
    if (agenda.hasExpiring) report.expired += await expireHolds(ctx, shard, ctx.now())
    for (const page of pagesOf(agenda.lineIds)) {
      assertNotOutdated(ctx.platform.newerSchema)
      for (const counts of await closePage(ctx, shard, page)) {
        report.lines++
        report.statements += counts.statements
        report.autopaid += counts.autopaid
        report.lateCharges += counts.lateCharges
      }
    }
  }
  assertNotOutdated(ctx.platform.newerSchema)
  report.payouts = await payDay(ctx)
  await store.finishClose(ctx, report, next)
  return report
}

/** Gives back what was held and ran out up to an instant. Throws `server-outdated` as `closeDay` does. */
export async function expireHolds(ctx: Context, shard: number, until: Temporal.Instant): Promise<number> {
  let expired = 0
  for (;;) {
    assertNotOutdated(ctx.platform.newerSchema)
    const page = await listExpired(ctx, shard, until.toString(), pageSize)
    const done = await Promise.all(page.map((charge) => expire(ctx, charge.id)))
    expired += done.filter(Boolean).length
    if (page.length < pageSize) return expired
  }
}

function* pagesOf(ids: readonly string[]): Generator<readonly string[]> {
  for (let from = 0; from < ids.length; from += pageSize) yield ids.slice(from, from + pageSize)
}

function daysAfter(day: string, days: number): string {
  return formatDay(addPeriods(parseDay(day), { n: 1, unit: 'day' }, days))
}

async function closePage(ctx: Context, shard: number, lineIds: readonly string[]): Promise<Counts[]> {
  // Lines first: their version then vouches for the loans. Read at the same time, a repayment in between could leave the
  // line as after it and the loans as before it, and the close would write over the repayment.
  const found = await listLinesById(ctx, lineIds)
  const [loans, statements] = await Promise.all([
    listOpenLoansOfLines(ctx, lineIds),
    listStatementsDue(ctx, shard, lineIds, [ctx.today(), daysAfter(ctx.today(), reminderDays)]),
  ])
  const decided = await readDecided(ctx, shard, loans)
  const loansOf = Map.groupBy(loans, (loan) => loan.lineId)
  const statementsOf = Map.groupBy(statements, (statement) => statement.lineId)
  const done = await Promise.all(
    found.map((line) => {
      const read = { line, loans: loansOf.get(line.id) ?? [], decided }
      return closeOne(ctx, read, statementsOf.get(line.id) ?? [])
    }),
  )
  return done.filter((counts) => counts !== null)
}

/** A line, and what hangs on its version. */
type Read = Pick<LineDay, 'line' | 'loans' | 'decided'>

/** The first try uses what the page fetched; after a conflict everything is read anew. */
async function closeOne(ctx: Context, first: Read, statements: Statement[]): Promise<Counts | null> {
  let fetched: Read | null = first
  return lines.retryConflicts(async () => {
    const read = fetched ?? (await readAgain(ctx, first.line))
    fetched = null
    const { line } = read
    const terms = await programs.termsOf(ctx, line.programId, line.termsVersion)
    const termsOf = await termsFor(ctx, read.loans)
    const closed = closeLine(ctx, { ...read, statements, terms, termsOf })
    if (closed === null) return null
    const own = statements.length === 0 ? ctx : onceADay(ctx, line)
    const { outcome } = await lines.postOnLine(own, line, closed.operation)
    return outcome === 'replay' ? null : closed.counts
  })
}

/**
 * Dates of loans and lines say whether a close did its work on them; of a bill that is due nothing does, and a customer
 * must not be debited twice for one day. Callers' keys have no spaces, so none is taken by this one.
 */
function onceADay(ctx: Context, line: Line): Context {
  return { ...ctx, idempotencyKey: `close ${ctx.today()} ${line.id}`, requestHash: () => 'close' }
}

async function readAgain(ctx: Context, { id, shard }: Line): Promise<Read> {
  const line = await lines.find(ctx, id)
  const loans = await listOpenLoansOfLines(ctx, [id])
  return { line, loans, decided: await readDecided(ctx, shard, loans) }
}

/** Asked of the lines that may be charged for being late: on most days none or few. */
async function readDecided(ctx: Context, shard: number, loans: readonly Loan[]): Promise<LineDay['decided']> {
  const late = loans.filter(({ state }) => state.status === 'active' && daysPastDueOn(state, ctx.today()) > 0)
  return late.length === 0 ? new Map() : readDecisions(ctx, shard, [...new Set(late.map(({ lineId }) => lineId))])
}
