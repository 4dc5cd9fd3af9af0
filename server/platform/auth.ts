import { hash } from 'node:crypto'
import { createLoader, type Loader } from './batcher.ts'
import { type Clock, clockOf } from './clock.ts'
import type { Database, Queryable } from './database.ts'
import { problem } from './errors.ts'
import { type Ids, type Random, randomText } from './ids.ts'

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
  hash: Buffer
  keyId: string
  role: string
  tenantId: string
}

export const tenantColumns = ['mode', 'time_zone', 'clock_mode', 'clock_instant', 'clock_set_at']

/**
 * Looks callers up by their keys, of which the database knows the hashes. Read for every request and never cached, so a revoked
 * key stops working at once, on every server; requests of one turn of the event loop share the query, and those of one key its
 * hash.
 */
export function createCallerLoader(db: Database, world: Clock): Loader<string, Caller> {
  return createLoader(async (secrets) => {
    const secretOf = new Map(secrets.map((secret) => [hash('sha256', secret, 'hex'), secret]))
    const hashes = [...secretOf.keys()].map((hex) => Buffer.from(hex, 'hex'))
    const rows = await db<CallerRow[]>`
      select k.hash, k.id as key_id, k.role, t.id as tenant_id, t.mode, t.time_zone, t.clock_mode, t.clock_instant, t.clock_set_at
      from api_keys k join tenants t on t.id = k.tenant_id
      where k.hash = any (${db.typed.byteas(hashes)}) and k.revoked_at is null`
    return new Map(rows.map((row) => [secretOf.get(row.hash.toString('hex'))!, callerOf(row, world)]))
  })
}

function callerOf({ hash: _, keyId, role, tenantId, ...settings }: CallerRow, world: Clock): Caller {
  const tenant = { id: tenantId, ...settings }
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

/** The key of an Authorization header; throws `unauthorized`. */
export function secretOf(header: string | undefined): string {
  if (header === undefined) throw problem('unauthorized', { detail: 'The Authorization header is missing.' })
  const secret = bearerPattern.exec(header)?.[1]
  if (secret === undefined)
    throw problem('unauthorized', { detail: 'The Authorization header has not the form `Bearer sk_…`.' })
  return secret
}

/** Throws `unauthorized`. */
export async function authenticate(secret: string, load: Loader<string, Caller>): Promise<Caller> {
  const caller = await load(secret)
  if (caller === undefined) throw problem('unauthorized', { detail: 'This API key is unknown or was revoked.' })
  return caller
}

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
