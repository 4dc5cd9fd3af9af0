/**
 * Rows as PostgreSQL prints arrays of a table's row type: `{"(0,chg_…,\"a text\")","(…)"}`. Printed by hand, because every
 * purchase has five such rows and the driver knows no row types.
 */
import type { Queryable } from '../platform/database.ts'
import { createJsonPrinter } from '../platform/json.ts'
import type { Row } from './types.ts'

export interface Column {
  readonly name: string
  readonly kind: 'plain' | 'array' | 'json'
}

/** The columns of tables and row types in their own order, from the catalogue: so nothing repeats them here. */
export async function readColumns(db: Queryable, types: readonly string[]): Promise<ReadonlyMap<string, Column[]>> {
  const rows = await db<(Column & { rowType: string })[]>`
    select c.relname as row_type, a.attname as name,
      case when t.typname in ('json', 'jsonb') then 'json' when t.typcategory = 'A' then 'array' else 'plain' end as kind
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_type t on t.oid = a.atttypid
    where c.relnamespace = current_schema()::regnamespace and c.relname = any (${db.typed.texts(types)})
    order by c.oid, a.attnum`
  return Map.groupBy(rows, (row) => row.rowType)
}

/** What needs no quotes in a row, an array, or both. */
const safe = /^[\w:.+-]+$/

/** An array of rows; null for none. A column that a row lacks is null. */
export function rowArray(columns: readonly Column[], rows: readonly Row[]): string | null {
  if (rows.length === 0) return null
  let text = '{'
  for (const row of rows) {
    text += text.length === 1 ? '"(' : ',"('
    for (let index = 0; index < columns.length; index++) {
      if (index > 0) text += ','
      const { name, kind } = columns[index]!
      text += printField(row[name], kind)
    }
    text += ')"'
  }
  return `${text}}`
}

function printField(value: unknown, kind: Column['kind']): string {
  if (value === null || value === undefined) return ''
  if (kind === 'json') return `\\"${printJson(value) ?? 'null'}\\"`
  if (kind === 'array') return quoted(printArray(value as readonly unknown[]))
  switch (typeof value) {
    case 'string':
      return safe.test(value) ? value : quoted(value)
    case 'bigint':
    case 'number':
      return String(value)
    case 'boolean':
      return value ? 't' : 'f'
    default:
      throw new TypeError('a column of a plain type was given an object')
  }
}

/** A quote of JSON text, in a row in an array. */
const quote = '\\"\\"'

/** JSON with its quotes as they stand in a row: half the time of printing it and then looking for them. */
const printJson = createJsonPrinter((text) =>
  safe.test(text) ? quote + text + quote : quotedInside(JSON.stringify(text)),
)

/** Inside a row a quote is doubled, as is a backslash; inside the array around it each of them gets a backslash. */
function quoted(text: string): string {
  return `\\"${quotedInside(text)}\\"`
}

function quotedInside(text: string): string {
  const slashed = text.includes('\\') ? text.replaceAll('\\', '\\\\\\\\') : text
  return slashed.replaceAll('"', quote)
}

function printArray(items: readonly unknown[]): string {
  let text = ''
  for (const item of items) {
    if (text !== '') text += ','
    text += typeof item === 'string' ? printElement(item) : item === null ? 'NULL' : String(item)
  }
  return `{${text}}`
}

function printElement(item: string): string {
  return safe.test(item) && !/^null$/i.test(item) ? item : `"${item.replace(/[\\"]/g, '\\$&')}"`
}
