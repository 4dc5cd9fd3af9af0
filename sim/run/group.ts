/** Some worlds on one database and one server: their requests meet in the same commits, their people never do. */
import { setImmediate as turn } from 'node:timers/promises'
import { type Cluster, copyDatabase } from '../world/cluster.ts'
import { type House, openHouse } from '../world/house.ts'
import { Disagreement, live, type WorldReport } from '../world/world.ts'
import { createPace } from './pace.ts'
import type { CommonFinding, Failure, Group, GroupReport } from './types.ts'

/** `open`: of the server that they live with, on the group's own database. */
export async function liveGroup(
  template: Cluster['template'],
  group: Group,
  open: typeof openHouse = openHouse,
): Promise<GroupReport> {
  const before = process.cpuUsage()
  const database = await copyDatabase(template, `sim_${group.name}`)
  const house = await open(database.url, { shards: group.shards })
  const worlds: WorldReport[] = []
  const failures: Failure[] = []
  const { booksHold, found } = auditOf(house)
  try {
    const pace = createPace(group.seeds.length)
    const common = { ...group.world, ...toldOf(group), step: pace.step, booksHold }
    await Promise.all(
      group.seeds.map((seed) =>
        live(house, { ...common, seed, passed: eveningOf(house, group, seed) })
          .then(
            (report) => worlds.push(report),
            (error: unknown) => failures.push(failureOf(seed, error)),
          )
          .finally(pace.leave),
      ),
    )
  } finally {
    await house.close()
    await database.drop()
  }
  const rssMegabytes = Math.round(process.memoryUsage.rss() / 1_048_576)
  const { user, system } = process.cpuUsage(before)
  const processorSeconds = (user + system) / 1_000_000
  const { name, seeds } = group
  const faultsMet = house.trouble.met()
  return { name, seeds, worlds, failures, common: found(), faultsMet, rssMegabytes, processorSeconds }
}

function toldOf({ tellDay }: Group) {
  if (tellDay === null) return {}
  return {
    told: (dayNumber: number, line: string) => {
      if (dayNumber === tellDay) console.log(line.trimEnd())
    },
  }
}

/**
 * One audit for all worlds that ask for theirs on an evening: the same proofs over the same rows, but each table is read
 * once and not once for every world. `found`: what is wrong, and since when; the worlds go no further then.
 */
function auditOf(house: House) {
  let asked: Promise<boolean> | null = null
  let common: CommonFinding | null = null
  const run = async (dayNumber: number) => {
    // Worlds come to it in the same turn; what is asked for later is asked anew.
    await turn()
    asked = null
    const failed = (await house.auditAll()).proofs.flatMap(({ name, failures }) =>
      failures.map((failure) => `${name}: ${failure}`),
    )
    if (failed.length > 0) common ??= { dayNumber, findings: failed }
    return failed.length === 0
  }
  return { booksHold: (dayNumber: number) => (asked ??= run(dayNumber)), found: () => common }
}

/** Of the first world of a group: once in as many days as have passed, so that it costs little in worlds of any length. */
function eveningOf(house: House, group: Group, seed: number): (dayNumber: number) => Promise<void> {
  const tell = progressOf(group, seed)
  return async (dayNumber) => {
    tell(dayNumber)
    const isPowerOfTwo = (dayNumber & (dayNumber - 1)) === 0
    if (seed === group.seeds[0] && isPowerOfTwo) await house.takeStock()
  }
}

const progressMilliseconds = 30_000

/** A long run says from time to time where it is, how long a day takes by now, and what memory it needs. */
function progressOf(group: Group, seed: number): (dayNumber: number) => void {
  let [toldAt, toldDay] = [0, 0]
  return (dayNumber) => {
    const now = performance.now()
    // From the first evening on: before it the customers come in.
    if (toldDay === 0) [toldAt, toldDay] = [now, dayNumber]
    if (seed !== group.seeds[0] || now - toldAt < progressMilliseconds) return
    const seconds = (now - toldAt) / 1_000 / (dayNumber - toldDay)
    const worlds = group.seeds.length === 1 ? `seed ${seed}` : `seed ${seed} and ${group.seeds.length - 1} beside it`
    const left = Math.round((seconds * (group.world.days - dayNumber)) / 60)
    const memory = Math.round(process.memoryUsage.rss() / 1_048_576)
    console.log(
      `${worlds}: day ${dayNumber} of ${group.world.days}, ${seconds.toFixed(2)} s a day, ${left} min to go, ${memory} MB`,
    )
    ;[toldAt, toldDay] = [now, dayNumber]
  }
}

function failureOf(seed: number, error: unknown): Failure {
  const dayNumber = error instanceof Disagreement ? error.dayNumber : 0
  return { seed, dayNumber, message: error instanceof Error ? error.message : String(error) }
}
