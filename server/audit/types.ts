import type { Queryable } from '../platform/database.ts'

/** Where to look: everything, or one tenant. */
export interface Scope {
  readonly db: Queryable
  readonly tenantId: string | null
}

/** For a `where`: the rows in the scope, of the table itself or of one by its name in the query. */
export function ownRows({ db, tenantId }: Scope, table?: string) {
  if (tenantId === null) return db`true`
  return table === undefined ? db`tenant_id = ${tenantId}` : db`${db(table)}.tenant_id = ${tenantId}`
}

/** What one proof found: how many things it checked, and every one that is wrong, in words with its id. */
export interface Proof {
  readonly name: string
  readonly checked: number
  readonly failures: readonly string[]
}

export interface AuditReport {
  readonly ok: boolean
  readonly proofs: readonly Proof[]
}

/** Enough to find a fault by; a broken table must not fill the screen. */
export const failuresShown = 50

export function proof(name: string, checked: number, failures: readonly string[]): Proof {
  if (failures.length <= failuresShown) return { name, checked, failures }
  return {
    name,
    checked,
    failures: [...failures.slice(0, failuresShown), `… and ${failures.length - failuresShown} more`],
  }
}
