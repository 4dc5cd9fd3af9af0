/**
 * Processor time of a piece of work, its share of garbage collection included: the machine is shared, and time on the
 * clock would measure the neighbours. They slow the processor itself as well, up to twofold and for seconds on end, so
 * batches of a few milliseconds are taken in turn for several seconds. The figure is the lowest tenth of them, as what
 * disturbs a batch only ever adds; the median beside it says how much disturbed.
 */
export interface Work {
  readonly name: string
  readonly run: (index: number) => unknown
}

/** Microseconds of one piece of work. */
export interface Cost {
  readonly undisturbed: number
  readonly median: number
}

const batchMicroseconds = 15_000
const leastBatches = 60
const measuredMicroseconds = 12_000_000

/** Until here V8 still compiles: at first without, then with what it has seen of types and branches. */
const warmMicroseconds = 1_000_000

/** Costs in the order given. Works are measured in turns, so that all meet the same machine. */
export function costsOf(works: readonly Work[]): Cost[] {
  const counts = works.map(countOfBatch)
  const batches = Math.max(leastBatches, Math.ceil(measuredMicroseconds / batchMicroseconds / works.length))
  const times: number[][] = works.map(() => [])
  for (let batch = 0; batch < batches; batch++) {
    works.forEach((work, at) => {
      times[at]!.push(timeOf(work, counts[at]!) / counts[at]!)
    })
  }
  return times.map((all) => {
    const sorted = all.toSorted((a, b) => a - b)
    return { undisturbed: sorted[Math.floor(batches / 10)]!, median: sorted[Math.floor(batches / 2)]! }
  })
}

/** Microseconds each, undisturbed, in the order given. */
export function microsecondsEach(works: readonly Work[]): number[] {
  return costsOf(works).map((cost) => cost.undisturbed)
}

/** Doubled until a batch is long enough to be measured, once the code is warm. */
function countOfBatch(work: Work): number {
  for (let spent = 0; spent < warmMicroseconds; ) spent += timeOf(work, 16)
  let count = 16
  while (timeOf(work, count) < batchMicroseconds) count *= 2
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
