import type { Database } from '../server/platform/database.ts'

interface Table {
  name: string
  definition: string
}

const heading = `-- What the migrations add up to. Written by \`npm run schema\`, never by hand; why things are as they are is said in
-- server/migrations.
`

/** Tables, indexes, types and functions of the public schema, each in the order of their names: equal schemas give equal text. */
export async function describeSchema(db: Database): Promise<string> {
  const tables = await readTables(db)
  const types = await readTypes(db)
  const functions = await readFunctions(db)
  return `${[heading, ...tables.map((table) => table.definition), ...types, ...functions].join('\n')}`
}

/** Partitions by month come and go with the calendar and would make the file differ from day to day. */
async function readTables(db: Database): Promise<Table[]> {
  const names = await db<{ oid: number; name: string; partitionKey: string | null; options: string[] | null }[]>`
    select c.oid::int4 as oid, c.relname as name, pg_get_partkeydef(c.oid) as partition_key, c.reloptions as options
    from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    order by c.relname`
  const tables: Table[] = []
  for (const { oid, name, partitionKey, options } of names) {
    const parts = [...(await readColumns(db, oid)), ...(await readConstraints(db, oid))]
    const suffix = `${partitionKey ? ` partition by ${partitionKey.toLowerCase()}` : ''}${options ? ` with (${options.join(', ')})` : ''}`
    const body = parts.map((part) => `  ${part}`).join(',\n')
    const indexes = await readIndexes(db, oid)
    const definition = `create table ${name} (\n${body}\n)${suffix};\n${indexes.map((index) => `${index};\n`).join('')}`
    tables.push({ name, definition })
  }
  return tables
}

async function readColumns(db: Database, table: number): Promise<string[]> {
  const rows = await db<{ column: string }[]>`
    select concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
      case when a.attgenerated <> '' then 'generated always as (' || pg_get_expr(d.adbin, d.adrelid) || ') stored'
           when d.adbin is not null then 'default ' || pg_get_expr(d.adbin, d.adrelid) end,
      case when a.attnotnull then 'not null' end) as column
    from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = ${table}::oid and a.attnum > 0 and not a.attisdropped
    order by a.attnum`
  return rows.map((row) => row.column)
}

/** Not-null constraints have names of their own since PostgreSQL 18; the columns say it already. */
async function readConstraints(db: Database, table: number): Promise<string[]> {
  const rows = await db<{ constraint: string }[]>`
    select 'constraint ' || quote_ident(conname) || ' ' || pg_get_constraintdef(oid) as constraint
    from pg_constraint where conrelid = ${table}::oid and contype <> 'n' order by contype, conname`
  return rows.map((row) => row.constraint)
}

async function readIndexes(db: Database, table: number): Promise<string[]> {
  const rows = await db<{ definition: string }[]>`
    select pg_get_indexdef(i.indexrelid) as definition
    from pg_index i
    where i.indrelid = ${table}::oid and not exists (select 1 from pg_constraint k where k.conindid = i.indexrelid)
    order by 1`
  return rows.map((row) => row.definition)
}

/** Of rows that are in no table: what functions take. */
async function readTypes(db: Database): Promise<string[]> {
  const types = await db<{ oid: number; name: string }[]>`
    select oid::int4 as oid, relname as name from pg_class
    where relnamespace = 'public'::regnamespace and relkind = 'c' order by relname`
  const definitions: string[] = []
  for (const { oid, name } of types) {
    const columns = (await readColumns(db, oid)).map((column) => `  ${column}`)
    definitions.push(`create type ${name} as (\n${columns.join(',\n')}\n);\n`)
  }
  return definitions
}

async function readFunctions(db: Database): Promise<string[]> {
  const rows = await db<{ definition: string }[]>`
    select pg_get_functiondef(oid) as definition from pg_proc
    where pronamespace = 'public'::regnamespace order by proname, oid::regprocedure::text`
  return rows.map((row) => `${row.definition.trim()};\n`)
}
