import type { Context } from '../platform/context.ts'
import type { DayReport } from './types.ts'

export async function beginClose(ctx: Context, day: string): Promise<void> {
  await ctx.db`
    insert into day_closes (tenant_id, closed_on, counts, started_at)
    values (${ctx.tenantId}, ${day}, '{}', ${ctx.platform.clock.now()})
    on conflict (tenant_id, closed_on) do nothing`
}

/** The counts of a close that was cut off and went on are those of its last run. A day without work begins and ends here. */
export async function finishClose(ctx: Context, report: DayReport): Promise<void> {
  const at = ctx.platform.clock.now()
  await ctx.db`
    insert into day_closes (tenant_id, closed_on, counts, started_at, finished_at)
    values (${ctx.tenantId}, ${report.day}, ${report}, ${at}, ${at})
    on conflict (tenant_id, closed_on) do update set counts = excluded.counts, finished_at = excluded.finished_at`
}

/** The tenant's books are closed to the end of a day; its clock, where it is moved by a call, stands at `now`. */
export async function markClosed(ctx: Context, day: string, now: Temporal.Instant | null): Promise<void> {
  const { db } = ctx
  const clock =
    now === null
      ? db``
      : db`, clock_mode = 'frozen', clock_instant = ${now}, clock_set_at = ${ctx.platform.clock.now()}`
  await db`update tenants set last_closed_on = ${day} ${clock} where id = ${ctx.tenantId}`
}

export interface ClockRow {
  readonly clockMode: 'frozen' | 'running'
  readonly lastClosedOn: string | null
}

export async function readClock(ctx: Context): Promise<ClockRow> {
  const [row] = await ctx.db<ClockRow[]>`select clock_mode, last_closed_on from tenants where id = ${ctx.tenantId}`
  return row!
}

export async function setClock(ctx: Context, mode: 'frozen' | 'running', at: Temporal.Instant): Promise<void> {
  await ctx.db`
    update tenants set clock_mode = ${mode}, clock_instant = ${at}, clock_set_at = ${ctx.platform.clock.now()}
    where id = ${ctx.tenantId}`
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

/**
 * What a day's end has to do in a shard. All at once: asked a page at a time, each page read and sorted every due loan of
 * the day again (70 % of the time at 500,000 loans); and on most days of most tenants there is nothing.
 */
export async function readAgenda(ctx: Context, shard: number, day: string, dueOn: readonly string[]): Promise<Agenda> {
  const { db, tenantId } = ctx
  const rows = await db<{ id: string | null }[]>`
    select id from lines where shard = ${shard} and tenant_id = ${tenantId} and next_statement_on <= ${day}
    union
    select line_id from loans where shard = ${shard} and tenant_id = ${tenantId} and next_action_on <= ${day}
    union
    select line_id from statements where shard = ${shard} and tenant_id = ${tenantId} and due_on = any (${db.typed.dates(dueOn)})
    union
    (select null from charges where shard = ${shard} and tenant_id = ${tenantId} and expires_at <= ${ctx.now()} limit 1)
    order by id nulls last`
  const hasExpiring = rows.at(-1)?.id === null
  if (hasExpiring) rows.pop()
  return { lineIds: rows.map((row) => row.id!), hasExpiring }
}
