/** The load generator: a process of its own, so that its work can be told from the server's. Started by load.ts. */
import { openConnection, requestPrinter } from './connection.ts'
import type { LoadPlan, LoadResult } from './load.ts'
import { seeded } from './random.ts'
import { type Caller, scenarios } from './scenario.ts'

interface Tally {
  answered: number
  /** Milliseconds of each measured request. */
  readonly times: number[]
  readonly statuses: Map<number, number>
  /** The first refusals in their own words. */
  readonly refusals: string[]
}

async function run(plan: LoadPlan): Promise<LoadResult> {
  const tally: Tally = { answered: 0, times: [], statuses: new Map(), refusals: [] }
  const measureFrom = performance.now() + plan.warmupSeconds * 1000
  const until = measureFrom + plan.seconds * 1000
  const callers = await Promise.all(
    Array.from({ length: plan.connections }, (_, index) => callerOf(plan, index, tally, measureFrom, until)),
  )
  const followedBefore = callers.map((caller) => caller.followed)
  const cpuAtStart = process.cpuUsage()
  await Promise.all(
    callers.map(async (caller) => {
      while (performance.now() < until) await scenarios[plan.scenario](caller)
    }),
  )
  const cpu = process.cpuUsage(cpuAtStart)
  const wholeSeconds = plan.warmupSeconds + plan.seconds
  return {
    requests: tally.times.length,
    answered: tally.answered,
    seconds: plan.seconds,
    times: Float64Array.from(tally.times).sort(),
    statuses: Object.fromEntries(tally.statuses),
    refusals: tally.refusals,
    followed: callers.reduce((sum, caller, index) => sum + caller.followed - followedBefore[index]!, 0),
    followedSeconds: wholeSeconds,
    cores: (cpu.user + cpu.system) / 1e6 / wholeSeconds,
  }
}

async function callerOf(
  plan: LoadPlan,
  index: number,
  tally: Tally,
  measureFrom: number,
  until: number,
): Promise<Caller> {
  const connection = await openConnection(plan.port)
  let keys = 0
  const send: Caller['send'] = async (request) => {
    const startedAt = performance.now()
    const answer = await connection.send(request)
    const now = performance.now()
    tally.answered++
    // Counted when answered within the window: what is under way at the end belongs to nobody.
    if (now >= measureFrom && now < until) note(tally, answer, now - startedAt)
    return answer
  }
  return {
    send,
    print: requestPrinter(plan.port, plan.key),
    source: seeded(plan.seed + index * 7_919),
    lines: plan.lines,
    merchants: plan.merchants,
    programId: plan.programId,
    nextKey: () => `${plan.seed}-${index}-${++keys}`,
    cursor: plan.cursor,
    followed: 0,
  }
}

const refusalsShown = 3

function note(tally: Tally, { status, body }: { status: number; body: string }, milliseconds: number): void {
  tally.times.push(milliseconds)
  tally.statuses.set(status, (tally.statuses.get(status) ?? 0) + 1)
  if (status >= 400 && tally.refusals.length < refusalsShown) tally.refusals.push(body.slice(0, 300))
}

process.once('message', (plan: LoadPlan) => {
  void run(plan).then(
    (result) => process.send!(result, () => process.exit(0)),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
