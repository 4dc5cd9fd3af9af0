/**
 * Requests of one company at a time. Those that are to meet the same trouble go together: in company with others their
 * commit would have to be taken apart, so that nobody else's fails with it, which was a third of all commits; and one
 * by one, each with look-ups and a commit of its own, they were a quarter of all statements.
 */
export interface Gate {
  /** Gives what lets others in, once all of the company inside have called it. */
  enter(company: string): Promise<() => void>
}

export function createGate(): Gate {
  /** By company; in the order in which the first of each came. */
  const waiting = new Map<string, (() => void)[]>()
  let current = ''
  let inside = 0

  /**
   * Whoever belongs to those inside goes in at once. Nobody is passed for ever: each person waits for an answer before
   * the next request, so those inside come to an end.
   */
  function admit(): void {
    if (inside === 0) current = waiting.keys().next().value ?? current
    const all = waiting.get(current)
    if (all === undefined) return
    waiting.delete(current)
    inside += all.length
    for (const letIn of all) letIn()
  }

  function leave(): void {
    inside--
    admit()
  }

  return {
    enter(company) {
      const { promise, resolve } = Promise.withResolvers<() => void>()
      const letIn = () => resolve(leave)
      const others = waiting.get(company)
      if (others === undefined) waiting.set(company, [letIn])
      else others.push(letIn)
      admit()
      return promise
    },
  }
}
