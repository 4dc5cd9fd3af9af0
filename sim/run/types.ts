/** What the process of a run and its workers tell each other. */
import type { WorldOptions, WorldReport } from '../world/world.ts'

export interface Group {
  readonly name: string
  readonly seeds: readonly number[]
  readonly shards: number
  readonly world: Pick<WorldOptions, 'customers' | 'days' | 'withFaults' | 'allLinesEvery' | 'auditEvery'>
  /** Prints what is said on this day of the run, counted from 1. */
  readonly tellDay: number | null
}

export interface Failure {
  readonly seed: number
  /** Counted from 1; 0 before the first. */
  readonly dayNumber: number
  readonly message: string
}

/** What an audit of all worlds' books found on an evening, whosever they are. */
export interface CommonFinding {
  /** Counted from 1. */
  readonly dayNumber: number
  readonly findings: readonly string[]
}

export interface GroupReport {
  readonly name: string
  readonly seeds: readonly number[]
  readonly worlds: readonly WorldReport[]
  readonly failures: readonly Failure[]
  /** Also where worlds failed: it may be of others. */
  readonly common: CommonFinding | null
  readonly faultsMet: number
  readonly rssMegabytes: number
  /** Processor time of server, people and auditor; PostgreSQL's is not in it. */
  readonly processorSeconds: number
}

/** To a worker. */
export interface Order {
  readonly template: string
  readonly group: Group
}
