import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Database, openDatabase } from './database.ts'
import { assertReachable, type OsUser, postgresUser } from './os-user.ts'
import {
  disownPostmasterFile,
  initialiseCluster,
  isPostgresProcess,
  type Postmaster,
  postgresBinaries,
  readPostmasterFile,
  startPostmaster,
  stopPostmaster,
} from './postmaster.ts'
import { StartupError } from './startup-error.ts'

const majorVersion = '18'

const megabyte = 2 ** 20

/** What this process and its PostgreSQL may use: of the machine, or of the container around them. */
function memoryBytes(): number {
  const limit = process.constrainedMemory()
  return limit > 0 ? Math.min(totalmem(), limit) : totalmem()
}

/**
 * Durable (fsync and synchronous_commit stay on) and sized for a machine that also runs Node. A larger installation brings
 * its own PostgreSQL through DATABASE_URL.
 *
 * An eighth of the memory, up to 2 GB, holds its pages, taken as they come into use: pages that don't fit are written out by the very
 * process that commits. Statistics of growing tables are left to the default of once a minute. The tables' first ones come
 * with the migrations; and analysing tables that double every few seconds, every ten seconds, took a third of PostgreSQL's
 * processor time.
 */
const settings = [
  'max_connections=60',
  `shared_buffers=${Math.round(Math.min(Math.max(memoryBytes() / 8 / megabyte, 128), 2048))}MB`,
  `effective_cache_size=${Math.round(Math.max(memoryBytes() / 2 / megabyte, 256))}MB`,
  'work_mem=16MB',
  'maintenance_work_mem=128MB',
  'wal_compression=on',
  'min_wal_size=256MB',
  'max_wal_size=4GB',
  'checkpoint_timeout=15min',
  'random_page_cost=1.1',
  // Statements here are many and short; compiling them would cost more than running them.
  'jit=off',
]

export interface EmbeddedPostgres {
  url: string
  /** A server left behind by a killed Chit was found running and is used again. */
  tookOver: boolean
  /** Stops PostgreSQL cleanly; for a guest, does nothing. */
  stop(): Promise<void>
}

export interface EmbeddedOptions {
  /** PostgreSQL ended while Chit was using it. */
  onExit?: () => void
  /** Another server owns the folder now: it came between a restart of PostgreSQL and the renewal of the lock. */
  onLost?: () => void
  /** Further `name=value` settings; tests turn durability off. */
  settings?: readonly string[]
}

/**
 * Starts the PostgreSQL of `<home>/postgres`, making it on the first call, for the one server that owns this folder.
 * A `kill -9` of Node leaves PostgreSQL running; it is taken over then, which loses nothing: the connections of the
 * dead process are closed and their open transactions rolled back.
 */
export async function startEmbedded(home: string, options: EmbeddedOptions = {}): Promise<EmbeddedPostgres> {
  const cluster = await prepare(home)
  const found = await findRunning(cluster)
  const postmaster = found ?? (await start(cluster, options))
  const owner = await own(cluster, postmaster)
  await createDatabase(owner)
  const watches = [keepOwning(cluster, owner, options.onLost)]
  if (found !== null) watches.push(watchTakenOver(cluster, found, options.onExit))
  return {
    url: urlOf(cluster, postmaster, 'chit'),
    tookOver: found !== null,
    async stop() {
      cluster.stopping = true
      for (const watch of watches) clearInterval(watch)
      await owner.end({ timeout: isPostgresProcess(postmaster.pid) ? 1 : 0 })
      await stopPostmaster(cluster.dataDir, postmaster.pid)
    },
  }
}

/**
 * For tools that read beside a running server: joins its PostgreSQL as a guest, or starts it where none runs. Refuses a
 * folder that was never used, because there is nothing to read.
 */
export async function attachEmbedded(home: string): Promise<EmbeddedPostgres> {
  if (!existsSync(join(home, 'postgres', 'PG_VERSION'))) {
    throw new StartupError(
      `There is no database in ${home}.`,
      'Run `npm start` once, or set CHIT_HOME or DATABASE_URL.',
    )
  }
  const cluster = await prepare(home)
  const running = await findRunning(cluster)
  if (running === null) return startEmbedded(home)
  return { url: urlOf(cluster, running, 'chit'), tookOver: false, stop: async () => {} }
}

interface Cluster {
  home: string
  dataDir: string
  logFile: string
  password: string
  user: OsUser | null
  stopping: boolean
}

async function prepare(home: string): Promise<Cluster> {
  const dataDir = join(home, 'postgres')
  const binaries = await postgresBinaries()
  const password = withFolderErrors(home, () => {
    makeHome(home)
    return secretFile(join(home, 'postgres.password'), () => randomBytes(24).toString('base64url'))
  })
  const user = postgresUser(dataDir)
  if (user) for (const path of [dataDir, binaries.postgres]) assertReachable(path, user)
  const cluster = { home, dataDir, logFile: join(home, 'postgres.log'), password, user, stopping: false }
  if (!withFolderErrors(home, () => hasCluster(dataDir))) initialiseCluster(binaries, dataDir, password, user)
  return cluster
}

function makeHome(home: string): void {
  mkdirSync(home, { recursive: true })
  // Started by root, PostgreSQL is another user who must pass through; every secret in here is mode 600 by itself.
  chmodSync(home, process.getuid?.() === 0 ? 0o711 : 0o700)
}

/** Reads a secret, making it on first use; readable by its owner only. */
export function secretFile(path: string, make: () => string): string {
  if (!existsSync(path)) writeFileSync(path, make(), { mode: 0o600, flag: 'wx' })
  return readFileSync(path, 'utf8').trim()
}

/** Turns the operating system's refusal to use the folder into advice. */
export function withFolderErrors<Result>(home: string, work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (!['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ENOSPC'].includes(code)) throw error
    throw new StartupError(
      `The folder ${home} cannot be used (${code}).`,
      `Give this user the right to write there (\`chown -R $(id -u) ${home}\`), or set CHIT_HOME to another folder.`,
    )
  }
}

function hasCluster(dataDir: string): boolean {
  if (!existsSync(dataDir)) return false
  const versionFile = join(dataDir, 'PG_VERSION')
  // readdir before the test of the file: a folder of another user must be reported as that, not as empty.
  const entries = readdirSync(dataDir)
  if (!existsSync(versionFile)) {
    throw new StartupError(
      `The folder ${dataDir} has ${entries.length} entries but no database of PostgreSQL.`,
      'Move it away, or set CHIT_HOME to another folder.',
    )
  }
  const version = readFileSync(versionFile, 'utf8').trim()
  if (version === majorVersion) return true
  throw new StartupError(
    `The folder ${dataDir} was made by PostgreSQL ${version}; this Chit brings PostgreSQL ${majorVersion}.`,
    'Start with the version of Chit that made it and take a dump, upgrade it with pg_upgrade, or set CHIT_HOME to another folder.',
  )
}

async function findRunning(cluster: Cluster): Promise<Postmaster | null> {
  for (let waited = 0; waited < 20_000; waited += 50) {
    const file = readPostmasterFile(cluster.dataDir)
    if (file === null) return null
    if (!isPostgresProcess(file.pid)) {
      disownPostmasterFile(cluster.dataDir)
      return null
    }
    if (file.status === 'ready' && (await answers(cluster, file))) return file
    // Starting up, shutting down or recovering: its lock file will say which within seconds.
    await delay(50)
  }
  const pid = readPostmasterFile(cluster.dataDir)?.pid
  throw new StartupError(
    `A PostgreSQL server (process ${pid}) holds ${cluster.dataDir} and does not answer.`,
    `Stop it with \`kill -INT ${pid}\` and start again.`,
  )
}

async function answers(cluster: Cluster, postmaster: Postmaster): Promise<boolean> {
  const db = openDatabase(urlOf(cluster, postmaster, 'postgres'), { max: 1, connectSeconds: 5 })
  try {
    const [row] = await db<{ folder: string }[]>`select current_setting('data_directory') as folder`
    return realpathSync(row!.folder) === realpathSync(cluster.dataDir)
  } catch {
    return false
  } finally {
    await db.end({ timeout: 1 })
  }
}

async function start(cluster: Cluster, options: EmbeddedOptions): Promise<Postmaster> {
  const begin = async () =>
    startPostmaster({
      binaries: await postgresBinaries(),
      dataDir: cluster.dataDir,
      logFile: cluster.logFile,
      user: cluster.user,
      settings: [...settings, ...(options.settings ?? [])],
      onExit: () => {
        if (!cluster.stopping) options.onExit?.()
      },
    })
  for (let attempt = 1; ; attempt++) {
    try {
      return await begin()
    } catch (error) {
      // Backends of a killed postmaster need a moment to notice; PostgreSQL refuses to start beside them.
      const isTransient =
        error instanceof StartupError &&
        /pre-existing shared memory|lock file|Address already in use/.test(error.message)
      if (!isTransient || attempt === 20) throw error
      await delay(250)
    }
  }
}

/**
 * Holds a lock in PostgreSQL itself for as long as this process lives, so that two servers never share a folder. A file
 * with a process number lost: after a crash or in a container the number may mean another process.
 */
async function own(cluster: Cluster, postmaster: Postmaster): Promise<Database> {
  const db = openDatabase(urlOf(cluster, postmaster, 'postgres'), {
    max: 1,
    forever: true,
    applicationName: 'chit owner',
  })
  for (let waited = 0; waited < 2_000; waited += 100) {
    const [row] = await db<{ owned: boolean }[]>`select pg_try_advisory_lock(1) as owned`
    if (row!.owned) return db
    // The backend of a process killed a moment ago holds the lock until it sees its socket closed.
    await delay(100)
  }
  await db.end({ timeout: 1 })
  throw new StartupError(
    `Another Chit server is running on ${cluster.home}.`,
    'Stop it first, or set CHIT_HOME to another folder (and PORT to another port) for a second one.',
  )
}

const watchEveryMilliseconds = 1_000

/**
 * When a backend dies, PostgreSQL restarts itself and forgets the lock with the connection that held it. So it is taken
 * anew; asking again while it is held changes nothing.
 */
function keepOwning(cluster: Cluster, db: Database, onLost: (() => void) | undefined): NodeJS.Timeout {
  let asking = false
  const ask = async () => {
    const [row] = await db<{ owned: boolean }[]>`
      select exists (select from pg_locks where locktype = 'advisory' and objid = 1 and pid = pg_backend_pid() and granted)
        or pg_try_advisory_lock(1) as owned`
    if (row!.owned || cluster.stopping) return
    clearInterval(timer)
    onLost?.()
  }
  const timer = setInterval(() => {
    if (asking || cluster.stopping) return
    asking = true
    // Not to be reached: restarting, and asked again in a second; or dead, which others watch for.
    ask()
      .catch(() => {})
      .finally(() => {
        asking = false
      })
  }, watchEveryMilliseconds)
  return timer.unref()
}

/** What was taken over is not a child of this process, whose end would be reported; so its process is looked for. */
function watchTakenOver(cluster: Cluster, { pid }: Postmaster, onExit: (() => void) | undefined): NodeJS.Timeout {
  const timer = setInterval(() => {
    if (cluster.stopping || isPostgresProcess(pid)) return
    clearInterval(timer)
    onExit?.()
  }, watchEveryMilliseconds)
  return timer.unref()
}

async function createDatabase(db: Database): Promise<void> {
  const found = await db`select 1 from pg_database where datname = 'chit'`
  if (found.length === 0) await db`create database chit`
}

function urlOf(cluster: Cluster, postmaster: Postmaster, database: string): string {
  return `postgres://chit:${cluster.password}@127.0.0.1:${postmaster.port}/${database}`
}
