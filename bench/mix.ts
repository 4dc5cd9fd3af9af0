/** Holds, captures and refunds, and repayments: the writes that are decided on a whole line. */
import { mean } from './charges.ts'
import { coresLine, printConditions, withCores } from './harness/conditions.ts'
import { figure, rateOf, runLoad, summary, warmUp } from './harness/load.ts'
import type { ScenarioName } from './harness/scenario.ts'
import { type Server, withServer } from './harness/server.ts'
import { makePeer, tpcbByDriver } from './harness/tpcb.ts'
import { makeWorld, type World } from './harness/world.ts'
import { type BenchOptions, serverFor } from './options.ts'

const connectionCounts = [64, 256]
const warmUpConnections = 64
const repaymentsTarget = 2

interface Sizes {
  readonly lines: number
  readonly scale: number
  readonly seconds: number
  readonly rounds: number
}

function sizesOf({ short }: BenchOptions): Sizes {
  return short
    ? { lines: 5_000, scale: 5, seconds: 4, rounds: 1 }
    : { lines: 20_000, scale: 20, seconds: 10, rounds: 2 }
}

export function benchMix(options: BenchOptions): Promise<void> {
  return compare(options, 'authorize-capture-refund', null, async () => {})
}

/** Each line owes something first, so that the money has dues to go to. */
export function benchRepayments(options: BenchOptions): Promise<void> {
  return compare(options, 'repayments', repaymentsTarget, async (server, world, { seconds }) => {
    const result = await runLoad({
      scenario: 'charges',
      port: server.port,
      connections: 256,
      seconds: seconds * 2,
      warmupSeconds: 0,
      ...world,
    })
    console.log(`  ${figure(result.requests)} purchases on ${figure(world.lines.length)} lines to repay`)
  })
}

async function compare(
  options: BenchOptions,
  scenario: ScenarioName,
  target: number | null,
  prepare: (server: Server, world: World, sizes: Sizes) => Promise<void>,
): Promise<void> {
  const sizes = sizesOf(options)
  await withServer(serverFor(options), async (server) => {
    await printConditions(server)
    const world = await makeWorld(server, { lines: sizes.lines, merchants: 100 })
    await prepare(server, world, sizes)
    await warmUp({ scenario, port: server.port, connections: warmUpConnections, ...world }, options.short)
    const peerUrl = await makePeer(server, sizes.scale)
    const peers: number[] = []
    const found = new Map(connectionCounts.map((connections) => [connections, [] as number[]]))
    for (let round = 0; round < sizes.rounds; round++) {
      const peer = await tpcbByDriver(peerUrl, { scale: sizes.scale, clients: 32, seconds: sizes.seconds })
      peers.push(peer.perSecond)
      console.log(`TPC-B through the driver, 32 clients: ${figure(peer.perSecond)}/s`)
      for (const [connections, rates] of found) {
        const plan = { scenario, port: server.port, connections, seconds: sizes.seconds, warmupSeconds: 1, ...world }
        const { result, cores } = await withCores(server, () => runLoad(plan))
        rates.push(rateOf(result))
        console.log(`${scenario}, ${connections} connections: ${summary(result)}`)
        console.log(`  ${coresLine(cores, rateOf(result))}`)
      }
    }
    console.log('')
    for (const [connections, rates] of found) {
      const ratio = (mean(rates) / mean(peers)).toFixed(2)
      const goal = target === null ? '' : ` (target ${target} ×)`
      console.log(`${connections} connections: ${figure(mean(rates))} requests/s = ${ratio} × TPC-B${goal}`)
    }
  })
}
