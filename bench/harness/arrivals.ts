/**
 * Purchases that arrive at a fixed rate, whether the server keeps up or not: what a sale is, and what a load of callers
 * that wait for their answers can never show. A process of its own; started by `runArrivals`.
 */
import { fork } from 'node:child_process'
import { type Answer, type Connection, openConnection, requestPrinter } from './connection.ts'
import { seeded } from './random.ts'
import { purchase } from './scenario.ts'

export interface ArrivalPlan {
  readonly port: number
  readonly key: string
  readonly lines: readonly string[]
  readonly merchants: readonly string[]
  readonly perSecond: number
  readonly seconds: number
  /** Left out of the figures. */
  readonly warmupSeconds: number
  /** Requests that can be under way at once; arrivals beyond find no connection and are counted as unsent. */
  readonly connections: number
  readonly seed: number
}

export interface ArrivalResult {
  readonly seconds: number
  readonly accepted: number
  readonly refused: number
  /** Neither 201 nor 503, or a broken connection. */
  readonly failed: number
  readonly unsent: number
  readonly withoutRetryAfter: number
  /** Milliseconds from the moment of arrival, ascending. */
  readonly acceptedTimes: Float64Array
  readonly refusedTimes: Float64Array
  /** Accepted in each second, the warm-up included. */
  readonly series: readonly number[]
  readonly cores: number
}

export function runArrivals(plan: Omit<ArrivalPlan, 'seed'>): Promise<ArrivalResult> {
  const child = fork(import.meta.filename, ['generate'], { serialization: 'advanced' })
  child.send({ ...plan, seed: Date.now() } satisfies ArrivalPlan)
  return new Promise((resolve, reject) => {
    let result: ArrivalResult | null = null
    child.on('message', (message: ArrivalResult) => {
      result = message
    })
    child.on('exit', (code) => {
      if (result === null) reject(new Error(`the load generator ended with ${code}`))
      else resolve(result)
    })
  })
}

const tickMilliseconds = 2
const answersWaitMilliseconds = 3_000

async function generate(plan: ArrivalPlan): Promise<ArrivalResult> {
  const idle = await openAll(plan)
  const print = requestPrinter(plan.port, plan.key)
  const source = seeded(plan.seed)
  const count = { accepted: 0, refused: 0, failed: 0, unsent: 0, withoutRetryAfter: 0 }
  const acceptedTimes: number[] = []
  const refusedTimes: number[] = []
  const series: number[] = []
  const startedAt = performance.now()
  const measureFrom = startedAt + plan.warmupSeconds * 1000
  const until = measureFrom + plan.seconds * 1000
  let arrived = 0
  let underWay = 0

  function note({ status, head }: Answer, arrivedAt: number): void {
    const now = performance.now()
    const second = Math.floor((now - startedAt) / 1000)
    if (status === 201) series[second] = (series[second] ?? 0) + 1
    if (now < measureFrom || now >= until) return
    if (status === 201) {
      count.accepted++
      acceptedTimes.push(now - arrivedAt)
    } else if (status === 503) {
      count.refused++
      refusedTimes.push(now - arrivedAt)
      if (!/^retry-after: [1-9]/im.test(head)) count.withoutRetryAfter++
    } else count.failed++
  }

  function arrive(): void {
    const arrivedAt = startedAt + (arrived++ * 1000) / plan.perSecond
    const connection = idle.pop()
    if (connection === undefined) {
      if (arrivedAt >= measureFrom) count.unsent++
      return
    }
    underWay++
    const request = print.post('/v1/charges', purchase({ ...plan, source }, true), `${plan.seed}-${arrived}`)
    connection
      .send(request)
      .then(
        (answer) => {
          note(answer, arrivedAt)
          idle.push(connection)
        },
        () => count.failed++,
      )
      .finally(() => underWay--)
  }

  const cpuAtStart = process.cpuUsage()
  while (performance.now() < until) {
    const due = ((performance.now() - startedAt) * plan.perSecond) / 1000
    while (arrived < due) arrive()
    await new Promise((resolve) => setTimeout(resolve, tickMilliseconds))
  }
  const cpu = process.cpuUsage(cpuAtStart)
  // What is under way at the end shall not be cut off in the middle of the next measurement.
  for (let waited = 0; underWay > 0 && waited < answersWaitMilliseconds; waited += 20) {
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return {
    ...count,
    seconds: plan.seconds,
    acceptedTimes: Float64Array.from(acceptedTimes).sort(),
    refusedTimes: Float64Array.from(refusedTimes).sort(),
    series: Array.from(series, (accepted) => accepted ?? 0),
    cores: (cpu.user + cpu.system) / 1e6 / (plan.warmupSeconds + plan.seconds),
  }
}

async function openAll({ port, connections }: ArrivalPlan): Promise<Connection[]> {
  const opened: Connection[] = []
  while (opened.length < connections) {
    const some = Math.min(64, connections - opened.length)
    opened.push(...(await Promise.all(Array.from({ length: some }, () => openConnection(port)))))
  }
  return opened
}

if (process.argv[2] === 'generate') {
  process.once('message', (plan: ArrivalPlan) => {
    void generate(plan).then(
      (result) => process.send!(result, () => process.exit(0)),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      },
    )
  })
}
