/**
 * One closer per tenant, over all servers: a lock of a database session, given up with the session. All locks of a server
 * share one session. With a session each, as many clocks as the pool has connections waited for ever for one to work with.
 * Clocks that are moved in the same turn share a statement to take their locks and one to give them up.
 */
import { createLoader, type Loader } from '../platform/batcher.ts'
import { type Context, oncePerPlatform, type Platform } from '../platform/context.ts'
import type { Database } from '../platform/database.ts'
import { problem } from '../platform/errors.ts'

interface Session {
  /** Gives whether the lock of a tenant was free. */
  readonly lock: Loader<string, boolean>
  readonly unlock: Loader<string, boolean>
  release(): void
}

interface Locks {
  /** A session may take its own lock twice, so those of this server are told apart here. */
  readonly tenants: Set<string>
  session: Promise<Session> | null
}

const locksOf = oncePerPlatform((): Locks => ({ tenants: new Set(), session: null }))

/** Throws `clock-moving` while somebody else has the clock. */
export async function withClockLock<Result>(
  { platform, tenantId }: Context,
  work: () => Promise<Result>,
): Promise<Result> {
  const locks = locksOf(platform)
  if (locks.tenants.has(tenantId)) throw problem('clock-moving', { retryAfterSeconds: 1 })
  locks.tenants.add(tenantId)
  try {
    const session = await sessionOf(platform, locks)
    if ((await session.lock(tenantId)) !== true) throw problem('clock-moving', { retryAfterSeconds: 1 })
    try {
      return await work()
    } finally {
      await session.unlock(tenantId)
    }
  } finally {
    locks.tenants.delete(tenantId)
    if (locks.tenants.size === 0) await giveBack(locks)
  }
}

function sessionOf({ db }: Platform, locks: Locks): Promise<Session> {
  locks.session ??= openSession(db)
  return locks.session
}

async function openSession(db: Database): Promise<Session> {
  const session = await db.reserve()
  const each = (call: 'pg_try_advisory_lock' | 'pg_advisory_unlock') =>
    createLoader<string, boolean>(async (tenantIds) => {
      const rows = await session<{ tenantId: string; done: boolean }[]>`
        select tenant_id, ${session(call)}(hashtextextended('clock ' || tenant_id, 0)) as done
        from unnest(${session.typed.texts(tenantIds)}) as tenant_id`
      return new Map(rows.map(({ tenantId, done }) => [tenantId, done]))
    })
  return { lock: each('pg_try_advisory_lock'), unlock: each('pg_advisory_unlock'), release: session.release }
}

/** The last one out; a session that broke is gone with its locks, and the next one in takes another. */
async function giveBack(locks: Locks): Promise<void> {
  const { session } = locks
  locks.session = null
  // A session that could not be had is told to who asked for it.
  await session?.then(
    (connection) => connection.release(),
    () => {},
  )
}
