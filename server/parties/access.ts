/** Who may act: tenants, their keys, their staff. */
import { postReplyWith } from '../journal/post.ts'
import type { Reply } from '../journal/types.ts'
import { createApiKey } from '../platform/auth.ts'
import type { Context, Platform } from '../platform/context.ts'
import { problem } from '../platform/errors.ts'

export type Role = 'admin' | 'operator' | 'reader'

export interface ApiKeyView {
  readonly id: string
  readonly label: string
  readonly role: Role
  readonly createdAt: string
  readonly revokedAt: string | null
}

/**
 * A secret is shown once, so its answer is not kept under an idempotency key: a retry makes another key, and the one
 * whose secret was lost on the way can be revoked.
 */
export async function createKey(
  ctx: Context,
  label: string,
  role: Role,
): Promise<ApiKeyView & { readonly secret: string }> {
  requireAdmin(ctx)
  const createdAt = ctx.platform.clock.now()
  const { db, platform, tenantId, mode } = ctx
  const { id, secret } = await createApiKey(db, platform.ids, platform.random, {
    tenantId,
    mode,
    label,
    role,
    createdAt,
  })
  return { id, label, role, createdAt: createdAt.toString(), revokedAt: null, secret }
}

export function listKeys(ctx: Context): Promise<ApiKeyView[]> {
  requireAdmin(ctx)
  return ctx.db<ApiKeyView[]>`
    select id, label, role, created_at, revoked_at from api_keys where tenant_id = ${ctx.tenantId} order by id`
}

export async function revokeKey(ctx: Context, keyId: string): Promise<ApiKeyView> {
  requireAdmin(ctx)
  const [key] = await ctx.db<ApiKeyView[]>`
    update api_keys set revoked_at = coalesce(revoked_at, ${ctx.platform.clock.now()})
    where id = ${keyId} and tenant_id = ${ctx.tenantId}
    returning id, label, role, created_at, revoked_at`
  if (key === undefined) throw problem('not-found', { detail: `There is no key ${keyId}.` })
  return key
}

export function requireAdmin(ctx: Context): void {
  if (ctx.role !== 'admin')
    throw problem('forbidden', { detail: `This needs a key of role admin; yours is ${ctx.role}.` })
}

export interface StaffView {
  readonly id: string
  readonly name: string
  readonly role: Role
  readonly createdAt: string
}

export async function createStaff(ctx: Context, draft: { name: string; role: Role }): Promise<Reply<StaffView>> {
  requireAdmin(ctx)
  const member = { id: ctx.platform.ids.create('stf'), ...draft, createdAt: ctx.timestamp() }
  const event = { type: 'staff.created', data: { staffId: member.id, role: member.role }, currency: null, legs: [] }
  return postReplyWith(
    ctx,
    { events: [event] },
    201,
    member,
    (db) => db`
      insert into staff (id, tenant_id, name, role, created_at)
      values (${member.id}, ${ctx.tenantId}, ${member.name}, ${member.role}, ${member.createdAt})`,
  )
}

export function listStaff(ctx: Context): Promise<StaffView[]> {
  return ctx.db<StaffView[]>`select id, name, role, created_at from staff where tenant_id = ${ctx.tenantId} order by id`
}

export interface Sandbox {
  readonly tenantId: string
  readonly name: string
  readonly timeZone: string
  readonly now: string
  readonly secretKey: string
}

/** A sandbox may make further ones, so that every developer and every test has a world of its own. */
export async function createSandbox(
  ctx: Context,
  order: { name: string; timeZone?: string; now?: string },
): Promise<Sandbox> {
  requireAdmin(ctx)
  if (ctx.mode !== 'sandbox') throw problem('sandbox-only')
  return openSandbox(ctx.platform, { timeZone: ctx.timeZone, ...order })
}

/** Makes a tenant whose clock stands still until it is moved, with an id that was made beforehand where one is given. */
export async function openSandbox(
  platform: Platform,
  order: { name: string; timeZone: string; now?: string },
  tenantId = platform.ids.create('ten'),
): Promise<Sandbox> {
  const start = startOf(platform, order)
  const closedOn = start.toZonedDateTimeISO(order.timeZone).toPlainDate().subtract({ days: 1 }).toString()
  const createdAt = platform.clock.now()
  const secretKey = await platform.db.begin(async (db) => {
    await db`
      insert into tenants (id, name, mode, time_zone, clock_mode, clock_instant, clock_set_at, last_closed_on, created_at)
      values (${tenantId}, ${order.name}, 'sandbox', ${order.timeZone}, 'frozen', ${start}, ${createdAt}, ${closedOn}, ${createdAt})`
    const key = { tenantId, mode: 'sandbox' as const, label: 'first key', role: 'admin', createdAt }
    return (await createApiKey(db, platform.ids, platform.random, key)).secret
  })
  return { tenantId, name: order.name, timeZone: order.timeZone, now: start.toString(), secretKey }
}

/** Years that every calendar, contract and database in use can write. */
const years = { first: 1900, last: 2200 }

function startOf(platform: Platform, order: { timeZone: string; now?: string }): Temporal.Instant {
  try {
    if (order.now === undefined) return platform.clock.now().toZonedDateTimeISO(order.timeZone).toInstant()
    const start = order.now.includes('T')
      ? Temporal.Instant.from(order.now).toZonedDateTimeISO(order.timeZone)
      : Temporal.PlainDate.from(order.now).toZonedDateTime(order.timeZone)
    if (start.year < years.first || start.year > years.last) throw new RangeError(`the year ${start.year}`)
    return start.toInstant()
  } catch {
    const detail = `"${order.now ?? 'now'}" in "${order.timeZone}" is not a time between ${years.first} and ${years.last}; send a date or an RFC 3339 instant, and an IANA time zone.`
    throw problem('invalid-request', { detail })
  }
}
