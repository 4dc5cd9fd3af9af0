/** Runs the load generator and gives what it measured. */
import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { ScenarioName } from './scenario.ts'

export interface LoadPlan {
  readonly scenario: ScenarioName
  readonly port: number
  readonly key: string
  readonly connections: number
  readonly warmupSeconds: number
  readonly seconds: number
  readonly lines: readonly string[]
  readonly merchants: readonly string[]
  /** The program that is quoted. */
  readonly programId: string
  readonly seed: number
  /** Where a follower of the feed begins. */
  readonly cursor: string
}

export interface LoadResult {
  readonly requests: number
  /** All that were answered, those of the warm-up included. */
  readonly answered: number
  readonly seconds: number
  /** Milliseconds of each request, ascending. */
  readonly times: Float64Array
  readonly statuses: Readonly<Record<string, number>>
  readonly refusals: readonly string[]
  readonly followed: number
  readonly followedSeconds: number
  /** Processor time of the generator itself, in cores. */
  readonly cores: number
}

let seeds = 0

export function runLoad(plan: Omit<LoadPlan, 'seed' | 'cursor'> & { readonly cursor?: string }): Promise<LoadResult> {
  const child = fork(join(import.meta.dirname, 'generator.ts'), { serialization: 'advanced' })
  const whole: LoadPlan = { cursor: '', ...plan, seed: Date.now() + ++seeds }
  child.send(whole)
  return new Promise((resolve, reject) => {
    let result: LoadResult | null = null
    child.on('message', (message: LoadResult) => {
      result = message
    })
    child.on('exit', (code) => {
      if (result === null) reject(new Error(`the load generator ended with ${code}`))
      else resolve(result)
    })
  })
}

/**
 * Load that nobody measures. A new server spends up to 40 % of its processor time compiling its own code; after half a minute
 * that is over, and a server that runs for weeks is what matters.
 */
export async function warmUp(plan: Omit<LoadPlan, 'seed' | 'cursor' | 'warmupSeconds' | 'seconds'>, short: boolean) {
  await runLoad({ ...plan, warmupSeconds: 0, seconds: short ? 4 : 40 })
}

export function percentile(times: Float64Array, share: number): number {
  return times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN
}

export function rateOf(result: LoadResult): number {
  return result.requests / result.seconds
}

/** `8,123/s · p50 6.1 ms · p99 14.8 ms`, and what was refused, if anything. */
export function summary(result: LoadResult): string {
  const { times, statuses, refusals } = result
  const refused = Object.entries(statuses).filter(([status]) => Number(status) >= 400)
  const line = `${figure(rateOf(result))}/s · p50 ${ms(percentile(times, 0.5))} · p99 ${ms(percentile(times, 0.99))}`
  if (refused.length === 0) return line
  return `${line} · refused: ${refused.map(([status, count]) => `${count} × ${status}`).join(', ')} ${refusals[0]}`
}

export function figure(value: number): string {
  return Math.round(value).toLocaleString('en')
}

export function ms(value: number): string {
  return `${value < 10 ? value.toFixed(2) : value.toFixed(1)} ms`
}
