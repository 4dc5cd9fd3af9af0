/**
 * One closer per tenant, over all servers: a lock of a database session, given up with the session. All locks of a server
 * share one session. With a session each, as many clocks as the pool has connections waited for ever for one to work with.
 */
import { type Context, oncePerPlatform, type Platform } from '../platform/context.ts'
import type { Database } from '../platform/database.ts'
import { problem } from '../platform/errors.ts'

type Session = Awaited<ReturnType<Database['reserve']>>

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
    const [row] = await session<{ locked: boolean }[]>`
      select pg_try_advisory_lock(hashtextextended(${`clock ${tenantId}`}, 0)) as locked`
    if (row?.locked !== true) throw problem('clock-moving', { retryAfterSeconds: 1 })
    try {
      return await work()
    } finally {
      await session`select pg_advisory_unlock(hashtextextended(${`clock ${tenantId}`}, 0))`
    }
  } finally {
    locks.tenants.delete(tenantId)
    if (locks.tenants.size === 0) await giveBack(locks)
  }
}

function sessionOf({ db }: Platform, locks: Locks): Promise<Session> {
  locks.session ??= db.reserve()
  return locks.session
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
