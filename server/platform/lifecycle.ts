import { StartupError } from './startup-error.ts'

type Step = () => Promise<unknown> | unknown

/**
 * What has been started, to be stopped in the opposite order: the listener before the jobs, those before the pool, that
 * before PostgreSQL. A step that fails is reported and the next one runs all the same.
 */
export interface Lifecycle {
  onStop(name: string, step: Step): void
  stop(): Promise<void>
}

export function createLifecycle(report: (message: string) => void): Lifecycle {
  const steps: { name: string; step: Step }[] = []
  let stopping: Promise<void> | null = null

  async function stopAll(): Promise<void> {
    for (const { name, step } of steps.reverse()) {
      try {
        await step()
      } catch (error) {
        report(`could not stop ${name}: ${error}`)
      }
    }
  }

  return {
    onStop: (name, step) => void steps.push({ name, step }),
    stop: () => {
      stopping ??= stopAll()
      return stopping
    },
  }
}

/** Waits for work to end, but not longer than this; true if it did. */
export async function within(milliseconds: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const tooLate = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds)
  })
  const inTime = work.then(() => true)
  return Promise.race([inTime, tooLate]).finally(() => clearTimeout(timer))
}

/** One line for what the operator can mend, everything for what only a programmer can. */
export function printFailure(error: unknown): void {
  console.error(error instanceof StartupError ? `chit: ${error}` : error)
}
