/**
 * Durable purchases in one step with everything on: key, validation, limit, risk, plan, loan, journal, balances,
 * idempotency. One merchant takes half the traffic, which is what a sale looks like.
 */
import { coresLine, printConditions, withCores } from './harness/conditions.ts'
import { figure, type LoadResult, ms, percentile, rateOf, runLoad, summary, warmUp } from './harness/load.ts'
import { type Server, withServer } from './harness/server.ts'
import { makePeer, type PeerResult, tpcbByDriver, tpcbByPgbench } from './harness/tpcb.ts'
import { makeWorld, type World } from './harness/world.ts'
import { type BenchOptions, serverFor } from './options.ts'

const connectionCounts = [64, 256]
const targetRatio = 5
const targetP99Ms = 100

interface Sizes {
  readonly lines: number
  readonly merchants: number
  readonly scale: number
  readonly seconds: number
  readonly warmupSeconds: number
  /** Peer and purchases take turns, so that a busy neighbour disturbs both. */
  readonly rounds: number
}

const longSizes: Sizes = { lines: 100_000, merchants: 500, scale: 20, seconds: 10, warmupSeconds: 3, rounds: 2 }
const shortSizes: Sizes = { lines: 20_000, merchants: 100, scale: 5, seconds: 3, warmupSeconds: 1, rounds: 1 }

export function benchCharges(options: BenchOptions): Promise<void> {
  const sizes = options.short ? shortSizes : longSizes
  return withServer(serverFor(options), async (server) => {
    await printConditions(server)
    const world = await makeWorld(server, sizes)
    console.log(`  ${figure(sizes.lines)} lines, ${sizes.merchants} merchants, one of them taking half the purchases\n`)
    await warmUp({ scenario: 'charges', port: server.port, connections: 256, ...world }, options.short)
    await measure(server, world, sizes)
  })
}

async function measure(server: Server, world: World, sizes: Sizes): Promise<void> {
  const peerUrl = await makePeer(server, sizes.scale)
  const order = { scale: sizes.scale, clients: 32, seconds: sizes.seconds }
  const peers: PeerResult[] = []
  const pgbench: PeerResult[] = []
  const found = new Map<number, LoadResult[]>()
  for (let round = 0; round < sizes.rounds; round++) {
    peers.push(await tpcbByDriver(peerUrl, order))
    printPeer('through the driver', peers.at(-1)!)
    const native = await tpcbByPgbench(peerUrl, order)
    if (native !== null) {
      pgbench.push(native)
      printPeer('by pgbench', native)
    }
    for (const connections of connectionCounts) {
      const result = await purchases(server, world, connections, sizes)
      found.set(connections, [...(found.get(connections) ?? []), result])
    }
  }
  console.log('')
  for (const [connections, results] of found) report(connections, results, peers, pgbench)
}

function printPeer(how: string, { perSecond, p50, p99 }: PeerResult): void {
  const latency = Number.isNaN(p99) ? `average ${ms(p50)}` : `p50 ${ms(p50)} · p99 ${ms(p99)}`
  console.log(`TPC-B ${how}, 32 clients: ${figure(perSecond)}/s · ${latency}`)
}

async function purchases(server: Server, world: World, connections: number, sizes: Sizes): Promise<LoadResult> {
  const { seconds, warmupSeconds } = sizes
  const plan = { scenario: 'charges' as const, port: server.port, connections, seconds, warmupSeconds, ...world }
  const { result, cores } = await withCores(server, () => runLoad(plan))
  console.log(`purchases, ${connections} connections: ${summary(result)}`)
  console.log(`  ${coresLine(cores, rateOf(result))}`)
  return result
}

function report(connections: number, results: LoadResult[], peers: PeerResult[], pgbench: PeerResult[]): void {
  const rate = mean(results.map(rateOf))
  const p99 = Math.max(...results.map((result) => percentile(result.times, 0.99)))
  const ratio = rate / mean(peers.map((peer) => peer.perSecond))
  const native =
    pgbench.length === 0 ? '' : `, ${(rate / mean(pgbench.map((peer) => peer.perSecond))).toFixed(2)} × pgbench's`
  const ratios = `${ratio.toFixed(2)} × TPC-B through the driver${native} (target ${targetRatio} ×)`
  console.log(
    `${connections} connections: ${figure(rate)} purchases/s = ${ratios}; p99 ${ms(p99)} (target < ${targetP99Ms} ms)`,
  )
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
