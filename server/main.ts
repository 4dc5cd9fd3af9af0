/** `npm start`: from the environment to a listening server, and back down without losing a request. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { assertSettingsFit, recordSettings } from './parties/settings-fit.ts'
import { type Config, readConfig } from './platform/config.ts'
import { createPlatform, type Platform } from './platform/context.ts'
import { type Database, openDatabase } from './platform/database.ts'
import { startEmbedded } from './platform/embedded.ts'
import { type App, buildApp } from './platform/http.ts'
import { createLifecycle, printFailure, within } from './platform/lifecycle.ts'
import { migrate, migrationNames } from './platform/migrate.ts'
import { watchForNewerSchema } from './platform/newer-schema.ts'
import { assertUsable } from './platform/ready-database.ts'
import { StartupError } from './platform/startup-error.ts'
import { prepare, registerRoutes, startJobs } from './routes.ts'

const migrationsFolder = join(import.meta.dirname, 'migrations')

/** Longer than any request takes; a client that reads its answer slower than this is cut off. */
let graceMilliseconds = 10_000

const life = createLifecycle((message) => console.error(`chit: ${message}`))
let exitCode = 0
let isStopping = false
let pool: Database | null = null

async function start(): Promise<void> {
  const startedAt = performance.now()
  const config = readConfig(process.env)
  const databaseUrl = config.databaseUrl ?? (await startPostgres(config))
  const migrations = await migrationNames(migrationsFolder)
  const platform = createPlatform(config, databaseUrl, {
    withProcessMetrics: true,
    migrations,
    isReady: false,
  })
  pool = platform.db
  life.onStop('the log', () => platform.log.flush())
  life.onStop('the database pool', () => platform.db.end({ timeout: 5 }))
  await assertUsable(platform.db, databaseUrl)
  // Both first, because whoever migrates shuts out the servers of the version before: one that then does not start would leave none.
  await assertSettingsFit(platform)
  const app = await buildApp(platform, registerRoutes)
  const port = await listen(app, config)
  await migrateSchema(databaseUrl)
  await recordSettings(platform)
  makeKeyFolder(config)
  const demo = await prepare(platform)
  life.onStop('the watch for a newer schema', watchForNewerSchema(platform.newerSchema))
  life.onStop('the jobs', startJobs(platform))
  life.onStop('the HTTP server', () => finishRequests(app))
  platform.isReady = true
  const address = addressFor(config.host, port)
  console.log(greeting(config, platform, address, demo(address), performance.now() - startedAt))
}

/** On a connection of its own: rewriting a large table, or waiting for another server that does, takes as long as it takes. */
async function migrateSchema(databaseUrl: string): Promise<void> {
  const db = openDatabase(databaseUrl, { max: 1, applicationName: 'chit migrate', answerSeconds: null })
  try {
    await migrate(db, migrationsFolder)
  } finally {
    await db.end()
  }
}

/**
 * Where the demo world leaves its key. With a database of one's own nothing else is kept there, and in production there
 * is no demo world, so a disk that cannot be written is no reason not to start.
 */
function makeKeyFolder({ databaseUrl, home }: Config): void {
  try {
    mkdirSync(home, { recursive: true, mode: 0o700 })
  } catch (error) {
    if (databaseUrl === null) throw error
  }
}

async function startPostgres(config: Config): Promise<string> {
  const postgres = await startEmbedded(config.home, {
    onExit: () => {
      console.error(
        `chit: the embedded PostgreSQL ended unexpectedly; see ${join(config.home, 'postgres.log')}. Start again with npm start.`,
      )
      void shutDownWithoutDatabase()
    },
    onLost: () => {
      console.error(`chit: another Chit server has taken over ${config.home}; this one ends.`)
      void shutDown(1)
    },
  })
  life.onStop('PostgreSQL', postgres.stop)
  return postgres.url
}

async function listen(app: App, config: Config): Promise<number> {
  try {
    const address = await app.listen({ host: config.host, port: config.port })
    return Number(new URL(address).port)
  } catch (error) {
    throw explainedListenError(error, config)
  }
}

function explainedListenError(error: unknown, { host, port }: Config): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'EADDRINUSE':
      return new StartupError(
        `Port ${port} is in use.`,
        `Stop what uses it, or choose another: PORT=${port < 65_535 ? port + 1 : 8080} npm start`,
      )
    case 'EACCES':
      return new StartupError(
        `This user may not listen on port ${port}.`,
        'Choose a port above 1023: PORT=8080 npm start',
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new StartupError(`HOST ${host} is not an address of this machine.`, 'Set HOST to 127.0.0.1 or 0.0.0.0.')
    default:
      return error
  }
}

/** New connections are refused at once, running requests get their answers, and then the rest is cut off. */
async function finishRequests(app: App): Promise<void> {
  // A kept-alive connection turns idle when its last answer is out; without this it would hold the server open.
  const sweep = setInterval(() => app.server.closeIdleConnections(), 50)
  const finished = await within(graceMilliseconds, app.close())
  clearInterval(sweep)
  if (finished) return
  console.error(`chit: requests were still running after ${graceMilliseconds / 1000} s and were cut off.`)
  app.server.closeAllConnections()
}

/** To be opened on this machine; one that listens everywhere is found here too, where browsers refuse the address 0.0.0.0. */
function addressFor(host: string, port: number): string {
  const here = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host
  return `http://${here.includes(':') ? `[${here}]` : here}:${port}`
}

function greeting(config: Config, platform: Platform, at: string, demo: string[], milliseconds: number): string {
  const store = config.databaseUrl === null ? `PostgreSQL 18 in ${config.home}` : 'PostgreSQL at DATABASE_URL'
  return [
    '',
    `  Chit is ready after ${(milliseconds / 1000).toFixed(1)} s · ${store} · ${platform.shards} shard${platform.shards > 1 ? 's' : ''}`,
    '',
    `  Open   ${at}/        what runs here`,
    `         ${at}/docs    every request, to read and to try`,
    `  Try    curl ${at}/readyz`,
    ...demo.map((line) => `         ${line}`),
    '  Stop   Ctrl-C',
    '',
  ].join('\n')
}

function stopOnSignals(): void {
  let firstAt = 0
  const onSignal = () => {
    // npm passes Ctrl-C on although the terminal sent it to everyone, so a second signal at once is the same one.
    if (firstAt !== 0 && Date.now() - firstAt > 2_000) process.exit(1)
    firstAt ||= Date.now()
    void shutDown(0)
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal)
}

async function shutDown(code: number): Promise<void> {
  isStopping = true
  exitCode = Math.max(exitCode, code)
  await life.stop()
  process.exit(exitCode)
}

/** Nothing that waits can be finished any more: everyone is told so at once, and a supervisor starts the server anew. */
async function shutDownWithoutDatabase(): Promise<void> {
  graceMilliseconds = 500
  await pool?.end({ timeout: 0 })
  await shutDown(1)
}

stopOnSignals()
try {
  await start()
} catch (error) {
  // Stopped in the middle of its start it misses what is gone already, which is no fault.
  if (isStopping) await shutDown(0)
  else {
    printFailure(error)
    await shutDown(1)
  }
}
