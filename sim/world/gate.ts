/**
 * Many at a time, or one alone. A request that meets trouble goes alone: in company its commit would have to be taken
 * apart, so that nobody else's fails with it, which was a third of all commits.
 */
export interface Gate {
  /** Gives what lets the next one in. */
  enter(alone: boolean): Promise<() => void>
}

export function createGate(): Gate {
  const waiting: { readonly alone: boolean; readonly letIn: () => void }[] = []
  let inside = 0
  let closed = false

  /** In order of arrival, so that whoever waits to be alone is not passed for ever. */
  function admit(): void {
    for (let next = waiting[0]; next !== undefined && !closed; next = waiting[0]) {
      if (next.alone && inside > 0) return
      waiting.shift()
      inside++
      closed = next.alone
      next.letIn()
    }
  }

  function leave(): void {
    inside--
    closed = false
    admit()
  }

  return {
    enter(alone) {
      const { promise, resolve } = Promise.withResolvers<() => void>()
      waiting.push({ alone, letIn: () => resolve(leave) })
      admit()
      return promise
    },
  }
}
