/**
 * Processor time of a piece of work, its share of garbage collection included: the machine is shared, and time on the
 * clock would measure the neighbours. Batches of a few milliseconds in turn; the figure is the lower quartile of them,
 * as what disturbs a batch only ever adds.
 */
export interface Work {
  readonly name: string
  readonly run: (index: number) => unknown
}

const batches = 60
const batchMicroseconds = 15_000

/** Microseconds each, in the order given. Works are measured in turns, so that all meet the same machine. */
export function microsecondsEach(works: readonly Work[]): number[] {
  const counts = works.map(countOfBatch)
  const times: number[][] = works.map(() => [])
  for (let batch = 0; batch < batches; batch++) {
    works.forEach((work, at) => {
      times[at]!.push(timeOf(work, counts[at]!) / counts[at]!)
    })
  }
  return times.map((all) => all.sort((a, b) => a - b)[batches / 4]!)
}

/** Doubled until a batch is long enough to be measured, which warms the code up too. */
function countOfBatch(work: Work): number {
  let count = 16
  while (timeOf(work, count) < batchMicroseconds) count *= 2
  for (let warm = 0; warm < 8; warm++) timeOf(work, count)
  return count
}

function timeOf({ run }: Work, count: number): number {
  const before = process.cpuUsage()
  for (let index = 0; index < count; index++) run(index)
  const { user, system } = process.cpuUsage(before)
  return user + system
}

export function perSecondText(microseconds: number): string {
  return Math.round(1e6 / microseconds)
    .toLocaleString('en')
    .concat('/s')
}
