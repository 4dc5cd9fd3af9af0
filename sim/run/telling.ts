/** What a run says of a group in which something is wrong, with the command that plays it again. */
import type { GroupReport } from './types.ts'

/** What the worlds of a run have in common. */
export interface Played {
  readonly customers: number
  readonly days: number
  readonly withFaults: boolean
  readonly shards: number
}

export function tellingsOf(played: Played, { seeds, failures, common }: GroupReport): string[] {
  const tellings = failures.map(({ seed, dayNumber, message }) =>
    telling(message, `${again(played, [seed], dayNumber)} --verbose`),
  )
  if (common === null) return tellings
  const { dayNumber, findings } = common
  const message = `${namesOf(seeds)}, day ${dayNumber}: the books of all worlds together:\n  ${findings.join('\n  ')}`
  return [...tellings, telling(message, again(played, seeds, dayNumber))]
}

function telling(message: string, command: string): string {
  return `✗ ${message}\n  again: ${command}`
}

const namesOf = (seeds: readonly number[]) =>
  seeds.length === 1 ? `seed ${seeds[0]}` : `seeds ${seeds[0]}..${seeds.at(-1)}`

/** Seeds of a group follow each other; with one worker they are one group again. */
function again({ customers, days, withFaults, shards }: Played, seeds: readonly number[], dayNumber: number): string {
  const [first, last] = [seeds[0], seeds.at(-1)]
  return [
    first === last ? `npm run sim -- --seed ${first}` : `npm run sim -- --seeds ${first}..${last} --workers 1`,
    `--customers ${customers} --days ${days}`,
    ...(dayNumber > 0 ? [`--until-day ${dayNumber}`] : []),
    ...(withFaults ? [] : ['--no-faults']),
    ...(shards === 1 ? [] : [`--shards ${shards}`]),
  ].join(' ')
}
