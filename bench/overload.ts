/** Three times more purchases than the server can take: does it keep its speed, and what becomes of the rest? */
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { type ArrivalResult, runArrivals } from './harness/arrivals.ts'
import { coresLine, megabytesOf, printConditions, withCores } from './harness/conditions.ts'
import { figure, ms, percentile, rateOf, runLoad, summary } from './harness/load.ts'
import { type Server, withServer } from './harness/server.ts'
import { makeWorld, type World } from './harness/world.ts'
import { type BenchOptions, serverFor } from './options.ts'

const connections = 256
const arrivalConnections = 3_000
const deadReaders = 100
const targetKept = 0.8

export function benchOverload(options: BenchOptions): Promise<void> {
  const seconds = options.short ? 4 : 10
  return withServer(serverFor(options), async (server) => {
    await printConditions(server)
    const world = await makeWorld(server, { lines: 20_000, merchants: 100 })
    const capacity = await capacityOf(server, world, seconds)
    const arrivals = (factor: number) => measure(server, world, capacity, factor, seconds)
    const once = await arrivals(1)
    const thrice = await arrivals(3)
    const after = await arrivals(0.5)
    const beside = await withDeadReaders(server, world, () => capacityOf(server, world, seconds))
    report(capacity, once, thrice, after, beside)
  })
}

async function capacityOf(server: Server, world: World, seconds: number): Promise<number> {
  const plan = { scenario: 'charges' as const, port: server.port, connections, seconds, warmupSeconds: 2, ...world }
  const result = await runLoad(plan)
  console.log(`${connections} callers, each waiting for its answers: ${summary(result)}`)
  return rateOf(result)
}

async function measure(
  server: Server,
  world: World,
  capacity: number,
  factor: number,
  seconds: number,
): Promise<ArrivalResult> {
  const perSecond = Math.round(capacity * factor)
  const plan = { port: server.port, ...world, perSecond, seconds, connections: arrivalConnections }
  // The first second after an overload belongs to the figures: that is where recovery shows.
  const { result, cores } = await withCores(server, () => runArrivals({ ...plan, warmupSeconds: factor < 1 ? 0 : 2 }))
  console.log(`${factor} × capacity, ${figure(perSecond)} arrive each second: ${told(result)}`)
  console.log(`  ${coresLine(cores, result.accepted / result.seconds)}`)
  return result
}

function told(result: ArrivalResult): string {
  const { accepted, refused, failed, unsent, seconds, acceptedTimes, refusedTimes } = result
  const parts = [
    `${figure(accepted / seconds)}/s booked, p50 ${ms(percentile(acceptedTimes, 0.5))} · p99 ${ms(percentile(acceptedTimes, 0.99))}`,
  ]
  if (refused > 0)
    parts.push(`${figure(refused / seconds)}/s told to come back, p99 ${ms(percentile(refusedTimes, 0.99))}`)
  if (failed > 0) parts.push(`${failed} failed`)
  if (unsent > 0) parts.push(`${figure(unsent / seconds)}/s found no connection`)
  return `${parts.join('; ')}; generator ${result.cores.toFixed(2)} cores`
}

/** Each asks for the longest page of events and reads nothing of the answer. */
async function withDeadReaders<Result>(server: Server, world: World, work: () => Promise<Result>): Promise<Result> {
  const before = megabytesOf(server.pid).now
  const readers = Array.from({ length: deadReaders }, () => deadReader(server, world))
  await delay(2_000)
  console.log(
    `${deadReaders} readers of 1,000 events each that never read: ${figure(megabytesOf(server.pid).now - before)} MB more`,
  )
  const result = await work()
  for (const reader of readers) reader.destroy()
  return result
}

function deadReader({ port }: Server, { key }: World): Socket {
  const socket = connect({ host: '127.0.0.1', port })
  socket.on('error', () => {})
  socket.pause()
  socket.write(`GET /v1/events?limit=1000 HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${key}\r\n\r\n`)
  return socket
}

function report(
  capacity: number,
  once: ArrivalResult,
  thrice: ArrivalResult,
  after: ArrivalResult,
  beside: number,
): void {
  const best = Math.max(capacity, once.accepted / once.seconds)
  const kept = thrice.accepted / thrice.seconds / best
  console.log(`\nat 3 × capacity ${kept.toFixed(2)} of the best rate is kept (target ≥ ${targetKept})`)
  console.log(`refusals without Retry-After: ${thrice.withoutRetryAfter}; failed: ${thrice.failed}`)
  const expected = (after.accepted + after.refused) / after.seconds
  console.log(
    `in the second after: ${figure(after.series[0] ?? 0)} booked of ${figure(expected)} that came; ${after.refused} refused in all`,
  )
  console.log(`beside readers that do not read: ${(beside / capacity).toFixed(2)} × the rate without them`)
}
