import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import { type Admission, createAdmission } from './admission.ts'
import { type Caller, createCallerLoader, type Tenant, type TenantMode, tenantClock, tenantColumns } from './auth.ts'
import { createLoader, type Loader, type RowsAhead } from './batcher.ts'
import { type Clock, instantText, systemClock } from './clock.ts'
import type { Config } from './config.ts'
import { type Database, openDatabase } from './database.ts'
import { problem } from './errors.ts'
import { idempotencyKeyOf, requestHashOf } from './idempotency.ts'
import { createIds, createRandom, type Ids, type Random } from './ids.ts'
import { createLog } from './log.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { createNewerSchema, type NewerSchema } from './newer-schema.ts'
import { createVault, type Vault } from './vault.ts'

/** What the process has, one of each; made in main.ts or by a test, and passed on, never imported. */
export interface Platform {
  config: Config
  db: Database
  ids: Ids
  random: Random
  /** The world's time. A tenant's own is in its `Context`. */
  clock: Clock
  log: Logger
  metrics: Metrics
  vault: Vault
  admission: Admission
  newerSchema: NewerSchema
  /** False while a server starts: it listens, so that its port is its own, and refuses everything. */
  isReady: boolean
  shards: number
  loadCaller: Loader<string, Caller>
}

/** What can be asked for before it is known for whom. */
export interface Ahead {
  readonly platform: Platform
  /** Of its key, which nobody has looked up yet. */
  readonly keyHash: string
  readonly rows: RowsAhead
}

/** What a piece of work for one tenant needs: a request, or a job on its behalf. */
export interface Context {
  platform: Platform
  /** Of a request that writes: the platform's. Of a job: its readings, which may take long. Of one that reads: its tenant's share of those. */
  db: Database
  tenantId: string
  mode: TenantMode
  role: string
  /** For the journal: the id of the API key, or the name of a job. */
  actor: string
  timeZone: string
  /** The tenant's time: a sandbox may stand still or run ahead. */
  now(): Temporal.Instant
  /** `now` as text: `2026-02-28T16:00:00.123Z`. */
  timestamp(): string
  /** The tenant's business date, in its time zone unless another is given. */
  today(timeZone?: string): string
  log: FastifyBaseLogger
  requestId: string
  /** Null where the request has none: GET, and the few POSTs that change nothing. */
  idempotencyKey: string | null
  /** Hex; empty where there is no key. */
  requestHash(): string
  /** What was asked for while the request's key was looked up. */
  ahead?: RowsAhead | undefined
}

export interface PlatformParts {
  db?: Database
  clock?: Clock
  log?: Logger
  admission?: Admission
  withProcessMetrics?: boolean
  /** False for a server that listens before it is `isReady`. */
  isReady?: boolean
  /** Names of this version's migrations, by which newer ones are told. */
  migrations?: readonly string[]
}

export function createPlatform(config: Config, databaseUrl: string, parts: PlatformParts = {}): Platform {
  const clock = parts.clock ?? systemClock
  const db = parts.db ?? openDatabase(databaseUrl, { max: config.poolSize })
  const random = createRandom()
  const log = parts.log ?? createLog(config.logLevel)
  return {
    config,
    db,
    ids: createIds(random, clock),
    random,
    clock,
    log,
    metrics: createMetrics(parts.withProcessMetrics ?? false),
    vault: createVault(config.masterKey),
    admission: parts.admission ?? createAdmission({ now: () => performance.now() }),
    newerSchema: createNewerSchema(db, log, parts.migrations ?? null),
    isReady: parts.isReady ?? true,
    shards: config.shards,
    loadCaller: createCallerLoader(db, clock),
  }
}

/** What a capability keeps for a platform's lifetime, such as its loaders: made when first asked for, gone with the platform. */
export function oncePerPlatform<Kept>(make: (platform: Platform) => Kept): (platform: Platform) => Kept {
  const kept = new WeakMap<Platform, { readonly it: Kept }>()
  return (platform) => {
    const known = kept.get(platform)
    if (known !== undefined) return known.it
    const it = make(platform)
    kept.set(platform, { it })
    return it
  }
}

/** The context of an authenticated request. */
export function contextOf(request: FastifyRequest): Context {
  if (request.caller === null) throw new Error(`${request.routeOptions.url} is public and has no context`)
  const { keyId, role, tenant, clock } = request.caller
  const { platform } = request.server
  const isReading = request.method === 'GET' || request.method === 'HEAD'
  const idempotencyKey = idempotencyKeyOf(request)
  return {
    platform,
    db: isReading ? platform.db.readingsOf(tenant.id) : platform.db,
    tenantId: tenant.id,
    mode: tenant.mode,
    role,
    actor: keyId,
    timeZone: tenant.timeZone,
    now: clock.now,
    timestamp: () => instantText(clock.epochMilliseconds()),
    today: (timeZone = tenant.timeZone) => clock.today(timeZone),
    log: request.log,
    requestId: request.id,
    idempotencyKey,
    requestHash: () => (idempotencyKey === null ? '' : requestHashOf(request)),
    ahead: request.ahead?.rows,
  }
}

/** Tenants whose jobs begin in the same turn come in one query. */
const tenantLoaderOf = oncePerPlatform(({ db: { readings: db } }) =>
  createLoader<string, Tenant>(async (ids) => {
    const rows = await db<
      Tenant[]
    >`select id, ${db(tenantColumns)} from tenants where id = any (${db.typed.texts(ids)})`
    return new Map(rows.map((row) => [row.id, row]))
  }),
)

/** The context of work that no request started: closing a day, sending payouts. `actor` names the job. */
export async function contextForJob(platform: Platform, tenantId: string, actor: string): Promise<Context> {
  const db = platform.db.readings
  const tenant = await tenantLoaderOf(platform)(tenantId)
  if (tenant === undefined) throw problem('not-found', { detail: `There is no tenant ${tenantId}.` })
  const clock = tenantClock(tenant, platform.clock)
  return {
    platform,
    db,
    tenantId,
    mode: tenant.mode,
    role: 'system',
    actor,
    timeZone: tenant.timeZone,
    now: clock.now,
    timestamp: () => instantText(clock.epochMilliseconds()),
    today: (timeZone = tenant.timeZone) => clock.today(timeZone),
    log: platform.log.child({ tenantId, actor }),
    requestId: platform.ids.create('job'),
    idempotencyKey: null,
    requestHash: () => '',
  }
}

/** The same work at a standing instant, on a given day. */
export function standingAt(ctx: Context, instant: Temporal.Instant, day: string): Context {
  return { ...ctx, now: () => instant, timestamp: () => instant.toString(), today: () => day }
}
