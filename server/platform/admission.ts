/**
 * How much work is let in. Beyond its capacity a server that takes everything gets slower for everybody until clients
 * give up on answers that are still being made; so what would wait too long is refused, which costs a fraction.
 *
 * The wait of a new request is estimated by Little's law (J. D. C. Little, Operations Research 9, 1961): requests inside
 * divided by requests finished a second. A fixed bound on requests lost: right for one machine and one kind of request,
 * it is too many on a slower one and too few on a faster.
 *
 * A crowd that comes at once and is done within the bound is let in whole. A queue that stands, because more come than get
 * finished, helps nobody: those in it only wait, and the server keeps the work of all of them in its memory, which costs
 * speed. It is kept short (K. Nichols, V. Jacobson, "Controlling Queue Delay", ACM Queue 10(5), 2012, tell the two apart by
 * the shortest that the queue was in a while).
 */
export interface Admission {
  /** Lets a request in (null), or says after how many seconds it is worth coming back. */
  enter(): number | null
  /** Whether the next request would be refused. */
  isFull(): boolean
  /** After how many seconds it is worth coming back, for a request that is refused because it is full. */
  comeBackAfter(): number
  /** The answer of a request that was let in is ready. */
  leave(): void
  /** The body of a request that was let in is still on its way: so long it takes no place. */
  stepOut(): void
  /** The body is there. */
  stepIn(): void
  inside(): number
  /** How many are let in at the moment. */
  limit(): number
}

export interface AdmissionOptions {
  /** Milliseconds, monotonic. */
  now(): number
  /** Estimated wait beyond which a request is refused. */
  waitMaxMs?: number
  /** The same while there is a standing queue. */
  standingWaitMaxMs?: number
  /** So many may be inside however slow the server is: what fits one commit is no queue. */
  alwaysAdmitted?: number
}

/** Taken for true until the server has been busy once; a wrong guess is corrected within a second. */
const firstGuessPerSecond = 2_000
const windowMs = 100
/** What the newest window counts: three windows are enough to follow a database that stalls or wakes up. */
const weightOfNewest = 0.5
/** A crowd that was let in is gone after a second, unless as many come behind it. */
const standingWindows = 10
/** Those refused together are sent away for 1, 2 and 3 seconds in turn, so that they don't come back together. */
const retrySpreadSeconds = 3

export function createAdmission(options: AdmissionOptions): Admission {
  const { now, waitMaxMs = 500, standingWaitMaxMs = Math.min(waitMaxMs, 200), alwaysAdmitted = 256 } = options
  let perSecond = firstGuessPerSecond
  let inside = 0
  let refused = 0
  let windowStart = now()
  let finished = 0
  /** Fewest inside at any moment of the window: only a server that was never short of work shows what it can do. */
  let fewest = 0
  /** Windows in a row in which the queue was never short. */
  let longWindows = 0

  const limitFor = (waitMs: number) => Math.max(alwaysAdmitted, Math.floor((perSecond * waitMs) / 1000))
  const limit = () => limitFor(longWindows >= standingWindows ? standingWaitMaxMs : waitMaxMs)

  function closeWindow(): void {
    const elapsed = now() - windowStart
    if (elapsed < windowMs) return
    const observed = (finished * 1000) / elapsed
    // A rate that was reached is proof; one that was not reached is proof only where there was work all the time.
    if (observed > perSecond || fewest >= limit() / 2) perSecond += (observed - perSecond) * weightOfNewest
    longWindows = fewest >= limitFor(standingWaitMaxMs) / 2 ? longWindows + 1 : 0
    windowStart += elapsed
    finished = 0
    fewest = inside
  }

  function stepOut(): void {
    inside--
    fewest = Math.min(fewest, inside)
  }

  function isFull(): boolean {
    closeWindow()
    return inside >= limit()
  }

  function comeBackAfter(): number {
    const waitSeconds = Math.min(30, Math.floor(inside / Math.max(perSecond, 1)))
    return 1 + waitSeconds + (refused++ % retrySpreadSeconds)
  }

  return {
    isFull,
    comeBackAfter,
    enter() {
      if (isFull()) return comeBackAfter()
      inside++
      return null
    },
    leave() {
      stepOut()
      finished++
      closeWindow()
    },
    stepOut,
    stepIn() {
      inside++
    },
    inside: () => inside,
    limit,
  }
}
