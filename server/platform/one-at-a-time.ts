/** What only one server on a database may do at a time, such as filling an empty one: another waits, and finds it done. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Database } from './database.ts'

const askEveryMilliseconds = 100

/**
 * Does the work under a lock of a session of its own, which goes with its server. Asked for again and again: one statement that
 * waits would be ended after 10 s, and the other server may take longer.
 */
export async function oneAtATime<Result>(db: Database, what: string, work: () => Promise<Result>): Promise<Result> {
  const session = await db.reserve()
  const call = async (name: 'pg_try_advisory_lock' | 'pg_advisory_unlock') => {
    const [row] = await session<{ done: boolean }[]>`select ${session(name)}(hashtextextended(${what}, 0)) as done`
    return row!.done
  }
  try {
    while (!(await call('pg_try_advisory_lock'))) await delay(askEveryMilliseconds)
    try {
      return await work()
    } finally {
      await call('pg_advisory_unlock')
    }
  } finally {
    session.release()
  }
}
