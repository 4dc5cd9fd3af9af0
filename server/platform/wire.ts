/**
 * How values travel. Everything is exact: nothing becomes a JavaScript number that might not fit one.
 *
 * | PostgreSQL                     | TypeScript                                                        |
 * | ------------------------------ | ----------------------------------------------------------------- |
 * | int2, int4, float8             | number                                                            |
 * | int8                           | bigint                                                            |
 * | numeric                        | string                                                            |
 * | date                           | string `2026-02-28`                                               |
 * | timestamptz                    | string `2026-02-28T16:00:00.123456Z` (RFC 3339, UTC)              |
 * | json, jsonb                    | parsed; as a parameter any object or array, bigint as digits      |
 * | bytea                          | Buffer; any Uint8Array as a parameter                             |
 * | arrays of the above            | arrays; as parameters through `db.typed.texts(['a'])`, `.bigints` |
 *
 * Instants are strings and not Temporal.Instant because nearly all of them go straight into an answer; where one is
 * reckoned with, write `Temporal.Instant.from(row.createdAt)`. A Temporal.Instant or PlainDate is fine as a parameter.
 *
 * Text is sent, but for the rows of a commit (`BinaryValue`). PostgreSQL takes the type of a text, number or date from its place in the statement; what has one type
 * only (bigint, boolean, bytes, objects, typed arrays) carries it as a cast.
 */
import { arrayLiteral, parseArray } from './arrays.ts'
import { stringifyJson } from './json.ts'

/** A parameter that is of one type wherever it stands. */
export class TypedValue {
  readonly type: string
  readonly text: string

  constructor(type: string, text: string) {
    this.type = type
    this.text = text
  }
}

/** A parameter in PostgreSQL's binary format; the statement says its type. */
export class BinaryValue {
  readonly bytes: Buffer

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }
}

type Nullable<Item> = readonly (Item | null)[]

/** PostgreSQL's arrays; one written as it is, is JSON. */
export const typed = {
  bigints: (items: Nullable<bigint>) => new TypedValue('int8[]', arrayLiteral(items, String, true)),
  booleans: (items: Nullable<boolean>) => new TypedValue('boolean[]', arrayLiteral(items, printBoolean, true)),
  /** A text is one that PostgreSQL printed: `\x…`. */
  byteas: (items: Nullable<Uint8Array | string>) => new TypedValue('bytea[]', arrayLiteral(items, printBytes)),
  texts: (items: Nullable<string>) => new TypedValue('text[]', arrayLiteral(items, printText)),
  smallints: (items: Nullable<number>) => new TypedValue('int2[]', arrayLiteral(items, String, true)),
  dates: (items: Nullable<string>) => new TypedValue('date[]', arrayLiteral(items, String, true)),
  instants: (items: Nullable<string | Temporal.Instant>) =>
    new TypedValue('timestamptz[]', arrayLiteral(items, String)),
  jsonbs: (items: Nullable<object>) => new TypedValue('jsonb[]', arrayLiteral(items, stringifyJson)),
}

/** What may be sent. An object that is not in the table above, an array too, is taken for JSON. */
export type Sendable = string | number | bigint | boolean | object | null

/** A parameter as it is sent: text, text with its type, bytes, or null. */
export function printParameter(value: unknown): string | Buffer | TypedValue | null {
  switch (typeof value) {
    case 'string':
      return value
    case 'number':
      return String(value)
    case 'bigint':
      return new TypedValue('int8', String(value))
    case 'boolean':
      return new TypedValue('boolean', printBoolean(value))
    case 'object':
      return value === null ? null : printObject(value)
    default:
      throw new TypeError(`a parameter is ${typeof value}; write null for nothing`)
  }
}

function printObject(value: object): string | Buffer | TypedValue {
  if (value instanceof TypedValue) return value
  if (value instanceof BinaryValue) return value.bytes
  if (value instanceof Uint8Array) return new TypedValue('bytea', printBytes(value))
  if (value instanceof Temporal.Instant || value instanceof Temporal.PlainDate) return value.toString()
  if (value instanceof Date) return value.toISOString()
  return new TypedValue('jsonb', stringifyJson(value))
}

function printText(item: unknown): string {
  if (typeof item === 'object') throw new TypeError('an object was passed as a text parameter')
  return String(item)
}

const printBoolean = (value: boolean): string => (value ? 't' : 'f')
const printBytes = (value: Uint8Array | string): string =>
  typeof value === 'string' ? value : `\\x${Buffer.from(value).toString('hex')}`

type Parse = (text: string) => unknown

const asIs: Parse = (text) => text
const parseBoolean: Parse = (text) => text === 't'
const parseBytes: Parse = (text) => Buffer.from(text.slice(2), 'hex')

/** `2026-02-28 16:00:00.5+00` → `2026-02-28T16:00:00.5Z`; the session's time zone is UTC. */
const parseInstant: Parse = (text) => (text.endsWith('+00') ? `${text.slice(0, 10)}T${text.slice(11, -3)}Z` : text)

const arrayOf =
  (parse: Parse): Parse =>
  (text) =>
    parseArray(text, parse)

/** By type oid of PostgreSQL's catalogue (pg_type.dat), which never changes. What is not here stays text. */
const parsers = new Map<number, Parse>([
  [16, parseBoolean],
  [17, parseBytes],
  [20, BigInt],
  [21, Number],
  [23, Number],
  [26, Number],
  [700, Number],
  [701, Number],
  [114, JSON.parse],
  [3802, JSON.parse],
  [1184, parseInstant],
  [1000, arrayOf(parseBoolean)],
  [1001, arrayOf(parseBytes)],
  [1005, arrayOf(Number)],
  [1007, arrayOf(Number)],
  [1009, arrayOf(asIs)],
  [1015, arrayOf(asIs)],
  [1016, arrayOf(BigInt)],
  [1182, arrayOf(asIs)],
  [1185, arrayOf(parseInstant)],
  [1231, arrayOf(asIs)],
  [3807, arrayOf(JSON.parse)],
])

/** For the driver's option `types`. */
export const parserOf = (oid: number): Parse => parsers.get(oid) ?? asIs
