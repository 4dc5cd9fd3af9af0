/** A PostgreSQL of the run's own, in a temporary folder, that need not survive anything; databases for groups of worlds. */
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { openDatabase } from '../../server/platform/database.ts'
import { startEmbedded } from '../../server/platform/embedded.ts'
import { migrate } from '../../server/platform/migrate.ts'
import { readPostmasterFile } from '../../server/platform/postmaster.ts'

const migrations = resolve(import.meta.dirname, '../../server/migrations')

/** Nothing here outlives the run, so nothing needs to reach the disk. */
const hasty = [
  'fsync=off',
  'synchronous_commit=off',
  'full_page_writes=off',
  'max_connections=100',
  'wal_level=minimal',
  'max_wal_senders=0',
  // Its visits every minute took a twentieth of PostgreSQL's time; what plans need is counted by `takeStock`.
  'autovacuum_naptime=10min',
  // Nobody looks at what its connections are doing.
  'update_process_title=off',
  'track_activities=off',
]

export interface Cluster {
  /** Of a migrated database that is to be copied. */
  readonly template: string
  /** What PostgreSQL has used, of connections that are closed; null where the machine does not tell. */
  processorSeconds(): number | null
  stop(): Promise<void>
}

export async function startCluster(): Promise<Cluster> {
  const home = await mkdtemp(join(tmpdir(), 'chit-sim-'))
  const postgres = await startEmbedded(home, { settings: hasty })
  const db = openDatabase(postgres.url, { max: 1, answerSeconds: null })
  await migrate(db, migrations)
  await db.end()
  return {
    template: postgres.url,
    processorSeconds: () => processorSecondsOf(readPostmasterFile(join(home, 'postgres'))!.pid),
    async stop() {
      await postgres.stop()
      await rm(home, { recursive: true, force: true })
    },
  }
}

/** A copy of the template; gives its address and how to be rid of it. */
export async function copyDatabase(template: string, name: string): Promise<{ url: string; drop(): Promise<void> }> {
  const url = new URL(template)
  const from = url.pathname.slice(1)
  url.pathname = '/postgres'
  const admin = openDatabase(url.href, { max: 1, answerSeconds: null })
  await admin`create database ${admin(name)} template ${admin(from)}`
  url.pathname = `/${name}`
  return {
    url: url.href,
    async drop() {
      await admin`drop database ${admin(name)} with (force)`
      await admin.end()
    },
  }
}

/** Linux keeps, of a process and its ended children, user and system time in ticks of a hundredth (proc(5), stat). */
function processorSecondsOf(pid: number): number | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / 100
  } catch {
    return null
  }
}
