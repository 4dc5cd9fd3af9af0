/** What went wrong between Chit and PostgreSQL, as opposed to what PostgreSQL refused. */
import pg from 'pg'

/**
 * The database could not be asked, or its answer did not come. Where a statement had been sent, nobody knows whether it took
 * effect: its connection is gone, so ask again under the same key.
 */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
  /** Of the operating system (`ECONNREFUSED`, …), or one of ours: `CONNECTION_CLOSED`, `CONNECTION_ENDED`, `ETIMEDOUT`. */
  readonly code: string

  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }
}

/** The code of an error: PostgreSQL's SQLSTATE, or the operating system's word; empty where it has none. */
export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
}

/** PostgreSQL's own words for it: shutting down, crashed, starting up; tired of a transaction that nobody went on with. */
const connectionStates = new Set(['57P01', '57P02', '57P03', '25P03'])

/** Whether the database could not be asked, as opposed to having refused. */
export function isConnectionError(error: unknown): boolean {
  if (error instanceof ConnectionError) return true
  return error instanceof pg.DatabaseError && connectionStates.has(error.code ?? '')
}

/**
 * SQLSTATE classes of what its administrator has to mend, not the caller: connection lost (08), out of disk, memory or
 * connections (53), interrupted (57, a statement that took too long among them), failure of the system below (58); and a
 * standby that takes no writes (25006). https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const outage = /^(08|53|57|58)...$|^25006$/

/** Whether the database is out of order for the moment; whatever was asked may be asked again under its key. */
export function isOutage(error: unknown): boolean {
  return isConnectionError(error) || (error instanceof pg.DatabaseError && outage.test(error.code ?? ''))
}

/** Whether PostgreSQL refused a row because its key exists; `constraint` narrows it to one index or key. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (!(error instanceof pg.DatabaseError) || error.code !== '23505') return false
  return constraint === undefined || error.constraint === constraint
}
