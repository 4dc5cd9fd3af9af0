/**
 * Fair shares of what all use together: each owner may have only so many at a time, however many are free, and its further
 * wishes wait in the order they came. So whoever asks for much waits for itself and for nobody else.
 */
import { problem } from './errors.ts'

export interface SharesOptions {
  /** So many may one owner have at a time. */
  readonly most: number
  /** No wish waits longer; null: as long as it takes. */
  readonly patienceSeconds: number | null
}

export interface Shares {
  /** Runs work that takes one; rejects with `busy`, and does not run it, where the owner's others take too long. */
  within<Done>(owner: string, work: () => Promise<Done>): Promise<Done>
  /** The same for who gives it back by itself, once. */
  take(owner: string): Promise<void>
  giveBack(owner: string): void
  /** How many have something. */
  owners(): number
}

interface Share {
  taken: number
  readonly waiting: (() => void)[]
}

export function createShares({ most, patienceSeconds }: SharesOptions): Shares {
  const shares = new Map<string, Share>()

  async function take(owner: string): Promise<void> {
    const share = shares.get(owner)
    if (share === undefined) shares.set(owner, { taken: 1, waiting: [] })
    else if (share.taken < most) share.taken++
    else await turn(share)
  }

  /** Resolves when the owner gives one back, whose place is taken over. */
  function turn({ waiting }: Share): Promise<void> {
    return new Promise((resolve, reject) => {
      const next = () => {
        clearTimeout(timer)
        resolve()
      }
      const late = () => {
        waiting.splice(waiting.indexOf(next), 1)
        const detail = `${most} such readings at a time are made, and those before this one took longer than ${patienceSeconds} s.`
        reject(problem('busy', { detail, retryAfterSeconds: 1 }))
      }
      const timer = patienceSeconds === null ? undefined : setTimeout(late, patienceSeconds * 1_000)
      waiting.push(next)
    })
  }

  function giveBack(owner: string): void {
    const share = shares.get(owner)!
    const next = share.waiting.shift()
    if (next !== undefined) next()
    else if (--share.taken === 0) shares.delete(owner)
  }

  return {
    async within(owner, work) {
      await take(owner)
      try {
        return await work()
      } finally {
        giveBack(owner)
      }
    },
    take,
    giveBack,
    owners: () => shares.size,
  }
}
