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
  const waiting = new Map<string, (() => void)[]>()
  let inside = 0
  let scheduled = false

  /** In the loop's next turn, when those who have their answers have come with what they ask for next. */
  function schedule(): void {
    if (scheduled || inside > 0 || waiting.size === 0) return
    scheduled = true
    setImmediate(admit)
  }

  /** The largest company: the others' turn comes, as those who are not let in ask for nothing more. */
  function admit(): void {
    scheduled = false
    let [company, all]: [string, readonly (() => void)[]] = ['', []]
    for (const [name, those] of waiting) if (those.length > all.length) [company, all] = [name, those]
    waiting.delete(company)
    inside = all.length
    for (const letIn of all) letIn()
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
