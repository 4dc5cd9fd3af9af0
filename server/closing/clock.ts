/** The clock of a tenant. A sandbox moves its own forward, and everything that was due on the way happens, in order. */
import { knownReply, once, postReply } from '../journal/post.ts'
import type { Reply } from '../journal/types.ts'
import type { Context, Platform } from '../platform/context.ts'
import { contextForJob, standingAt } from '../platform/context.ts'
import { problem } from '../platform/errors.ts'
import { withClockLock } from './clock-lock.ts'
import { closeDay, expireHolds, firstMomentAfter } from './close-day.ts'
import * as store from './store.ts'
import type { DayReport } from './types.ts'

export interface ClockView {
  readonly mode: 'frozen' | 'running'
  readonly now: string
  readonly today: string
  readonly timeZone: string
  /** The last business date whose close is done. */
  readonly lastClosedOn: string | null
}

export async function view(ctx: Context): Promise<ClockView> {
  const { clockMode, lastClosedOn } = await store.readClock(ctx)
  return viewOf(ctx, clockMode, lastClosedOn)
}

function viewOf(ctx: Context, mode: ClockView['mode'], lastClosedOn: string | null): ClockView {
  return { mode, now: ctx.timestamp(), today: ctx.today(), timeZone: ctx.timeZone, lastClosedOn }
}

export interface Advance extends ClockView {
  readonly days: number
  readonly lines: number
  readonly expired: number
  readonly statements: number
  readonly autopaid: number
  readonly lateCharges: number
  readonly payouts: number
}

/** Furthest a clock moves in one call: ten years of days, so that a slip of the pen does not run for hours. */
const daysMax = 3660

/**
 * Moves a sandbox's clock forward, closing each day that passes. `to` is an instant, or a date: its first moment.
 * Throws `clock-not-movable` for a live tenant, `date-in-past` for a time before now, `clock-moving` while another call moves it.
 */
export async function advance(ctx: Context, to: string): Promise<Reply<Advance>> {
  requireSandbox(ctx)
  const target = instantOf(ctx, to)
  return withClockLock(ctx, () =>
    once(ctx, 0, async () => {
      // Days are closed one by one, not in one commit with the answer: a retry must be known before any of them.
      const known = await knownReply<Advance>(ctx, 0)
      return known ?? postReply(ctx, 0, { events: [] }, 200, await moveTo(await readAgain(ctx), target))
    }),
  )
}

/** The clock as it stands under the lock, which another call may have moved; what is done on the way has no key. */
async function readAgain(ctx: Context): Promise<Context> {
  const { db, now, timestamp, today } = await contextForJob(ctx.platform, ctx.tenantId, ctx.actor)
  return { ...ctx, db, now, timestamp, today, idempotencyKey: null, requestHash: () => '' }
}

async function moveTo(fresh: Context, target: Temporal.Instant): Promise<Advance> {
  if (Temporal.Instant.compare(target, fresh.now()) < 0) {
    throw problem('date-in-past', { detail: `The clock stands at ${fresh.now()}; it only moves forward.` })
  }
  const { clockMode, ...stood } = await store.readClock(fresh)
  const reports = await closeUntil(fresh, stood.lastClosedOn, dateOf(fresh, target), 'moved')
  const moved = standingAt(fresh, target, dateOf(fresh, target))
  let expiredToday = 0
  for (let shard = 0; shard < fresh.platform.shards; shard++) {
    if (await store.hasExpiring(moved, shard, target)) expiredToday += await expireHolds(moved, shard, target)
  }
  // Closing the day before has put the clock there already, unless it goes on from there.
  const stands = reports.length === 0 ? stood : standAfter(fresh, reports.at(-1)!.day)
  const isThere = reports.length > 0 && target.equals(stands.clockInstant!)
  if (clockMode !== 'frozen' || !isThere) await store.setClock(fresh, stands, clockMode, target)
  const sum = sumOf(reports)
  return { ...viewOf(moved, clockMode, stands.lastClosedOn), ...sum, expired: sum.expired + expiredToday }
}

function standAfter(ctx: Context, day: string): store.ClockStand {
  return { lastClosedOn: day, clockInstant: firstMomentAfter(ctx, day).toString() }
}

/** Sets the mode; `running` lets a sandbox's clock go on from where it stands. */
export async function setMode(ctx: Context, mode: 'frozen' | 'running'): Promise<ClockView> {
  requireSandbox(ctx)
  // Under the lock: beside a call that moves the clock, the time this request came in would put it back.
  return withClockLock(ctx, async () => {
    const fresh = await readAgain(ctx)
    await store.setClock(fresh, await store.readClock(fresh), mode, fresh.now())
    return view(fresh)
  })
}

function requireSandbox(ctx: Context): void {
  if (ctx.mode !== 'sandbox') throw problem('clock-not-movable')
}

function instantOf(ctx: Context, to: string): Temporal.Instant {
  try {
    return to.includes('T')
      ? Temporal.Instant.from(to)
      : Temporal.PlainDate.from(to).toZonedDateTime(ctx.timeZone).toInstant()
  } catch {
    throw problem('invalid-request', {
      detail: `"${to}" is neither a date like 2026-03-31 nor an instant like 2026-03-31T08:00:00Z.`,
      extra: { errors: [{ path: '/to', message: 'must be a date or an RFC 3339 instant' }] },
    })
  }
}

function dateOf(ctx: Context, at: Temporal.Instant): string {
  return at.toZonedDateTimeISO(ctx.timeZone).toPlainDate().toString()
}

/** Closes the days after the last closed one and before `until`; a clock that is moved stands at the first moment after each. */
async function closeUntil(
  ctx: Context,
  lastClosedOn: string | null,
  until: string,
  clock: 'moved' | 'running',
): Promise<DayReport[]> {
  const last = lastClosedOn ?? Temporal.PlainDate.from(ctx.today()).subtract({ days: 1 }).toString()
  const first = Temporal.PlainDate.from(last).add({ days: 1 })
  const end = Temporal.PlainDate.from(until)
  if (first.until(end, { largestUnit: 'day' }).days > daysMax) {
    throw problem('clock-too-far', { detail: `Move at most ${daysMax} days in one call.` })
  }
  const reports: DayReport[] = []
  for (let date = first; Temporal.PlainDate.compare(date, end) < 0; date = date.add({ days: 1 })) {
    const day = date.toString()
    reports.push(await closeDay(ctx, day, clock === 'moved' ? firstMomentAfter(ctx, day) : null))
  }
  return reports
}

function sumOf(reports: readonly DayReport[]): Omit<Advance, keyof ClockView> {
  const sum = (figure: 'lines' | 'expired' | 'statements' | 'autopaid' | 'lateCharges' | 'payouts') =>
    reports.reduce((total, report) => total + report[figure], 0)
  return {
    days: reports.length,
    lines: sum('lines'),
    expired: sum('expired'),
    statements: sum('statements'),
    autopaid: sum('autopaid'),
    lateCharges: sum('lateCharges'),
    payouts: sum('payouts'),
  }
}

/** Closes the days that have passed for every tenant whose clock runs, as long as no newer version has migrated the database. */
export async function closeElapsedDays(platform: Platform): Promise<void> {
  for (const tenantId of await store.listRunningTenants(platform.db)) {
    const ctx = await contextForJob(platform, tenantId, 'system:close-day')
    try {
      await withClockLock(ctx, async () => {
        for (let shard = 0; shard < platform.shards; shard++) await expireHolds(ctx, shard, ctx.now())
        const { lastClosedOn } = await store.readClock(ctx)
        await closeUntil(ctx, lastClosedOn, ctx.today(), 'running')
      })
    } catch (error) {
      // No fault, and no tenant's: the newer version closes the rest. What failed may have met the newer schema first.
      if ((await platform.newerSchema.look()) !== null) return
      // One tenant's trouble must not stop the others' day; it is tried again at the next turn.
      ctx.log.error({ err: error }, 'closing a day failed')
    }
  }
}
