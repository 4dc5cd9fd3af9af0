/** From the start of the process to the first request it can take, on a database that exists. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { figure, runLoad } from './harness/load.ts'
import { ended, type Server, startServer } from './harness/server.ts'
import { makeWorld } from './harness/world.ts'
import type { BenchOptions } from './options.ts'

const targetMs = 2_000

export async function benchStart(options: BenchOptions): Promise<void> {
  const starts = options.short ? 3 : 10
  const home = await mkdtemp(join(tmpdir(), 'chit-bench-'))
  let server = await startServer({ home })
  console.log(`new database: ready after ${figure(server.startedInMs)} ms`)
  try {
    const world = await makeWorld(server, { lines: 20_000, merchants: 100 })
    await buy(server, world, options.short ? 2 : 10)
    await ended(server.child, 'SIGTERM')
    server = await times(home, starts, 'after SIGTERM', 'SIGTERM')
    await buy(server, world, 2)
    await ended(server.child, 'SIGKILL')
    server = await times(home, starts, 'after kill -9, PostgreSQL taken over', 'SIGKILL')
  } finally {
    await ended(server.child, 'SIGTERM')
    await rm(home, { recursive: true, force: true })
  }
}

async function buy(server: Server, world: Awaited<ReturnType<typeof makeWorld>>, seconds: number): Promise<void> {
  const plan = { scenario: 'charges' as const, port: server.port, connections: 64, warmupSeconds: 0, ...world }
  const { requests } = await runLoad({ ...plan, seconds })
  console.log(`${figure(requests)} purchases`)
}

/** Starts again and again; gives the last server, running. */
async function times(home: string, starts: number, what: string, signal: NodeJS.Signals): Promise<Server> {
  const found: number[] = []
  for (;;) {
    const server = await startServer({ home })
    found.push(server.startedInMs)
    if (found.length === starts) {
      const sorted = found.toSorted((a, b) => a - b)
      const median = sorted[Math.floor(sorted.length / 2)]!
      console.log(
        `${what}, ${starts} starts: median ${figure(median)} ms, slowest ${figure(sorted.at(-1)!)} ms (target ≤ ${figure(targetMs)} ms)`,
      )
      return server
    }
    await ended(server.child, signal)
  }
}
