/**
 * The audit: proofs that the books are true, each over all of its rows, all of them on one snapshot of the database. So
 * it may run beside a system under load.
 */

import type { Database, Queryable } from '../platform/database.ts'
import { disputedLoansRest, merchantsWait } from './disputes.ts'
import { balancesAreSums, legsBalance, nothingMissing, totalsAreSums } from './journal.ts'
import {
  chargesAreCaptured,
  creditIsKept,
  creditIsLeftOver,
  linesAreSums,
  merchantsAreOwed,
  payoutsAreBooked,
  repaymentsAreSpread,
} from './lines.ts'
import { accountsAreLoans, loansRefold } from './loans.ts'
import { statementsRecompute } from './statements.ts'
import type { AuditReport, Proof, Scope } from './types.ts'

const proofs: readonly ((scope: Scope) => Promise<Proof>)[] = [
  nothingMissing,
  legsBalance,
  balancesAreSums,
  totalsAreSums,
  loansRefold,
  accountsAreLoans,
  linesAreSums,
  creditIsKept,
  creditIsLeftOver,
  chargesAreCaptured,
  repaymentsAreSpread,
  statementsRecompute,
  merchantsAreOwed,
  payoutsAreBooked,
  merchantsWait,
  disputedLoansRest,
]

/** Bytes for each sort and hash: there are several, beside a server under load. */
const mostRoom = 256 * 1024 ** 2

/**
 * For sums over all there is, as much memory as for other upkeep: with what a request has they are sorted instead, which takes
 * half as long again.
 */
async function takeRoom(snapshot: Queryable): Promise<void> {
  await snapshot`
    select set_config('work_mem', least(pg_size_bytes(current_setting('maintenance_work_mem')), ${mostRoom}) / 1024 || 'kB', true)`
}

/** `told` hears of each proof as it is done. */
export async function audit(
  db: Database,
  tenantId: string | null,
  told: (proof: Proof) => void = () => {},
): Promise<AuditReport> {
  const done: Proof[] = []
  await db.begin('isolation level repeatable read read only', async (snapshot) => {
    if (tenantId === null) await takeRoom(snapshot)
    for (const prove of proofs) {
      const result = await prove({ db: snapshot, tenantId })
      done.push(result)
      told(result)
    }
  })
  return { ok: done.every((result) => result.failures.length === 0), proofs: done }
}
