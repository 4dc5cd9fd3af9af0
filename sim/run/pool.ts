/** Workers, a process for each core, and the groups of worlds shared out among them. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Group, GroupReport } from './types.ts'

const program = join(import.meta.dirname, 'worker.ts')

/**
 * Megabytes for what is young: a run makes little that lasts, but requests of a round live as long as it. With the usual 16
 * collecting took a tenth of the time and more; with 64 four times as long as with this, as what is moved twice dies old.
 */
const youngSpace = ['--min-semi-space-size=128', '--max-semi-space-size=256']

/** Gives the reports as they come in; `told` hears of each. */
export async function liveAll(
  template: string,
  groups: readonly Group[],
  workers: number,
  told: (report: GroupReport) => void,
): Promise<GroupReport[]> {
  const waiting = [...groups]
  const reports: GroupReport[] = []
  const work = async () => {
    const child = fork(program, { stdio: 'inherit', execArgv: [...process.execArgv, ...youngSpace] })
    try {
      for (let group = waiting.shift(); group !== undefined; group = waiting.shift()) {
        const report = await liveOne(child, template, group)
        reports.push(report)
        told(report)
      }
    } finally {
      child.disconnect()
    }
  }
  await Promise.all(Array.from({ length: Math.min(workers, groups.length) }, work))
  return reports
}

async function liveOne(child: ChildProcess, template: string, group: Group): Promise<GroupReport> {
  const gone = new AbortController()
  const ended = once(child, 'exit', { signal: gone.signal }).then(
    ([code]) => Promise.reject(new Error(`a worker ended with code ${code} in group ${group.name}`)),
    () => new Promise<never>(() => {}),
  )
  child.send({ template, group })
  const [answer] = (await Promise.race([once(child, 'message'), ended])) as [{ report?: GroupReport; error?: string }]
  gone.abort()
  if (answer.report === undefined) throw new Error(answer.error)
  return answer.report
}
