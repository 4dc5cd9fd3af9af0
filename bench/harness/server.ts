/** A real server in a folder of its own, started as `npm start` starts it, with durability as it is by default. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { attachEmbedded } from '../../server/platform/embedded.ts'
import { readPostmasterFile } from '../../server/platform/postmaster.ts'
import { postmasterOf, withDatabase } from './database.ts'

const ownCheckout = resolve(import.meta.dirname, '../..')
const startTimeoutMilliseconds = 60_000

export interface Server {
  readonly home: string
  readonly url: string
  readonly port: number
  readonly pid: number
  /** Key of the demo sandbox, which may open further ones; empty where the database was no new one. */
  readonly key: string
  /** Address of its database, for seeding and for the peers. */
  readonly databaseUrl: string
  /** Of PostgreSQL; 0 where it runs elsewhere. */
  readonly postmasterPid: number
  readonly startedInMs: number
  readonly child: ChildProcess
  /** SIGTERM, and what `npm start` does on it. Gives the exit code. */
  stop(): Promise<number | null>
}

export interface ServerOrder {
  readonly home: string
  /** Another version's code; absent: this one's. */
  readonly checkout?: string
  /** A database of one's own, which must be empty. Absent, null: the embedded PostgreSQL. */
  readonly database?: string | null
  /** Options of Node itself, such as `--cpu-prof`. */
  readonly nodeOptions?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export async function startServer({
  home,
  checkout = ownCheckout,
  database = null,
  nodeOptions = [],
  env = {},
}: ServerOrder): Promise<Server> {
  if (database !== null) await refuseFilled(database)
  const startedAt = performance.now()
  const logFile = join(home, 'server.log')
  const log = openSync(logFile, 'a')
  const logStart = readFileSync(logFile).length
  const child = spawn(process.execPath, [...nodeOptions, join(checkout, 'server/main.ts')], {
    stdio: ['ignore', log, log],
    env: { ...ownEnvironment(), CHIT_HOME: home, PORT: '0', ...databaseOf(database), ...env },
  })
  closeSync(log)
  const url = await addressIn(child, logFile, logStart)
  const startedInMs = performance.now() - startedAt
  const demo = join(home, 'demo.json')
  const { secretKey } = JSON.parse(existsSync(demo) ? readFileSync(demo, 'utf8') : '{}') as { secretKey?: string }
  return {
    home,
    url,
    port: Number(new URL(url).port),
    pid: child.pid!,
    key: secretKey ?? '',
    ...(database === null ? await embeddedIn(home) : await ownDatabase(database)),
    startedInMs,
    child,
    stop: () => ended(child, 'SIGTERM'),
  }
}

type DatabaseOfServer = Pick<Server, 'databaseUrl' | 'postmasterPid'>

async function embeddedIn(home: string): Promise<DatabaseOfServer> {
  const { url } = await attachEmbedded(home)
  return { databaseUrl: url, postmasterPid: readPostmasterFile(join(home, 'postgres'))!.pid }
}

/** A benchmark fills it with a hundred thousand made-up lines. */
async function refuseFilled(databaseUrl: string): Promise<void> {
  const tables = await withDatabase(
    { databaseUrl },
    (db) => db`select from pg_tables where schemaname = 'public' limit 1`,
  )
  if (tables.length > 0) throw new Error('the database has tables already: make an empty one for each run (createdb)')
}

async function ownDatabase(databaseUrl: string): Promise<DatabaseOfServer> {
  return { databaseUrl, postmasterPid: await postmasterOf(databaseUrl) }
}

/** Personal data of a benchmark is made up, so any key will do. */
function databaseOf(database: string | null): Record<string, string> {
  return database === null ? {} : { DATABASE_URL: database, CHIT_MASTER_KEY: randomBytes(32).toString('base64') }
}

/** Settings of the person's shell must not turn a benchmark on their own database. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const { DATABASE_URL, CHIT_MASTER_KEY, HOST, SHARDS, CHIT_POOL, ...inherited } = process.env
  return inherited
}

async function addressIn(child: ChildProcess, logFile: string, from: number): Promise<string> {
  const startedAt = performance.now()
  while (performance.now() - startedAt < startTimeoutMilliseconds) {
    const output = readFileSync(logFile).subarray(from).toString()
    const url = /Open\s+(http:\S+?)\/\s/.exec(output)?.[1]
    if (url !== undefined) return url
    if (hasEnded(child)) throw new Error(`the server did not start: ${output.slice(-2_000)}`)
    await delay(20)
  }
  child.kill('SIGKILL')
  throw new Error(`the server did not start within ${startTimeoutMilliseconds / 1000} s; see ${logFile}`)
}

export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}

/** Sends a signal to this very process and waits for its end. */
export async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (hasEnded(child)) return child.exitCode
  const exited = new Promise<number | null>((done) => child.once('exit', done))
  child.kill(signal)
  return exited
}

/** A server in a temporary folder for as long as the work takes; both are gone afterwards, on Ctrl-C too. */
export async function withServer<Result>(
  order: Omit<ServerOrder, 'home'>,
  work: (server: Server) => Promise<Result>,
): Promise<Result> {
  const home = await mkdtemp(join(tmpdir(), 'chit-bench-'))
  let server: Server | null = null
  const onSignal = () => void server?.stop().then(() => process.exit(130))
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, onSignal)
  try {
    server = await startServer({ home, ...order })
    return await work(server)
  } finally {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, onSignal)
    await server?.stop()
    await rm(home, { recursive: true, force: true })
  }
}
