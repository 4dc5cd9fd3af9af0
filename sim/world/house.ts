/**
 * The real server in this process, without a socket: its routes, services and SQL as they are. Only what makes a run
 * differ from the next is put in from outside: ids and instants come from the world that asks, the database through
 * `trouble`.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { pino } from 'pino'
import { audit } from '../../server/audit/audit.ts'
import type { AuditReport } from '../../server/audit/types.ts'
import { drainPostings } from '../../server/journal/post.ts'
import { drainPayouts } from '../../server/journal/post-payouts.ts'
import { makePartitions } from '../../server/journal/store.ts'
import { openSandbox } from '../../server/parties/access.ts'
import { clockOf } from '../../server/platform/clock.ts'
import { createPlatform, type Platform } from '../../server/platform/context.ts'
import { openDatabase } from '../../server/platform/database.ts'
import { buildApp } from '../../server/platform/http.ts'
import { createIds } from '../../server/platform/ids.ts'
import { registerRoutes } from '../../server/routes.ts'
import { type Chance, chanceOf } from './chance.ts'
import { createGate } from './gate.ts'
import { handOver, type Socket } from './hand-over.ts'
import { type Ill, type Trouble, troubled } from './trouble.ts'

export interface Letter {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** As sent. */
  readonly body: string | null
  readonly key: string | null
  readonly secret: string
  readonly socket: Socket
}

export interface Reply {
  readonly status: number
  readonly text: string
  readonly replayed: boolean
}

/** Whose request is being worked on: its ids are drawn from its own chance, its instants are its own. */
export interface Scene {
  readonly chance: Chance
  /** Milliseconds since 1970. */
  readonly at: number
}

export interface House {
  readonly trouble: Trouble
  /** `ill`: what the request is to meet. Only those that are to meet the same are worked on at that time. */
  send(letter: Letter, scene: Scene, ill?: Ill | null): Promise<Reply>
  openSandbox(
    scene: Scene,
    order: { name: string; timeZone: string; now: string },
  ): Promise<{ tenantId: string; secret: string }>
  /** The server's audit of everybody's books. */
  auditAll(): Promise<AuditReport>
  /**
   * Has PostgreSQL count what there is. A run of minutes is over before its autovacuum has come round to the tables, and
   * plans made when they were all but empty read every hold, loan and bill to find the few that are due on an evening.
   */
  takeStock(): Promise<void>
  close(): Promise<void>
}

const scenes = new AsyncLocalStorage<Scene>()
/** Of all worlds of a group: each evening all that were touched on the day are closed, and then compared. */
const loansInMind = 20_000

const nowhere = chanceOf(0, 0, 0, 0)

export interface HouseOptions {
  /** Few: each connection plans every statement for itself, and requests share theirs anyway. */
  readonly poolSize?: number
  readonly shards?: number
}

/** On a migrated database that nobody else uses. */
export async function openHouse(databaseUrl: string, options: HouseOptions = {}): Promise<House> {
  const { poolSize = 4, shards = 1 } = options
  const { db, trouble } = troubled(openDatabase(databaseUrl, { max: poolSize }))
  const random = (count: number) => (scenes.getStore()?.chance ?? nowhere).bytes(count)
  const clock = clockOf(() => scenes.getStore()?.at ?? 0)
  const config = {
    host: '127.0.0.1',
    port: 0,
    databaseUrl: null,
    home: '/nonexistent',
    masterKey: Buffer.alloc(32, 7),
    shards,
    logLevel: 'silent' as const,
    poolSize,
    loansInMind,
  }
  const plain = createPlatform(config, databaseUrl, { db, clock, log: pino({ level: 'silent' }) })
  const platform: Platform = { ...plain, random, ids: createIds(random, clock) }
  await makePartitions(db)
  const app = await buildApp(platform, registerRoutes)
  await app.ready()
  const gate = createGate()
  const oneByOne = createQueue()
  const deliver: House['send'] = (letter, scene, ill = null) =>
    scenes.run(scene, async () => {
      const leave = await gate.enter(ill ?? 'well')
      const asked = handOver(app.routing, {
        socket: letter.socket,
        method: letter.method,
        url: letter.path,
        headers: {
          host: 'localhost',
          authorization: `Bearer ${letter.secret}`,
          ...(letter.body === null ? {} : { 'content-type': 'application/json' }),
          ...(letter.key === null ? {} : { 'idempotency-key': letter.key }),
        },
        body: letter.body,
      })
      const { status, headers, text } = await asked.finally(leave)
      return { status, text, replayed: headers.get('idempotent-replayed') === 'true' }
    })
  return {
    trouble,
    // An audit keeps a connection to itself for as long as it takes, and all worlds of a group end on the same evening.
    send: (letter, scene, ill) =>
      letter.path === '/v1/audit' ? oneByOne(() => deliver(letter, scene, ill)) : deliver(letter, scene, ill),
    openSandbox: (scene, order) =>
      scenes.run(scene, async () => {
        const sandbox = await openSandbox(platform, order)
        return { tenantId: sandbox.tenantId, secret: sandbox.secretKey }
      }),
    async auditAll() {
      // A tenant that asks for its own audit next has its balances found by key, and not those of all others read beside them.
      await db.readings`analyze balances`
      return audit(db.readings, null)
    },
    async takeStock() {
      await db.readings`analyze lines, loans, charges, statements`
    },
    async close() {
      await app.close()
      await Promise.all([drainPostings(platform), drainPayouts(platform)])
      await db.end({ timeout: 5 })
    },
  }
}

function createQueue(): <Done>(work: () => Promise<Done>) => Promise<Done> {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const done = last.then(work)
    last = done.catch(() => {})
    return done
  }
}
