/**
 * Worlds of a group keep step: each begins a part of its day when all have come to it. Their requests then meet in the same
 * look-ups and commits; what a world sends and is answered does not depend on it.
 */
export interface Pace {
  /** Waits for all others. */
  step(): Promise<void>
  /** Goes away; the others no longer wait for it. */
  leave(): void
}

export function createPace(walkers: number): Pace {
  let walking = walkers
  let waiting: (() => void)[] = []

  function goOn(): void {
    if (waiting.length < walking) return
    const all = waiting
    waiting = []
    for (const resolve of all) resolve()
  }

  return {
    step() {
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.push(resolve)
      goOn()
      return promise
    },
    leave() {
      walking--
      goOn()
    },
  }
}
