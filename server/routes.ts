/** Where the capabilities meet the shell: their routes, their jobs. */
import { registerAudit } from './audit/routes.ts'
import { registerCharges } from './charges/routes.ts'
import { closeElapsedDays } from './closing/clock.ts'
import { registerClock } from './closing/routes.ts'
import { ensureDemoWorld } from './demo-world.ts'
import { registerDisputes } from './disputes/routes.ts'
import { registerExplain } from './explain/routes.ts'
import { drainPostings } from './journal/post.ts'
import { drainPayouts } from './journal/post-payouts.ts'
import { registerJournal } from './journal/routes.ts'
import { makePartitions } from './journal/store.ts'
import { registerLines } from './lines/routes.ts'
import { registerLoans } from './loans/routes.ts'
import { registerParties } from './parties/routes.ts'
import type { Platform } from './platform/context.ts'
import { problem } from './platform/errors.ts'
import type { App } from './platform/http.ts'
import { oneAtATime } from './platform/one-at-a-time.ts'
import { registerPrograms } from './programs/routes.ts'
import { registerRepayments } from './repayments/routes.ts'
import { registerSettlement } from './settlement/routes.ts'
import { payAtOnce } from './settlement/service.ts'
import { registerStatements } from './statements/routes.ts'

export function registerRoutes(app: App): void {
  app.addHook('preHandler', (request, _reply, done) => {
    const mayNot = request.method !== 'GET' && request.caller?.role === 'reader'
    done(mayNot ? problem('forbidden', { detail: 'A reader’s key reads only.' }) : undefined)
  })
  registerParties(app)
  registerPrograms(app)
  registerLines(app)
  registerCharges(app, payAtOnce)
  registerDisputes(app)
  registerLoans(app)
  registerRepayments(app)
  registerStatements(app)
  registerSettlement(app)
  registerJournal(app)
  registerClock(app)
  registerAudit(app)
  registerExplain(app)
}

const closeEveryMs = 30_000

/**
 * What must be there before the first request; gives the lines to greet with, by the address that the server will have. Of servers
 * that start at the same time one does it: two would make a demo world each.
 */
export function prepare(platform: Platform): Promise<(address: string) => string[]> {
  return oneAtATime(platform.db, 'prepare', async () => {
    await makePartitions(platform.db)
    return ensureDemoWorld(platform)
  })
}

/** Starts what runs besides requests; the answer stops it and waits for what is under way. */
export function startJobs(platform: Platform): () => Promise<void> {
  let running = Promise.resolve()
  let busy = false
  const turn = () => {
    if (busy) return
    busy = true
    running = work(platform).finally(() => {
      busy = false
    })
  }
  const timer = setInterval(turn, closeEveryMs)
  turn()
  return async () => {
    clearInterval(timer)
    await running
    await Promise.all([drainPostings(platform), drainPayouts(platform)])
  }
}

async function work(platform: Platform): Promise<void> {
  // The newer version closes the days from now on.
  if (platform.newerSchema.migration() !== null) return
  try {
    // Not made, they are in the next turn: there are two months of them ahead.
    await makePartitions(platform.db.readings)
    await closeElapsedDays(platform)
  } catch (error) {
    platform.log.error({ err: error }, 'a job failed; it is tried again')
  }
}
