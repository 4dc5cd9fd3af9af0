/**
 * Requests go in rounds: all that wait at a time, of one company, and the next when all of them have their answers. In a round
 * their look-ups and commits meet, whosever they are; let in one by one as they came they made half as many statements again,
 * each stage of one request beside another stage of others. People ask for the next thing when they have an answer, so a round
 * keeps nobody from anything.
 *
 * Those that are to meet the same trouble are a company: with others their commit would have to be taken apart, so that nobody
 * else's fails with it, which was a third of all commits.
 */
export interface Gate {
  /** Gives what lets others in, once all of the round have called it. */
  enter(company: string): Promise<() => void>
}

export function createGate(): Gate {
  /** By company; in the order in which the first of each came. */
  const waiting = new Map<string, (() => void)[]>()
  let inside = 0
  let scheduled = false

  /** In the loop's next turn, when those who have their answers have come with what they ask for next. */
  function schedule(): void {
    if (scheduled || inside > 0 || waiting.size === 0) return
    scheduled = true
    setImmediate(admit)
  }

  /**
   * The company that has waited longest. Those who met trouble ask again among the many who don't, so it is soon their turn too;
   * the largest company first made a fifth more rounds.
   */
  function admit(): void {
    scheduled = false
    for (const [company, all] of waiting) {
      waiting.delete(company)
      inside = all.length
      for (const letIn of all) letIn()
      return
    }
  }

  function leave(): void {
    inside--
    schedule()
  }

  return {
    enter(company) {
      const { promise, resolve } = Promise.withResolvers<() => void>()
      const letIn = () => resolve(leave)
      const others = waiting.get(company)
      if (others === undefined) waiting.set(company, [letIn])
      else others.push(letIn)
      schedule()
      return promise
    },
  }
}
