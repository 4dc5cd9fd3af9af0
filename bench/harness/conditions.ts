/** What a figure depends on besides the code: machine, settings, and who else was busy. */

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import { withDatabase } from './database.ts'
import type { Server } from './server.ts'

export async function printConditions(server: Server): Promise<void> {
  const settings = await withDatabase(server, async (db) => {
    const rows = await db<{ name: string; setting: string }[]>`
      select name, current_setting(name) as setting from unnest(${db.typed.texts(settingsShown)}) as name`
    return rows.map(({ name, setting }) => `${name} ${setting}`).join(', ')
  })
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB`
  console.log(
    `Conditions: ${availableParallelism()} cores (${cpus()[0]?.model.trim()}), ${memory}, Node ${process.version}`,
  )
  console.log(`  PostgreSQL: ${settings}`)
  const sharing = isHere(server.databaseUrl) ? 'server, PostgreSQL' : 'PostgreSQL is elsewhere; server'
  console.log(`  ${sharing} and load generator share the machine; load average before ${loadavg()[0]!.toFixed(1)}`)
  const revision = revisionOf()
  if (revision !== null) console.log(`  revision ${revision}`)
}

function isHere(databaseUrl: string): boolean {
  return ['', 'localhost', '127.0.0.1', '[::1]'].includes(new URL(databaseUrl).hostname)
}

const settingsShown = ['server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers']

function revisionOf(): string | null {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    }).trim()
  } catch {
    return null
  }
}

/** Processor seconds so far. Zero where there is no /proc. */
interface CpuSeconds {
  readonly server: number
  readonly postgres: number
  readonly machine: number
}

const ticksPerSecond = 100

function cpuSeconds({ pid, postmasterPid }: Server): CpuSeconds {
  try {
    return {
      server: ticksOf(String(pid)).own / ticksPerSecond,
      postgres: postgresTicks(postmasterPid) / ticksPerSecond,
      machine: machineTicks() / ticksPerSecond,
    }
  } catch {
    return { server: 0, postgres: 0, machine: 0 }
  }
}

/** Processor seconds of a process so far; zero where there is no /proc. */
export function secondsOf(pid: number): number {
  try {
    return ticksOf(String(pid)).own / ticksPerSecond
  } catch {
    return 0
  }
}

/** User and system time of a process, and of its children that have ended. */
function ticksOf(pid: string): { own: number; ended: number; parent: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
    .map(Number)
  return { parent: fields[1]!, own: fields[11]! + fields[12]!, ended: fields[13]! + fields[14]! }
}

function postgresTicks(postmasterPid: number): number {
  const own = ticksOf(String(postmasterPid))
  let ticks = own.own + own.ended
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const child = ticksOf(pid)
      if (child.parent === postmasterPid) ticks += child.own
    } catch {
      // Ended between the two readings.
    }
  }
  return ticks
}

function machineTicks(): number {
  const [, user, nice, system, , , irq, softirq] = readFileSync('/proc/stat', 'utf8').split('\n')[0]!.split(/\s+/)
  return Number(user) + Number(nice) + Number(system) + Number(irq) + Number(softirq)
}

/** Cores kept busy on average. */
export interface Cores {
  readonly server: number
  readonly postgres: number
  readonly generator: number
  /** Other programs on the machine; what they take is missing here. */
  readonly others: number
}

/** Runs work and says who used how much of the machine meanwhile. Null where there is no /proc. */
export async function withCores<Result extends { readonly cores: number }>(
  server: Server,
  work: () => Promise<Result>,
): Promise<{ result: Result; cores: Cores | null }> {
  const before = cpuSeconds(server)
  const startedAt = performance.now()
  const result = await work()
  const seconds = (performance.now() - startedAt) / 1000
  const after = cpuSeconds(server)
  if (after.machine === 0) return { result, cores: null }
  const used = {
    server: (after.server - before.server) / seconds,
    postgres: (after.postgres - before.postgres) / seconds,
    generator: result.cores,
  }
  const all = (after.machine - before.machine) / seconds
  return { result, cores: { ...used, others: Math.max(0, all - used.server - used.postgres - used.generator) } }
}

/** Processor time of a request depends less on busy neighbours than its rate does. */
export function coresLine(cores: Cores | null, perSecond: number): string {
  if (cores === null) return 'cores used: unknown on this system'
  const each = (busy: number) => `${Math.round((busy * 1e6) / perSecond)} µs`
  const used = Object.entries(cores).map(([name, busy]) => `${name} ${busy.toFixed(2)}`)
  return `cores: ${used.join(', ')}; for each request server ${each(cores.server)}, PostgreSQL ${each(cores.postgres)}`
}

export function megabytesOf(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const read = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? Number.NaN) / 1024
  return { now: read('VmRSS'), peak: read('VmHWM') }
}
