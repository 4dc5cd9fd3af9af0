/**
 * Clocks of many tenants are moved at the same time: at a midnight that they share, or in their sandboxes. What they ask
 * and write in one turn is one statement for all of them.
 */
import { createBatcher, createLoader, createShardLoader } from '../platform/batcher.ts'
import { type Context, oncePerPlatform, type Platform } from '../platform/context.ts'
import { problem } from '../platform/errors.ts'
import type { DayReport } from './types.ts'

/** One row for each day of a tenant. */
interface DayRow {
  readonly tenantId: string
  readonly day: string
  readonly counts: object
  readonly at: string
}

interface ClosedDay extends DayRow {
  /** Where the clock then stands, if it is moved by a call. */
  readonly clock: string | null
}

const maxBatch = 500
const maxQueue = 10_000

/** A batch holds a tenant once, so no row is written twice by one statement. */
function writerOf<Item extends { readonly tenantId: string }>(
  write: (platform: Platform, items: readonly Item[]) => Promise<(true | Error)[]>,
) {
  return oncePerPlatform((platform) =>
    createBatcher<string, Item, true>({
      run: (items) => write(platform, items),
      keyOf: ({ tenantId }) => tenantId,
      groupOf: () => 0,
      maxBatch,
      maxQueue,
      inFlightPerGroup: 1,
    }),
  )
}

const beginnings = writerOf<DayRow>(async ({ db }, days) => {
  await db`
    insert into day_closes (tenant_id, closed_on, counts, started_at)
    select day.* from ${columnsOf(db, days)} as day
    on conflict (tenant_id, closed_on) do nothing`
  return days.map(() => true)
})

function columnsOf(db: Platform['db'], days: readonly DayRow[]) {
  const { texts, dates, jsonbs, instants } = db.typed
  return db`unnest(${texts(days.map(({ tenantId }) => tenantId))}, ${dates(days.map(({ day }) => day))},
    ${jsonbs(days.map(({ counts }) => counts))}, ${instants(days.map(({ at }) => at))})`
}

/**
 * The books first: a clock that has moved on while they say otherwise would have its day closed again. Whoever finds the day
 * closed has lost the clock's lock, with the session it belonged to, and somebody else has moved on: the clock is not put back.
 */
const endings = writerOf<ClosedDay>(async ({ db }, days) => {
  await db`
    insert into day_closes (tenant_id, closed_on, counts, started_at, finished_at)
    select day.*, day.at from ${columnsOf(db, days)} as day(tenant_id, closed_on, counts, at)
    on conflict (tenant_id, closed_on) do update set counts = excluded.counts, finished_at = excluded.finished_at`
  const rows = await db<{ id: string }[]>`
    update tenants t set last_closed_on = day.closed_on,
      clock_mode = case when day.clock is null then t.clock_mode else 'frozen' end,
      clock_instant = coalesce(day.clock, t.clock_instant),
      clock_set_at = case when day.clock is null then t.clock_set_at else day.at end
    from unnest(${db.typed.texts(days.map(({ tenantId }) => tenantId))}, ${db.typed.dates(days.map(({ day }) => day))},
      ${db.typed.instants(days.map(({ at }) => at))}, ${db.typed.instants(days.map(({ clock }) => clock))})
      as day(tenant_id, closed_on, at, clock)
    where t.id = day.tenant_id and (t.last_closed_on is null or t.last_closed_on < day.closed_on)
    returning t.id`
  const moved = new Set(rows.map(({ id }) => id))
  return days.map(({ tenantId }) => moved.has(tenantId) || problem('clock-moving', { retryAfterSeconds: 1 }))
})

function dayRow({ tenantId, platform }: Context, day: string, counts: object): DayRow {
  return { tenantId, day, counts, at: platform.clock.now().toString() }
}

export async function beginClose(ctx: Context, day: string): Promise<void> {
  await beginnings(ctx.platform).submit(dayRow(ctx, day, {}))
}

/**
 * The tenant's books are closed to the end of a day; its clock, where it is moved by a call, stands at `now`. The counts of
 * a close that was cut off and went on are those of its last run. A day without work begins and ends here.
 */
export async function finishClose(ctx: Context, report: DayReport, now: Temporal.Instant | null): Promise<void> {
  await endings(ctx.platform).submit({ ...dayRow(ctx, report.day, report), clock: now?.toString() ?? null })
}

/** How far a clock has come. */
export interface ClockStand {
  readonly lastClosedOn: string | null
  /** Where a call has put it last. */
  readonly clockInstant: string | null
}

export interface ClockRow extends ClockStand {
  readonly clockMode: 'frozen' | 'running'
}

const clockLoaderOf = oncePerPlatform(({ db }) =>
  createLoader<string, ClockRow>(async (ids) => {
    const rows = await db<(ClockRow & { id: string })[]>`
      select id, clock_mode, clock_instant, last_closed_on from tenants where id = any (${db.typed.texts(ids)})`
    return new Map(rows.map(({ id, ...row }) => [id, row]))
  }),
)

export async function readClock(ctx: Context): Promise<ClockRow> {
  return (await clockLoaderOf(ctx.platform)(ctx.tenantId))!
}

/** From where it stood; throws `clock-moving` where somebody else has closed a day or put the clock elsewhere since. */
export async function setClock(
  ctx: Context,
  { lastClosedOn, clockInstant }: ClockStand,
  mode: 'frozen' | 'running',
  at: Temporal.Instant,
): Promise<void> {
  const { count } = await ctx.db`
    update tenants set clock_mode = ${mode}, clock_instant = ${at}, clock_set_at = ${ctx.platform.clock.now()}
    where id = ${ctx.tenantId} and last_closed_on is not distinct from ${lastClosedOn}::date
      and clock_instant is not distinct from ${clockInstant}::timestamptz`
  if (count === 0) throw problem('clock-moving', { retryAfterSeconds: 1 })
}

/** Tenants whose clock runs: their days are closed as the world's days pass. */
export async function listRunningTenants(db: Context['db']): Promise<string[]> {
  const rows = await db<{ id: string }[]>`select id from tenants where clock_mode = 'running' order by id`
  return rows.map((row) => row.id)
}

export interface Agenda {
  /** Lines with a bill to close, a loan with something to do, or a bill due on one of the days; ascending, each once. */
  readonly lineIds: string[]
  /** Whether a hold runs out by the end of the day. */
  readonly hasExpiring: boolean
}

interface Evening {
  readonly shard: number
  readonly tenantId: string
  readonly day: string
  readonly dueOn: readonly [string, string]
  readonly until: string
}

/**
 * Of holds only the first in order is asked for: of any one, PostgreSQL believes that a third of all charges would do, and looks
 * through them for it; mostly there is none, and it has looked through all.
 */
const agendaLoaderOf = oncePerPlatform(({ db: { readings: db } }) =>
  createShardLoader<Evening, Agenda>(async (shard, evenings) => {
    const { texts, dates, instants } = db.typed
    const rows = await db<{ evening: number; id: string | null }[]>`
      select evening.n::int as evening, due.id
      from unnest(${texts(evenings.map(({ tenantId }) => tenantId))}, ${dates(evenings.map(({ day }) => day))},
          ${dates(evenings.map(({ dueOn }) => dueOn[0]))}, ${dates(evenings.map(({ dueOn }) => dueOn[1]))},
          ${instants(evenings.map(({ until }) => until))})
        with ordinality as evening(tenant_id, day, due_on, due_soon_on, until, n),
      lateral (
        select id from lines where shard = ${shard} and tenant_id = evening.tenant_id and next_statement_on <= evening.day
        union
        select line_id from loans where shard = ${shard} and tenant_id = evening.tenant_id and next_action_on <= evening.day
        union
        select line_id from statements where shard = ${shard} and tenant_id = evening.tenant_id and due_on = evening.due_on
        union
        select line_id from statements where shard = ${shard} and tenant_id = evening.tenant_id and due_on = evening.due_soon_on
        union
        (select null from charges where shard = ${shard} and tenant_id = evening.tenant_id and expires_at <= evening.until
          order by expires_at limit 1)
      ) as due
      order by evening.n, due.id nulls last`
    const byEvening = Map.groupBy(rows, (row) => row.evening)
    return evenings.map((_, place) => agendaOf(byEvening.get(place + 1) ?? []))
  }),
)

function agendaOf(rows: { readonly id: string | null }[]): Agenda {
  const hasExpiring = rows.at(-1)?.id === null
  if (hasExpiring) rows.pop()
  return { lineIds: rows.map((row) => row.id!), hasExpiring }
}

/**
 * What a day's end has to do in a shard. All at once: asked a page at a time, each page read and sorted every due loan of
 * the day again (70 % of the time at 500,000 loans); and on most days of most tenants there is nothing. `dueOn`: the days
 * whose bills have their turn.
 */
export function readAgenda(
  ctx: Context,
  shard: number,
  day: string,
  dueOn: readonly [string, string],
): Promise<Agenda> {
  return agendaLoaderOf(ctx.platform)({ shard, tenantId: ctx.tenantId, day, dueOn, until: ctx.timestamp() })
}

const expiryLoaderOf = oncePerPlatform(({ db: { readings: db } }) =>
  createShardLoader<Pick<Evening, 'shard' | 'tenantId' | 'until'>, boolean>(async (shard, asked) => {
    const { texts, instants } = db.typed
    const rows = await db<{ found: boolean }[]>`
      select (
          select expires_at from charges where shard = ${shard} and tenant_id = asked.tenant_id and expires_at <= asked.until
          order by expires_at limit 1) is not null as found
      from unnest(${texts(asked.map(({ tenantId }) => tenantId))}, ${instants(asked.map(({ until }) => until))})
        with ordinality as asked(tenant_id, until, n)
      order by asked.n`
    return rows.map((row) => row.found)
  }),
)

/** Whether a hold of a shard runs out up to an instant. */
export function hasExpiring(ctx: Context, shard: number, until: Temporal.Instant): Promise<boolean> {
  return expiryLoaderOf(ctx.platform)({ shard, tenantId: ctx.tenantId, until: until.toString() })
}
