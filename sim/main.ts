/**
 * `npm run sim -- --seed S --customers N --days D`: worlds of customers, shops, funders and staff drive the real server,
 * with faults on the way, and an independent auditor reckons beside it what everybody owes. See docs/simulator.md.
 */
import { createHash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { CommandError, parseCommandLine, runCommand, whole } from '../cli/command-line.ts'
import { maxShard } from '../server/platform/ids.ts'
import { liveAll } from './run/pool.ts'
import { type Played, tellingsOf } from './run/telling.ts'
import type { Group, GroupReport } from './run/types.ts'
import { type Cluster, startCluster } from './world/cluster.ts'

const help = `npm run sim -- [--seed S | --seeds A..B] [--customers N] [--days D]

  --seed, --seeds   one world, or one for each number; 1 by default
  --customers       of each world, 100 by default
  --days            120 by default
  --until-day K     stops after that day; the days before are those of the whole run
  --verbose         prints what is sent and answered on the last day
  --no-faults       every request goes through at once
  --all-lines K     compares every line on every Kth day, 30 by default; on the others those something happened to
  --audit K         runs the server's own audit on every Kth day besides the last
  --shards S        of the database, 1 by default
  --workers W       processes, as many as there are cores by default
Exit code 0: the server and the auditor agree, to the last cent, on every day of every world.
`

interface Settings extends Played {
  readonly seeds: readonly number[]
  readonly untilDay: number
  readonly verbose: boolean
  readonly allLinesEvery: number
  readonly auditEvery: number
  readonly workers: number
}

function readSettings(): Settings | null {
  const { values } = parseCommandLine({
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string' },
      customers: { type: 'string' },
      days: { type: 'string' },
      'until-day': { type: 'string' },
      verbose: { type: 'boolean', default: false },
      'no-faults': { type: 'boolean', default: false },
      'all-lines': { type: 'string' },
      audit: { type: 'string' },
      shards: { type: 'string' },
      workers: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return null
  const days = whole('--days', values.days, 1, 120)
  return {
    seeds: values.seeds === undefined ? [whole('--seed', values.seed, 0, 1)] : range(values.seeds),
    customers: whole('--customers', values.customers, 1, 100),
    days,
    untilDay: Math.min(days, whole('--until-day', values['until-day'], 1, days)),
    verbose: values.verbose,
    withFaults: !values['no-faults'],
    allLinesEvery: whole('--all-lines', values['all-lines'], 0, 30),
    auditEvery: whole('--audit', values.audit, 0, 0),
    shards: whole('--shards', values.shards, 1, 1, maxShard + 1),
    workers: whole('--workers', values.workers, 1, availableParallelism()),
  }
}

/** More than a day's work for two cores. */
const mostSeeds = 100_000

function range(text: string): number[] {
  const [, from, to] = (/^(\d{1,9})\.\.(\d{1,9})$/.exec(text) ?? []).map(Number)
  if (from === undefined || to === undefined || from > to) {
    throw new CommandError(`--seeds "${text}" is not a range like 1..200.`)
  }
  if (to - from >= mostSeeds) {
    throw new CommandError(`--seeds "${text}" are more than ${mostSeeds.toLocaleString('en')} worlds.`)
  }
  return Array.from({ length: to - from + 1 }, (_, place) => from + place)
}

/** Of one database, living at the same time: enough that worlds share look-ups and commits, few enough for the memory. */
const worldsPerGroup = 100

async function run(order: Settings): Promise<number> {
  const { seeds, customers, untilDay } = order
  const cluster = await startCluster()
  const startedAt = performance.now()
  console.log(
    `sim: ${seeds.length} world${seeds.length === 1 ? '' : 's'} of ${customers} customers and ${untilDay} days`,
  )
  try {
    const reports = await liveAll(cluster.template, groupsOf(order), order.workers, (report) => {
      for (const telling of tellingsOf(order, report)) console.error(`\n${telling}`)
    })
    return summarise(order, reports, cluster, performance.now() - startedAt)
  } finally {
    await cluster.stop()
  }
}

function groupsOf(order: Settings): Group[] {
  const { seeds, customers, untilDay, withFaults, allLinesEvery, auditEvery, shards, workers, verbose } = order
  const size = Math.min(worldsPerGroup, Math.ceil(seeds.length / workers))
  const world = { customers, days: untilDay, withFaults, allLinesEvery, auditEvery }
  return Array.from({ length: Math.ceil(seeds.length / size) }, (_, place) => ({
    name: String(place + 1),
    seeds: seeds.slice(place * size, (place + 1) * size),
    shards,
    world,
    tellDay: verbose ? untilDay : null,
  }))
}

/** So many requests without a single fault would mean that faults are no longer brought in. */
const requestsWithoutFault = 5_000

function summarise(
  { seeds, withFaults }: Settings,
  reports: readonly GroupReport[],
  cluster: Cluster,
  milliseconds: number,
): number {
  const worlds = reports.flatMap((report) => report.worlds).toSorted((one, other) => one.seed - other.seed)
  const sum = (figure: 'requests' | 'sentAgain' | 'loans' | 'compared') =>
    worlds.reduce((total, world) => total + world[figure], 0).toLocaleString('en')
  const faults = reports.reduce((total, report) => total + report.faultsMet, 0).toLocaleString('en')
  const digest = createHash('sha256')
  for (const world of worlds) digest.update(`${world.seed} ${world.digest}\n`)
  const postgres = cluster.processorSeconds()
  const own = reports.reduce((total, report) => total + report.processorSeconds, 0)
  const times = [
    `${(milliseconds / 1_000).toFixed(1)} s`,
    `processor time: Node ${own.toFixed(1)} s${postgres === null ? '' : `, PostgreSQL ${postgres.toFixed(1)} s`}`,
    `${Math.max(...reports.map((report) => report.rssMegabytes))} MB`,
  ]
  console.log(`${sum('requests')} requests, ${sum('sentAgain')} of them sent again, ${faults} faults of the database`)
  console.log(`${sum('loans')} loans; lines compared ${sum('compared')} times`)
  console.log(`digest ${digest.digest('hex')}`)
  console.log(times.join(' · '))
  const requests = worlds.reduce((total, world) => total + world.requests, 0)
  const met = reports.reduce((total, report) => total + report.faultsMet, 0)
  if (withFaults && met === 0 && requests > requestsWithoutFault) {
    console.log('✗ no fault was met: the simulator does not reach the database any more')
    return 1
  }
  const disagreeing = seeds.length - worlds.length
  const broken = reports.filter((report) => report.common !== null).length
  if (disagreeing > 0) console.log(`✗ ${disagreeing} of ${seeds.length} worlds disagree`)
  if (broken > 0) console.log(`✗ the books of all worlds together do not hold in ${broken} of ${reports.length} groups`)
  if (disagreeing + broken > 0) return 1
  console.log('✓ the server and the auditor agree')
  return 0
}

process.exitCode = await runCommand('sim', help, readSettings, run)
