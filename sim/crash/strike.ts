/** What happens to the machine. Only processes of this run are touched, each by its number. */

import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { withDatabase } from '../../bench/harness/database.ts'
import { pick, type Source } from '../../bench/harness/random.ts'
import { ended, hasEnded, type Server } from '../../bench/harness/server.ts'
import { readPostmasterFile } from '../../server/platform/postmaster.ts'
import type { Fleet } from './fleet.ts'

export type StrikeName =
  | 'kill -9 server'
  | 'kill -9 PostgreSQL'
  | 'kill -9 both'
  | 'kill -9 a backend'
  | 'SIGTERM server'
  | 'clients disconnect'

const strikes: readonly StrikeName[] = [
  // The first three are what the test is for, hence twice.
  'kill -9 server',
  'kill -9 PostgreSQL',
  'kill -9 both',
  'kill -9 server',
  'kill -9 PostgreSQL',
  'kill -9 both',
  'kill -9 a backend',
  'SIGTERM server',
  'clients disconnect',
]

export function pickStrike(source: Source): StrikeName {
  return pick(source, strikes)
}

/** Outcomes that no strike may have. */
export function isFault(name: StrikeName, outcome: string): boolean {
  return outcome === hung || (name === 'SIGTERM server' && outcome !== 'exit code 0')
}

const hung = 'hung, was killed'

/** Strikes, and waits until the server is either gone or serving again; says what came of it. */
export async function strike(name: StrikeName, server: Server, fleet: Fleet): Promise<string> {
  switch (name) {
    case 'kill -9 server':
      await ended(server.child, 'SIGKILL')
      return ''
    case 'kill -9 PostgreSQL':
      process.kill(postmasterOf(server), 'SIGKILL')
      return leftAlone(server)
    case 'kill -9 both': {
      const postmaster = postmasterOf(server)
      await ended(server.child, 'SIGKILL')
      process.kill(postmaster, 'SIGKILL')
      return ''
    }
    case 'kill -9 a backend':
      await killBackend(server)
      return leftAlone(server)
    case 'SIGTERM server':
      return `exit code ${await ended(server.child, 'SIGTERM')}`
    case 'clients disconnect':
      fleet.disconnect()
      return ''
  }
}

function postmasterOf({ home }: Server): number {
  return readPostmasterFile(join(home, 'postgres'))!.pid
}

/** A backend that dies makes PostgreSQL end all others and recover. */
async function killBackend(server: Server): Promise<void> {
  await withDatabase(server, async (db) => {
    const [backend] = await db<{ pid: number }[]>`
      select pid from pg_stat_activity where application_name = 'chit' and datname = 'chit' order by random() limit 1`
    process.kill(backend!.pid, 'SIGKILL')
  }).catch(() => {
    // Its own connection went down with the others.
  })
}

const patienceMilliseconds = 15_000

/** Without its database a server should end, for its supervisor to start it anew, or serve again when that is back. */
async function leftAlone(server: Server): Promise<string> {
  for (let waited = 0; waited < patienceMilliseconds; waited += 100) {
    if (hasEnded(server.child)) return `ended by itself (${server.child.exitCode})`
    if (await isReady(server)) return 'recovered by itself'
    await delay(100)
  }
  await ended(server.child, 'SIGKILL')
  return hung
}

async function isReady({ url }: Server): Promise<boolean> {
  try {
    // A moment first: the death of its database may not have reached it yet.
    await delay(300)
    return (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) })).ok
  } catch {
    return false
  }
}
