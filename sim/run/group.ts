/** Some worlds on one database and one server: their requests meet in the same commits, their people never do. */
import { type Cluster, copyDatabase } from '../world/cluster.ts'
import { openHouse } from '../world/house.ts'
import { Disagreement, live, type WorldReport } from '../world/world.ts'
import { createPace } from './pace.ts'
import type { Failure, Group, GroupReport } from './types.ts'

export async function liveGroup(template: Cluster['template'], group: Group): Promise<GroupReport> {
  const before = process.cpuUsage()
  const database = await copyDatabase(template, `sim_${group.name}`)
  const house = await openHouse(database.url, { shards: group.shards })
  const worlds: WorldReport[] = []
  const failures: Failure[] = []
  try {
    const pace = createPace(group.seeds.length)
    await Promise.all(
      group.seeds.map((seed) =>
        live(house, { ...group.world, seed, ...toldOf(group), step: pace.step, passed: progressOf(group, seed) })
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
  return { worlds, failures, faultsMet: house.trouble.met(), rssMegabytes, processorSeconds }
}

function toldOf({ tellDay }: Group) {
  if (tellDay === null) return {}
  return {
    told: (dayNumber: number, line: string) => {
      if (dayNumber === tellDay) console.log(line.trimEnd())
    },
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
