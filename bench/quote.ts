/**
 * What a quote costs: a schedule of 12 instalments with its annual rate, beside the fastest packages that make one, and
 * over HTTP beside a Fastify route that does nothing. Packages: of those on npm that were tried (amortize, amortizejs,
 * financejs, fundamental-js, loanjs, node-irr, tvm-financejs) fundamental-js is the only one with both a schedule and a
 * rate; amortizejs is the only one whose instalments have due dates, and node-irr has the fastest rate. All reckon in
 * doubles and round nothing: their rows do not sum to the principal in cents.
 */
import { fork } from 'node:child_process'
import { join } from 'node:path'
import { Calculator } from 'amortizejs'
import { amortizationSchedule, irr } from 'fundamental-js'
import { irr as nodeIrr } from 'node-irr'
import { createClient } from '../cli/http/client.ts'
import { planRows } from '../core/schedule/index.ts'
import { cardTerms } from '../server/demo-terms.ts'
import { stringifyJson } from '../server/platform/json.ts'
import { printConditions, secondsOf } from './harness/conditions.ts'
import { twelveInstalments } from './harness/instalments.ts'
import { figure, type LoadResult, rateOf, runLoad, summary, warmUp } from './harness/load.ts'
import { microsecondsEach, perSecondText } from './harness/processor-time.ts'
import type { ScenarioName } from './harness/scenario.ts'
import { type Server, withServer } from './harness/server.ts'
import { makeWorld, type World } from './harness/world.ts'
import { type BenchOptions, serverFor } from './options.ts'

const targetRatio = 3
const targetShare = 0.6
const connections = 64

export async function benchQuote(options: BenchOptions): Promise<void> {
  benchCalculation()
  await withServer(serverFor(options), async (server) => {
    await printConditions(server)
    await benchHttp(server, options.short)
  })
}

/** The effective annual rate from a period's, as a text of four decimals: what is shown. */
const shown = (periodRate: number) => (Math.expm1(Math.log1p(periodRate) * 12) * 100).toFixed(4)

function byFundamental(index: number) {
  const principal = 1000 + index / 100
  const { schedule } = amortizationSchedule({ principal, annualRate: 0.072, months: 12 })
  return { schedule, irrPercent: shown(irr([-principal, ...schedule.map(({ payment }) => payment)])) }
}

function byAmortize(index: number) {
  const balance = 1000 + index / 100
  const startDate = new Date(Date.UTC(2024, 0, 31))
  const { schedule } = Calculator.calculate({ method: 'mortgage', apr: 7.2, balance, loanTerm: 12, startDate })
  const payments = schedule.map(({ interest, principal }) => interest + principal)
  return { schedule, irrPercent: shown(nodeIrr([-balance, ...payments])) }
}

function benchCalculation(): void {
  const inputs = Array.from({ length: 1000 }, (_, index) => twelveInstalments(index))
  const works = [
    { name: 'core: due dates, cents, rates', run: (index: number) => planRows(inputs[index % 1000]!) },
    { name: 'fundamental-js: schedule and rate, without dates', run: (index: number) => byFundamental(index % 1000) },
    { name: 'amortizejs and node-irr: with dates', run: (index: number) => byAmortize(index % 1000) },
  ]
  const [core, ...peers] = microsecondsEach(works) as [number, number, number]
  console.log(`${works[0]!.name}: ${perSecondText(core)}`)
  peers.forEach((peer, at) => {
    const ratio = (peer / core).toFixed(1)
    console.log(`${works[at + 1]!.name}: ${perSecondText(peer)}; core ${ratio} × (target ${targetRatio} ×)`)
  })
}

async function benchHttp(server: Server, short: boolean): Promise<void> {
  const { seconds, rounds } = short ? { seconds: 3, rounds: 1 } : { seconds: 6, rounds: 3 }
  const world = await makeWorld(server, { lines: 1, merchants: 1 })
  const programId = await makeProgram(server, world)
  const empty = await startEmpty()
  try {
    const plan = { ...world, programId, connections }
    await warmUp({ ...plan, scenario: 'quotes', port: server.port }, short)
    await warmUp({ ...plan, scenario: 'empty', port: empty.port }, short)
    for (let round = 0; round < rounds; round++) {
      const whole = { ...plan, seconds, warmupSeconds: 1 }
      const bare = await measure('empty', empty.pid, () => runLoad({ ...whole, scenario: 'empty', port: empty.port }))
      const own = { ...whole, port: server.port }
      const least = await measure('clock', server.pid, () => runLoad({ ...own, scenario: 'clock' }))
      const quote = await measure('quotes', server.pid, () => runLoad({ ...own, scenario: 'quotes' }))
      const share = bare.microseconds / quote.microseconds
      const rate = quote.perSecond / bare.perSecond
      console.log(
        `a quote takes ${(1 / share).toFixed(2)} × the processor time of an empty route: ${percent(share)} of its speed ` +
          `(${percent(rate)} of its requests/s here; target ${percent(targetShare)}), ` +
          `and ${(quote.microseconds / least.microseconds).toFixed(2)} × that of asking the server for the time`,
      )
    }
  } finally {
    empty.stop()
  }
}

const percent = (share: number) => `${(share * 100).toFixed(0)} %`

/** One plan of 12 equal instalments, so that a quote is one schedule with its rates. */
async function makeProgram(server: Server, { key }: World): Promise<string> {
  const client = createClient({ url: server.url, key })
  const card = cardTerms()
  const plans = card.plans.filter((plan) => plan.instalments === 12)
  const draft = { name: 'Twelve', terms: { ...card, plans } }
  const { id } = await client.post<{ id: string }>('/v1/programs', JSON.parse(stringifyJson(draft)))
  await client.post(`/v1/programs/${id}/activate`)
  client.close()
  return id
}

interface Measured {
  readonly perSecond: number
  /** Processor time of the server for a request. */
  readonly microseconds: number
}

async function measure(name: ScenarioName, pid: number, load: () => Promise<LoadResult>): Promise<Measured> {
  const before = secondsOf(pid)
  const result = await load()
  const used = secondsOf(pid) - before
  // The warm-up counts on both sides of the quotient.
  const microseconds = (used * 1e6) / result.answered
  console.log(`${name}, ${connections} connections: ${summary(result)}; server ${figure(microseconds)} µs a request`)
  return { perSecond: rateOf(result), microseconds }
}

/** A Fastify server in a process of its own, with one route that answers an empty object. */
function startEmpty(): Promise<{ pid: number; port: number; stop: () => void }> {
  const child = fork(join(import.meta.dirname, 'harness/empty-route.ts'))
  return new Promise((resolve, reject) => {
    child.once('message', (port: number) => resolve({ pid: child.pid!, port, stop: () => child.kill() }))
    child.once('exit', (code) => reject(new Error(`the empty server ended with ${code}`)))
  })
}
