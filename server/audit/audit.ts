/**
 * The audit: proofs that the books are true, each over all of its rows. Meant for a quiet moment or a copy; on a system
 * under load a proof that spans two reads may see a write in between.
 */
import { balancesAreSums, legsBalance, nothingMissing } from './journal.ts'
import {
  chargesAreCaptured,
  creditIsKept,
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
  loansRefold,
  accountsAreLoans,
  linesAreSums,
  creditIsKept,
  chargesAreCaptured,
  repaymentsAreSpread,
  statementsRecompute,
  merchantsAreOwed,
  payoutsAreBooked,
]

/** `told` hears of each proof as it is done. */
export async function audit(scope: Scope, told: (proof: Proof) => void = () => {}): Promise<AuditReport> {
  const done: Proof[] = []
  for (const prove of proofs) {
    const result = await prove(scope)
    done.push(result)
    told(result)
  }
  return { ok: done.every((result) => result.failures.length === 0), proofs: done }
}
