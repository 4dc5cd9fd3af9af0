import postgres from 'postgres'
import { arrayLiteral, parseArray } from './arrays.ts'
import { stringifyJson } from './json.ts'

/**
 * How a value travels. Everything is exact: nothing becomes a JavaScript number that might not fit one.
 *
 * | PostgreSQL                     | TypeScript                                                        |
 * | ------------------------------ | ----------------------------------------------------------------- |
 * | int2, int4, float8             | number                                                            |
 * | int8                           | bigint                                                            |
 * | numeric                        | string                                                            |
 * | date                           | string `2026-02-28`                                               |
 * | timestamptz                    | string `2026-02-28T16:00:00.123456Z` (RFC 3339, UTC)              |
 * | json, jsonb                    | parsed; as a parameter any object, bigint printed as digits       |
 * | arrays of the above            | arrays; bigint, boolean and bytea arrays as parameters through    |
 * |                                | `db.typed.bigints([1n])`, `.booleans`, `.byteas`, `.jsonbs`       |
 *
 * Instants are strings and not Temporal.Instant because nearly all of them go straight into an answer; where one is
 * reckoned with, write `Temporal.Instant.from(row.createdAt)`. A Temporal.Instant or PlainDate is fine as a parameter.
 * Column names become camelCase in rows, and snake_case in `sql(row)`; keys inside JSON stay as they are.
 */
export type Database = postgres.Sql<SentTypes>
/** What `db.begin` gives: every query on it runs in the one transaction. */
export type Transaction = postgres.TransactionSql<SentTypes>
/** Where it makes no difference whether a query runs alone or in a transaction. */
export type Queryable = postgres.ISql<SentTypes>

type SentTypes = {
  bigint: bigint
  instant: Temporal.Instant | Temporal.PlainDate
  jsonb: object | null
  bigints: readonly (bigint | null)[]
  booleans: readonly (boolean | null)[]
  byteas: readonly (Uint8Array | null)[]
  texts: readonly (string | null)[]
  smallints: readonly (number | null)[]
  dates: readonly (string | null)[]
  instants: readonly (string | Temporal.Instant | null)[]
  jsonbs: readonly (object | null)[]
}

interface Wire<Value> {
  to: number
  from: number[]
  serialize: (value: Value) => string
  parse: (text: string) => unknown
}

const asIs = (text: string): string => text

/** `2026-02-28 16:00:00.5+00` → `2026-02-28T16:00:00.5Z`; the session's time zone is UTC. */
function parseInstant(text: string): string {
  return text.endsWith('+00') ? `${text.slice(0, 10)}T${text.slice(11, -3)}Z` : text
}

function refuseArray(value: unknown, helper: string): void {
  if (Array.isArray(value))
    throw new TypeError(`write db.typed.${helper}(values): the driver takes this array for one value`)
}

function printBigint(value: bigint): string {
  refuseArray(value, 'bigints')
  return String(value)
}

function printBoolean(value: boolean): string {
  refuseArray(value, 'booleans')
  return value ? 't' : 'f'
}

function printBytes(value: Uint8Array): string {
  refuseArray(value, 'byteas')
  return `\\x${Buffer.from(value).toString('hex')}`
}

/** Without this an object passed where text belongs would be stored as `[object Object]`. */
function printText(value: unknown): string {
  if (typeof value === 'object') throw new TypeError('an object was passed as a text parameter')
  return String(value)
}

function printInstant(value: unknown): string {
  return value instanceof Date ? value.toISOString() : String(value)
}

const parseBytes = (text: string): Buffer => Buffer.from(text.slice(2), 'hex')
const parseBoolean = (text: string): boolean => text === 't'

function arrayOf<Item>(
  oid: number,
  print: (item: Item) => string,
  parse: (text: string) => unknown,
  plain = false,
): Wire<readonly (Item | null)[]> {
  return {
    to: oid,
    from: [oid],
    // A caller may write the literal itself, as SQL console users do.
    serialize: (items) => (typeof items === 'string' ? items : arrayLiteral(items, print, plain)),
    parse: (text) => parseArray(text, parse),
  }
}

// Numbers are the type oids of PostgreSQL's catalogue (pg_type.dat), which never change.
const wires = {
  bigint: { to: 20, from: [20], serialize: printBigint, parse: BigInt },
  boolean: { to: 16, from: [16], serialize: printBoolean, parse: parseBoolean },
  bytea: { to: 17, from: [17], serialize: printBytes, parse: parseBytes },
  text: { to: 25, from: [25, 1043, 1042], serialize: printText, parse: asIs },
  date: { to: 1082, from: [1082], serialize: String, parse: asIs },
  instant: { to: 1184, from: [1184], serialize: printInstant, parse: parseInstant },
  jsonb: { to: 3802, from: [3802, 114], serialize: stringifyJson, parse: JSON.parse },
  booleans: arrayOf(1000, printBoolean, parseBoolean, true),
  byteas: arrayOf(1001, printBytes, parseBytes),
  smallints: arrayOf(1005, String, Number, true),
  integers: arrayOf(1007, String, Number, true),
  texts: arrayOf(1009, printText, asIs),
  bigints: arrayOf<bigint>(1016, String, BigInt, true),
  dates: arrayOf(1182, String, asIs, true),
  instants: arrayOf(1185, printInstant, parseInstant),
  numerics: arrayOf(1231, String, asIs, true),
  jsonbs: arrayOf(3807, stringifyJson, JSON.parse),
}

export interface DatabaseOptions {
  /** Connections in the pool. */
  max?: number
  applicationName?: string
  /** Give up connecting after this many seconds. */
  connectSeconds?: number
  /** Never replaces its connections; for one that holds a lock. By default they are renewed every half hour or so. */
  forever?: boolean
}

/** Connects lazily: the first query reports an unreachable server. `await db.end()` closes the pool. */
export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  const db = postgres(url, {
    max: options.max ?? 10,
    connect_timeout: options.connectSeconds ?? 10,
    // Seconds between attempts. The driver's own go up to 20, and so long a server would stay lame after an outage.
    backoff: (attempt: number) => Math.min(0.05 * 2 ** attempt, 0.5),
    ...(options.forever ? { max_lifetime: null } : {}),
    types: wires,
    transform: { column: { from: postgres.toCamel, to: postgres.fromCamel } },
    connection: {
      application_name: options.applicationName ?? 'chit',
      TimeZone: 'UTC',
      // Pinned, because the parsers above read PostgreSQL's text formats, which a server's settings may change.
      DateStyle: 'ISO',
      extra_float_digits: 3,
      bytea_output: 'hex',
      // Blanks, which PostgreSQL ignores. A socket that closes while a small write is buffered leaves the driver's connection
      // (3.4.9) waiting for a flush that never comes, and every query given to it hangs; its fix is still open
      // (https://github.com/porsager/postgres/pull/1209). A first message of a kilobyte is flushed at once and ends that. It
      // does not help with TLS, where a shorter message comes first.
      options: ' '.repeat(1_024),
    },
    onnotice: () => {},
  })
  // The driver derives its types from the option above and so would promise unknown; SentTypes states them.
  return db as unknown as Database
}

/** Whether PostgreSQL refused a row because its key exists; `constraint` narrows it to one index or key. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (!(error instanceof postgres.PostgresError) || error.code !== '23505') return false
  return constraint === undefined || error.constraint_name === constraint
}

const connectionErrors = new Set([
  'CONNECTION_CLOSED',
  'CONNECTION_DESTROYED',
  'CONNECTION_ENDED',
  'CONNECT_TIMEOUT',
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ETIMEDOUT',
  // PostgreSQL's own: shutting down, crashed, starting up.
  '57P01',
  '57P02',
  '57P03',
])

/** Whether the database could not be asked, as opposed to having refused. */
export function isConnectionError(error: unknown): boolean {
  return connectionErrors.has(codeOf(error))
}

/**
 * SQLSTATE classes of what its administrator has to mend, not the caller: connection lost (08), out of disk, memory or
 * connections (53), interrupted (57), failure of the system below (58); and a standby that takes no writes (25006).
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const outage = /^(08|53|57|58)...$|^25006$/

/** Whether the database is out of order for the moment; whatever was asked may be asked again under its key. */
export function isOutage(error: unknown): boolean {
  return isConnectionError(error) || (error instanceof postgres.PostgresError && outage.test(error.code))
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
