/**
 * Rows as PostgreSQL reads arrays of a table's row type in its binary format: every field is its length and its bytes, so
 * nothing is escaped here or looked at twice there. Made by hand, because every purchase has five such rows and the driver
 * knows no row types. Formats: array_recv, record_recv and the `recv` functions of the types in PostgreSQL's source.
 */
import { parseDay } from '../../core/calendar.ts'
import { ByteWriter } from '../platform/byte-writer.ts'
import type { Queryable } from '../platform/database.ts'
import { stringifyJson } from '../platform/json.ts'
import type { Row } from './types.ts'

export interface Column {
  readonly name: string
  readonly type: number
  readonly write: Write
}

/** A table's row type, or a composite type. */
export interface RowType {
  readonly type: number
  readonly columns: readonly Column[]
}

const bigintType = 20

/** Appends a value that is not null, without its length. */
type Write = (writer: ByteWriter, value: unknown) => void

/** The columns of tables and row types in their own order, from the catalogue: so nothing repeats them here. */
export async function readRowTypes(db: Queryable, names: readonly string[]): Promise<ReadonlyMap<string, RowType>> {
  const rows = await db<{ rowType: string; type: bigint; name: string; columnType: bigint }[]>`
    select c.relname as row_type, c.reltype::bigint as type, a.attname as name, a.atttypid::bigint as column_type
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    where c.relnamespace = current_schema()::regnamespace and c.relname = any (${db.typed.texts(names)})
    order by c.oid, a.attnum`
  const columnsOf = Map.groupBy(rows, (row) => row.rowType)
  return new Map(
    [...columnsOf].map(([name, columns]) => [
      name,
      {
        type: Number(columns[0]!.type),
        columns: columns.map((column) => {
          const type = Number(column.columnType)
          const write = writes.get(type)
          if (write === undefined) throw new Error(`no binary format for the type ${type} of ${name}.${column.name}`)
          return { name: column.name, type, write }
        }),
      },
    ]),
  )
}

/** An array of rows. A column that a row lacks is null. */
export function rowArray(type: RowType, rows: readonly Row[]): Buffer {
  const writer = new ByteWriter(rows.length * 1_024)
  writeArrayHead(writer, type.type, rows.length)
  for (const row of rows) writeRow(writer, type, row)
  return writer.take()
}

/** One row of an array. A column that it lacks is null; of a loan `places` are its events. */
export function writeRow(
  writer: ByteWriter,
  { columns }: RowType,
  row: Row,
  places: PlacesInBatch | null = null,
): void {
  const end = writer.beginLength()
  writer.int32(columns.length)
  for (let index = 0; index < columns.length; index++) {
    const { name, type, write } = columns[index]!
    const value = places !== null && name === 'event_seqs' ? places : row[name]
    if (value === null || value === undefined) {
      writer.int32s(type, -1)
      continue
    }
    writer.int32s(type, 0)
    const field = writer.length
    write(writer, value)
    writer.endLength(field)
  }
  writer.endLength(end)
}

/**
 * A row that `writeRow` wrote for other columns of the same table; gives where it ends. A column that it lacks is null; the
 * places of a loan's events are written anew. Throws where a column has become one of another type: then its bytes mean something
 * else.
 */
export function rewriteRow(
  writer: ByteWriter,
  bytes: Buffer,
  from: number,
  before: RowType,
  { columns }: RowType,
  places: PlacesInBatch | null = null,
): number {
  const fields = new Map<string, { type: number; start: number; end: number }>()
  let at = from + 8
  for (const { name, type } of before.columns) {
    const end = at + 8 + Math.max(bytes.readInt32BE(at + 4), 0)
    fields.set(name, { type, start: at + 4, end })
    at = end
  }
  const end = writer.beginLength()
  writer.int32(columns.length)
  for (const { name, type, write } of columns) {
    const field = fields.get(name)
    writer.int32(type)
    if (places !== null && name === 'event_seqs') writeField(writer, places, write)
    else if (field === undefined) writer.int32(-1)
    else if (field.type === type) writer.copy(bytes, field.start, field.end)
    else throw new Error(`the column ${name} has become one of another type`)
  }
  writer.endLength(end)
  return at
}

function writeField(writer: ByteWriter, value: unknown, write: Write): void {
  if (value === null || value === undefined) {
    writer.int32(-1)
    return
  }
  const end = writer.beginLength()
  write(writer, value)
  writer.endLength(end)
}

/** One dimension, from 1; the flag that there are nulls may always be set. */
export function writeArrayHead(writer: ByteWriter, elementType: number, length: number): void {
  writer.int32(length === 0 ? 0 : 1)
  writer.int32(1)
  writer.int32(elementType)
  if (length === 0) return
  writer.int32(length)
  writer.int32(1)
}

function refuseObject(value: unknown): void {
  if (typeof value === 'object') throw new TypeError('a column of a plain type was given an object')
}

const writeText: Write = (writer, value) => {
  if (typeof value === 'string') {
    writer.text(value)
    return
  }
  refuseObject(value)
  writer.text(String(value))
}

const writeBigint: Write = (writer, value) => {
  if (typeof value === 'bigint') {
    writer.int64(value)
    return
  }
  refuseObject(value)
  writer.int64(BigInt(value as number | string))
}

/**
 * Places of events among those of a batch, for a column of bigint[]. The row is written before its batch is known, with the
 * places that they have in their own operation, and these are written again when they are known.
 */
export class PlacesInBatch {
  readonly #own: readonly number[]
  #at = 0

  constructor(own: readonly number[]) {
    this.#own = own
  }

  write(writer: ByteWriter): void {
    writeArrayHead(writer, bigintType, this.#own.length)
    this.#at = writer.length
    for (const place of this.#own) {
      writer.int32(8)
      writer.wholeInt64(place)
    }
  }

  /** `piece`: what the writer gave for what was written with this; `before`: events of the operations before. */
  writeAgain(piece: Buffer, before: number): void {
    this.#own.forEach((place, index) => {
      // The length, then the upper half, which is zero: a batch has fewer than 2³² events.
      piece.writeUInt32BE(before + place, this.#at + index * 12 + 8)
    })
  }
}

const arrayOf =
  (elementType: number, write: Write): Write =>
  (writer, value) => {
    const items = value as readonly unknown[]
    writeArrayHead(writer, elementType, items.length)
    for (const item of items) writeField(writer, item, write)
  }

/** PostgreSQL counts dates and instants from 1 January 2000. */
const epoch = Date.UTC(2000, 0, 1)
const epochDay = parseDay('2000-01-01')

const writeDate: Write = (writer, value) => {
  try {
    writer.int32(parseDay(String(value)) - epochDay)
  } catch {
    // Not as the calendar says it: a caller is told of that kind.
    throw new TypeError(`"${value}" is not a date`)
  }
}

/** Microseconds are kept; what JavaScript's own dates cut off is read from the text. */
const writeInstant: Write = (writer, value) => {
  const text = String(value)
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) throw new TypeError(`"${text}" is not an instant`)
  const microseconds = (ms - epoch) * 1_000 + microsecondsOf(text)
  // Safe integers end in the year 2285.
  if (Number.isSafeInteger(microseconds)) writer.wholeInt64(microseconds)
  else writer.int64(BigInt(ms - epoch) * 1_000n + BigInt(microsecondsOf(text)))
}

/** Of `2026-02-28T16:00:00.123456Z` 456; the server's own instants have milliseconds and are no longer than theirs. */
function microsecondsOf(text: string): number {
  if (text.length <= '2026-02-28T16:00:00.123Z'.length) return 0
  return Number((/\.\d{3}(\d{1,3})/.exec(text)?.[1] ?? '').padEnd(3, '0'))
}

const writeJson: Write = (writer, value) => writer.text(stringifyJson(value))

/** The version of the format, then the text. */
const writeJsonb: Write = (writer, value) => {
  writer.int8(1)
  writeJson(writer, value)
}

const writeInt16: Write = (writer, value) => writer.int16(Number(value))
const writeInt32: Write = (writer, value) => writer.int32(Number(value))

const writeManyBigints = arrayOf(bigintType, writeBigint)

const writeBigints: Write = (writer, value) => {
  if (value instanceof PlacesInBatch) value.write(writer)
  else writeManyBigints(writer, value)
}

/** By type oid (pg_type.dat of PostgreSQL's source); a table with a column of another type is refused at the start. */
const writes: ReadonlyMap<number, Write> = new Map<number, Write>([
  [16, (writer, value) => writer.int8(value === true ? 1 : 0)],
  [17, (writer, value) => writer.raw(value as Uint8Array)],
  [bigintType, writeBigint],
  [21, writeInt16],
  [23, writeInt32],
  [25, writeText],
  [114, writeJson],
  [1043, writeText],
  [1082, writeDate],
  [1184, writeInstant],
  [3802, writeJsonb],
  [1007, arrayOf(23, writeInt32)],
  [1009, arrayOf(25, writeText)],
  [1016, writeBigints],
])
