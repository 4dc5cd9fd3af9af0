/** A follower of the event feed, beside purchases: does it keep up, and what does it cost them? */
import { mean } from './charges.ts'
import { printConditions } from './harness/conditions.ts'
import { withDatabase } from './harness/database.ts'
import { figure, type LoadResult, rateOf, runLoad, summary, warmUp } from './harness/load.ts'
import { type Server, withServer } from './harness/server.ts'
import { makeWorld, type World } from './harness/world.ts'
import { type BenchOptions, serverFor } from './options.ts'

const connections = 64
const targetSlowdownPercent = 10

export function benchEvents(options: BenchOptions): Promise<void> {
  const seconds = options.short ? 4 : 10
  const rounds = options.short ? 2 : 3
  return withServer(serverFor(options), async (server) => {
    await printConditions(server)
    const world = await makeWorld(server, { lines: 20_000, merchants: 100 })
    await warmUp({ scenario: 'charges', port: server.port, connections, ...world }, options.short)
    const alone: number[] = []
    const beside: number[] = []
    const followed: number[] = []
    for (let round = 0; round < rounds; round++) {
      const quiet = await purchases(server, world, seconds)
      const cursor = await headOf(server)
      const [busy, follower] = await Promise.all([
        purchases(server, world, seconds),
        runLoad({ ...planOf(server, world, seconds), scenario: 'events', connections: 1, cursor }),
      ])
      alone.push(rateOf(quiet))
      beside.push(rateOf(busy))
      followed.push(follower.followed / follower.followedSeconds)
      console.log(`alone: ${summary(quiet)}\nbeside: ${summary(busy)}; followed ${figure(followed.at(-1)!)} events/s`)
    }
    const slower = 100 * (1 - mean(beside) / mean(alone))
    const keeping = (mean(followed) / mean(beside)).toFixed(2)
    console.log(`\nthe follower reads ${keeping} × the rate of the purchases (target ≥ 1)`)
    console.log(`and slows them by ${slower.toFixed(1)} % (target ≤ ${targetSlowdownPercent} %)`)
  })
}

function planOf(server: Server, world: World, seconds: number) {
  return { port: server.port, seconds, warmupSeconds: 1, ...world }
}

function purchases(server: Server, world: World, seconds: number): Promise<LoadResult> {
  return runLoad({ ...planOf(server, world, seconds), scenario: 'charges', connections })
}

/** Where the feed ends now. */
function headOf(server: Server): Promise<string> {
  return withDatabase(server, async (db) => {
    const [head] = await db<{ seq: bigint }[]>`select seq from shard_heads where shard = 0`
    return String(head!.seq)
  })
}
