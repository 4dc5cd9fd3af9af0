import { hash } from 'node:crypto'
import { createLoader, type Loader } from './batcher.ts'
import { type Clock, clockOf } from './clock.ts'
import type { Database, Queryable } from './database.ts'
import { problem } from './errors.ts'
import { type Ids, type Random, randomText } from './ids.ts'
import type { Fragment } from './sql.ts'

export type TenantMode = 'sandbox' | 'live'

/** Who sends a request, with the tenant's settings as they are at this moment. */
export interface Caller {
  keyId: string
  role: string
  tenant: Tenant
  /** The tenant's, made of the same row: requests that share a query share it. */
  clock: Clock
}

export interface Tenant {
  id: string
  mode: TenantMode
  timeZone: string
  clockMode: 'frozen' | 'running'
  clockInstant: string | null
  clockSetAt: string | null
}

interface CallerRow extends Omit<Tenant, 'id'> {
  keyId: string
  role: string
  tenantId: string
}

export const tenantColumns = ['mode', 'time_zone', 'clock_mode', 'clock_instant', 'clock_set_at']

const callerColumns = (db: Queryable) =>
  db`k.id as key_id, k.role, t.id as tenant_id, t.mode, t.time_zone, t.clock_mode, t.clock_instant, t.clock_set_at`

/**
 * Looks callers up by the hashes of their keys (`keyHashOf`). Read for every request and never cached, so a revoked key stops
 * working at once, on every server; requests of one turn of the event loop share the query.
 */
export function createCallerLoader(db: Database, world: Clock): Loader<string, Caller> {
  return createLoader(async (hashes) => {
    const rows = await db<(CallerRow & { hash: string })[]>`
      select k.hash::text, ${callerColumns(db)}
      from api_keys k join tenants t on t.id = k.tenant_id
      where k.hash = any (${db.typed.byteas(hashes)}) and k.revoked_at is null`
    return new Map(rows.map((row) => [row.hash, callerOf(row, world)]))
  })
}

/** A caller together with a row that its request needs. */
export interface Introduction {
  /** Undefined if the key is not good. */
  readonly caller: Caller | undefined
  readonly id: string
  /** Null if nothing has this id. */
  readonly row: object | null
}

/** What is joined to each key, which is `asked` with the `id` that its request names. */
export interface Joined<Columns> {
  /** Its `id` among them, and none that has the name of a caller's. */
  readonly columns: Fragment
  readonly join: Fragment
  /** Takes its own out of all columns. */
  rowOf(columns: Columns): object
}

/**
 * Looks callers up as `createCallerLoader` does, and by the same query what their requests need of a table that, as keys do,
 * stands whole on every machine of a cluster.
 */
export function createIntroducer<Columns extends { readonly id: string }>(
  db: Database,
  world: Clock,
  { columns, join, rowOf }: Joined<Columns>,
): (keyHash: string, id: string) => Promise<Introduction> {
  const load = createLoader<string, Introduction>(async (asked) => {
    const pairs = asked.map((pair) => pair.split(' ') as [keyHash: string, id: string])
    const hashes = db.typed.byteas(pairs.map(([keyHash]) => keyHash))
    const ids = db.typed.texts(pairs.map(([, id]) => id))
    // Behind a `select` the planner can't see how long a list is. Else it would make a plan for each: 415 µs instead of 118.
    const rows = await db<(CallerRow & Columns & { place: bigint; keyId: string | null; id: string | null })[]>`
      select asked.place, ${columns}, ${callerColumns(db)}
      from unnest((select ${hashes}), (select ${ids})) with ordinality as asked (hash, id, place)
      left join api_keys k on k.hash = asked.hash and k.revoked_at is null
      left join tenants t on t.id = k.tenant_id
      ${join}`
    return new Map(
      rows.map((row) => {
        const place = Number(row.place) - 1
        const caller = row.keyId === null ? undefined : callerOf(row, world)
        return [asked[place]!, { caller, id: pairs[place]![1], row: row.id === null ? null : rowOf(row) }]
      }),
    )
  })
  return (keyHash, id) => load(`${keyHash} ${id}`) as Promise<Introduction>
}

function callerOf(row: CallerRow, world: Clock): Caller {
  const { keyId, role, tenantId, mode, timeZone, clockMode, clockInstant, clockSetAt } = row
  const tenant = { id: tenantId, mode, timeZone, clockMode, clockInstant, clockSetAt }
  return { keyId, role, tenant, clock: tenantClock(tenant, world) }
}

/** Frozen: stands where it was put. Running: the world's time, moved by the distance it was set off by. */
export function tenantClock(tenant: Tenant, world: Clock): Clock {
  if (tenant.clockInstant === null || tenant.clockSetAt === null) return world
  const put = Date.parse(tenant.clockInstant)
  if (tenant.clockMode === 'frozen') return clockOf(() => put)
  const distance = put - Date.parse(tenant.clockSetAt)
  return clockOf(() => world.epochMilliseconds() + distance)
}

const secretLength = 52
const bearerPattern = new RegExp(`^Bearer (sk_(?:sandbox|live)_[0-9a-z]{${secretLength}})$`, 'i')

/** The hash of an Authorization header's key, as PostgreSQL prints it (`\x…`); throws `unauthorized`. */
export function keyHashOf(header: string | undefined): string {
  if (header === undefined) throw problem('unauthorized', { detail: 'The Authorization header is missing.' })
  const secret = bearerPattern.exec(header)?.[1]
  if (secret === undefined)
    throw problem('unauthorized', { detail: 'The Authorization header has not the form `Bearer sk_…`.' })
  return `\\x${hash('sha256', secret, 'hex')}`
}

/** Throws `unauthorized`. */
export async function authenticate(keyHash: string, load: Loader<string, Caller>): Promise<Caller> {
  const caller = await load(keyHash)
  if (caller === undefined) throw unknownKey()
  return caller
}

export const unknownKey = () => problem('unauthorized', { detail: 'This API key is unknown or was revoked.' })

export function hashOf(secret: string): Buffer {
  return hash('sha256', secret, 'buffer')
}

export interface NewApiKey {
  tenantId: string
  mode: TenantMode
  label: string
  role: string
  createdAt: Temporal.Instant
}

/** Stores a new key and gives its secret, which is shown this once: only its hash is kept. */
export async function createApiKey(
  db: Queryable,
  ids: Ids,
  random: Random,
  key: NewApiKey,
): Promise<{ id: string; secret: string }> {
  const id = ids.create('key')
  const secret = `sk_${key.mode}_${randomText(random, secretLength)}`
  await db`insert into api_keys (id, tenant_id, hash, label, role, created_at)
    values (${id}, ${key.tenantId}, ${hashOf(secret)}, ${key.label}, ${key.role}, ${key.createdAt})`
  return { id, secret }
}
