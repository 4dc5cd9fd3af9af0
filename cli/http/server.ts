/** Where a command finds its server: a running one by its address and key, or one of its own for as long as it runs. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { readHome } from '../../server/platform/config.ts'
import { CommandError } from '../command-line.ts'

export interface ServerAddress {
  readonly url: string
  readonly key: string
}

export interface ServerOptions {
  /** A running server; absent: one is started. */
  readonly url?: string | undefined
  readonly key?: string | undefined
  /** Keeps the data of the started server in this folder; absent: a temporary one that is removed. */
  readonly home?: string | undefined
}

const checkout = resolve(import.meta.dirname, '../..')
const startTimeoutMilliseconds = 30_000

/** Runs work against a server; what was started for it is stopped afterwards, on Ctrl-C too. */
export async function withServer<Result>(
  options: ServerOptions,
  work: (server: ServerAddress) => Promise<Result>,
): Promise<Result> {
  if (options.url !== undefined) return work(runningServer(options.url, options.key))
  const started = await startServer(options.home)
  const onSignal = () => void started.stop().then(() => process.exit(130))
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, onSignal)
  try {
    return await work(started)
  } finally {
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(name, onSignal)
    await started.stop()
  }
}

function runningServer(url: string, key: string | undefined): ServerAddress {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new CommandError(`--url "${url}" is not an address like http://127.0.0.1:8080.`)
  }
  const known = key ?? process.env.CHIT_KEY ?? demoKey(readHome(process.env))
  if (known === undefined) throw new CommandError('--url needs a sandbox key too: add --key, or set CHIT_KEY.')
  return { url, key: known }
}

/** The key of the demo world that `npm start` makes, so that the common case needs no --key. */
function demoKey(home: string): string | undefined {
  const file = join(home, 'demo.json')
  if (!existsSync(file)) return undefined
  const world: unknown = JSON.parse(readFileSync(file, 'utf8'))
  const isWorld = typeof world === 'object' && world !== null && 'secretKey' in world
  return isWorld && typeof world.secretKey === 'string' ? world.secretKey : undefined
}

interface StartedServer extends ServerAddress {
  stop(): Promise<void>
}

async function startServer(keepIn: string | undefined): Promise<StartedServer> {
  const home = keepIn === undefined ? await mkdtemp(join(tmpdir(), 'chit-run-')) : resolve(keepIn)
  const child = spawn(process.execPath, [join(checkout, 'server/main.ts')], { env: environmentFor(home) })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      // Log lines of a long run would only grow; the greeting and a failed start are in the first of it.
      if (output.length < 20_000) output += chunk
    })
  }
  const stop = () => stopServer(child, keepIn === undefined ? home : null)
  try {
    const url = await addressIn(child, () => output)
    const key = demoKey(home)
    if (key === undefined) throw new CommandError(`The server in ${home} has no demo world whose key could be used.`)
    return { url, key, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function environmentFor(home: string): NodeJS.ProcessEnv {
  const { DATABASE_URL, CHIT_MASTER_KEY, HOST, ...inherited } = process.env
  return { ...inherited, CHIT_HOME: home, PORT: '0', LOG_LEVEL: 'error' }
}

async function addressIn(child: ChildProcess, output: () => string): Promise<string> {
  const startedAt = performance.now()
  while (performance.now() - startedAt < startTimeoutMilliseconds) {
    const url = /Open\s+(http:\S+?)\/\s/.exec(output())?.[1]
    if (url !== undefined) return url
    if (child.exitCode !== null) break
    await delay(20)
  }
  throw new CommandError(`The server did not start. ${output().trim()}`)
}

async function stopServer(child: ChildProcess, home: string | null): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = new Promise((done) => child.once('exit', done))
    child.kill('SIGTERM')
    await exited
  }
  if (home !== null) await rm(home, { recursive: true, force: true })
}
