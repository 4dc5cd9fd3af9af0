import type { Context } from '../platform/context.ts'
import type { DayReport } from './types.ts'

export async function beginClose(ctx: Context, day: string): Promise<void> {
  await ctx.db`
    insert into day_closes (tenant_id, closed_on, counts, started_at)
    values (${ctx.tenantId}, ${day}, '{}', ${ctx.platform.clock.now()})
    on conflict (tenant_id, closed_on) do nothing`
}

/** The counts of a close that was cut off and went on are those of its last run. */
export async function finishClose(ctx: Context, report: DayReport): Promise<void> {
  await ctx.db`
    update day_closes set counts = ${report}, finished_at = ${ctx.platform.clock.now()}
    where tenant_id = ${ctx.tenantId} and closed_on = ${report.day}`
  await ctx.db`update tenants set last_closed_on = ${report.day} where id = ${ctx.tenantId}`
}

export async function lastClosedOn(ctx: Context): Promise<string | null> {
  const [row] = await ctx.db<{ lastClosedOn: string | null }[]>`
    select last_closed_on from tenants where id = ${ctx.tenantId}`
  return row?.lastClosedOn ?? null
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

/**
 * Lines with a bill to close, a loan with something to do, or a bill due on one of the days. All at once: asked a page at
 * a time, each page read and sorted every due loan of the day again (70 % of the time at 500,000 loans).
 */
export async function listLinesOfDay(
  ctx: Context,
  shard: number,
  day: string,
  dueOn: readonly string[],
): Promise<string[]> {
  const { db, tenantId } = ctx
  const rows = await db<{ id: string }[]>`
    select id from lines where shard = ${shard} and tenant_id = ${tenantId} and next_statement_on <= ${day}
    union
    select line_id from loans where shard = ${shard} and tenant_id = ${tenantId} and next_action_on <= ${day}
    union
    select line_id from statements where shard = ${shard} and tenant_id = ${tenantId} and due_on = any (${db.typed.dates(dueOn)})
    order by id`
  return rows.map((row) => row.id)
}
