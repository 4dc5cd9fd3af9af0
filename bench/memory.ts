/** Does the server keep what it should let go? Its memory over many purchases, read while they run. */
import { megabytesOf, printConditions } from './harness/conditions.ts'
import { figure, runLoad } from './harness/load.ts'
import { withServer } from './harness/server.ts'
import { makeWorld } from './harness/world.ts'
import { type BenchOptions, serverFor } from './options.ts'

const connections = 64
const targetDrift = 0.1

export function benchMemory(options: BenchOptions): Promise<void> {
  // Long enough for several of the great garbage collections, whose rhythm is not what is asked for.
  const sliceSeconds = options.short ? 5 : 15
  const purchases = options.short ? 30_000 : options.full ? 10_000_000 : 500_000
  return withServer(serverFor(options), async (server) => {
    await printConditions(server)
    const world = await makeWorld(server, { lines: 20_000, merchants: 100 })
    const curve: Point[] = []
    for (let bought = 0; bought < purchases; ) {
      const reading = watch(server.pid)
      const plan = { scenario: 'charges' as const, port: server.port, connections, warmupSeconds: 0, ...world }
      const { requests } = await runLoad({ ...plan, seconds: sliceSeconds })
      bought += requests
      curve.push({ purchases: bought, megabytes: reading() })
      if (curve.length % shownEvery === 0) show(curve.at(-1)!)
    }
    report(curve)
  })
}

/** Resident memory goes up and down with garbage collection: its mean over a slice, read ten times a second. */
function watch(pid: number): () => number {
  const seen: number[] = []
  const timer = setInterval(() => seen.push(megabytesOf(pid).now), 100)
  return () => {
    clearInterval(timer)
    return seen.reduce((sum, value) => sum + value, 0) / seen.length
  }
}

interface Point {
  readonly purchases: number
  readonly megabytes: number
}

const shownEvery = 2

function show({ purchases, megabytes }: Point): void {
  console.log(
    `${figure(purchases).padStart(12)} purchases  ${figure(megabytes).padStart(5)} MB  ${'█'.repeat(megabytes / 10)}`,
  )
}

function report(curve: readonly Point[]): void {
  const half = curve.slice(Math.floor(curve.length / 2))
  const average = half.reduce((sum, { megabytes }) => sum + megabytes, 0) / half.length
  const drift = slopeOf(half.map(({ megabytes }) => megabytes)) * (half.length - 1)
  const furthest = Math.max(...half.map(({ megabytes }) => Math.abs(megabytes / average - 1)))
  console.log(
    `\nsecond half: ${figure(average)} MB on average; trend over it ${((100 * drift) / average).toFixed(1)} %, ` +
      `furthest from the average ${(100 * furthest).toFixed(1)} % (target ± ${100 * targetDrift} %)`,
  )
}

/** Least squares, per slice. */
function slopeOf(values: readonly number[]): number {
  const middle = (values.length - 1) / 2
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const up = values.reduce((sum, value, index) => sum + (index - middle) * (value - mean), 0)
  const across = values.reduce((sum, _, index) => sum + (index - middle) ** 2, 0)
  return across === 0 ? 0 : up / across
}
