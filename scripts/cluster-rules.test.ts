/**
 * What keeps a cluster possible (docs/scale.md): every table that a customer's request touches is cut by `shard`, and
 * nothing reaches from one shard into another. Read from the catalogue of the migrated database, so a new table or
 * function can't forget it.
 */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openDatabase } from '../server/platform/database.ts'
import { testDatabase } from '../server/platform/testing.ts'

const db = openDatabase(await testDatabase({ after }), { max: 1 })
after(() => db.end())

const cut = new Set(
  (
    await db<{ name: string }[]>`
      select c.relname as name from pg_class c join pg_attribute a on a.attrelid = c.oid
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attname = 'shard' and not a.attisdropped`
  ).map((row) => row.name),
)

test('the tables of the customer side are cut by shard, those of the operator side are small and shared', async () => {
  for (const table of [
    'journal',
    'balances',
    'account_totals',
    'idempotency_keys',
    'customers',
    'lines',
    'charges',
    'loans',
    'refunds',
  ]) {
    assert.ok(cut.has(table), `${table} has no column shard`)
  }
  const rows = await db<{ name: string; type: string; nullable: boolean }[]>`
    select c.relname as name, format_type(a.atttypid, null) as type, not a.attnotnull as nullable
    from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relname = any (${db.typed.texts([...cut])}) and a.attname = 'shard'`
  assert.deepEqual(
    rows.filter((row) => row.type !== 'smallint' || row.nullable),
    [],
    'shard is smallint not null everywhere, else the tables could not lie together on one machine',
  )
})

test('shard comes first in every primary key, unique constraint and unique index of a cut table', async () => {
  const wrong = await db<{ index: string; first: string | null }[]>`
    select i.indexrelid::regclass::text as index, a.attname as first
    from pg_index i
    join pg_class c on c.oid = i.indrelid
    left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
    where c.relname = any (${db.typed.texts([...cut])}) and i.indisunique and a.attname is distinct from 'shard'`
  assert.deepEqual([...wrong], [])
})

test('every cut table has a primary key', async () => {
  const keyed = await db<{ name: string }[]>`
    select c.relname as name from pg_index i join pg_class c on c.oid = i.indrelid where i.indisprimary`
  const found = new Set(keyed.map((row) => row.name))
  assert.deepEqual(
    [...cut].filter((table) => !found.has(table)),
    [],
  )
})

test('other indexes of a cut table begin with shard too, so that a query of one shard reads one part of them', async () => {
  const wrong = await db<{ index: string; first: string | null }[]>`
    select i.indexrelid::regclass::text as index, a.attname as first
    from pg_index i
    join pg_class c on c.oid = i.indrelid
    left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
    where c.relname = any (${db.typed.texts([...cut])}) and not i.indisunique and a.attname is distinct from 'shard'`
  assert.deepEqual([...wrong], [])
})

test('no foreign key touches a cut table', async () => {
  const found = await db<{ key: string; from: string; to: string }[]>`
    select k.conname as key, f.relname as from, t.relname as to
    from pg_constraint k join pg_class f on f.oid = k.conrelid join pg_class t on t.oid = k.confrelid
    where k.contype = 'f'`
  assert.deepEqual(
    found.filter(({ from, to }) => cut.has(from) || cut.has(to)),
    [],
  )
})

test('no trigger and no rule hangs on a cut table', async () => {
  const found = await db<{ name: string; table: string }[]>`
    select t.tgname as name, c.relname as table from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where not t.tgisinternal
    union all
    select r.rulename, c.relname from pg_rewrite r join pg_class c on c.oid = r.ev_class where c.relkind in ('r', 'p')`
  assert.deepEqual(
    found.filter(({ table }) => cut.has(table)),
    [],
  )
})

test('no column of a cut table counts by a sequence, which would be one for the whole cluster', async () => {
  const found = await db<{ table: string; column: string }[]>`
    select c.relname as table, a.attname as column
    from pg_attribute a join pg_class c on c.oid = a.attrelid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where c.relname = any (${db.typed.texts([...cut])})
      and (a.attidentity <> '' or pg_get_expr(d.adbin, d.adrelid) like '%nextval%')`
  assert.deepEqual([...found], [])
})

interface SqlFunction {
  readonly name: string
  readonly arguments: string
  readonly source: string
}

const functions = await db<SqlFunction[]>`
  select p.proname as name, pg_get_function_arguments(p.oid) as arguments, p.prosrc as source
  from pg_proc p join pg_language l on l.oid = p.prolang
  where p.pronamespace = 'public'::regnamespace and l.lanname in ('sql', 'plpgsql') and p.prosrc <> ''`

test('a function that forbids ways to plan is not compiled: before PostgreSQL 18 each forbidden one counts as dear beyond measure', async () => {
  const found = await db<{ name: string }[]>`
    select proname as name from pg_proc
    where array_to_string(proconfig, ',') like '%enable\_%' and not 'jit=off' = any (proconfig)`
  assert.deepEqual([...found], [])
})

/** SQL without comments, split where a statement ends; strings here hold no semicolon. */
function statementsOf(source: string): string[] {
  return source
    .replace(/--.*$/gm, '')
    .split(';')
    .map((statement) => statement.replace(/\s+/g, ' ').trim())
    .filter((statement) => statement !== '')
}

/** What a statement writes to, and under which names it reads which tables. */
function tablesIn(statement: string): { written: string[]; read: { table: string; alias: string }[] } {
  const written = [...statement.matchAll(/insert into (\w+)/g)].map((match) => match[1]!)
  const keywords = new Set(['set', 'where', 'on', 'join', 'left', 'cross', 'group', 'order', 'for', 'select', 'using'])
  // Lists of columns such as `as o(n integer, lines jsonb)` name no tables.
  const bare = statement.replace(/\bas (\w+) ?\([^)]*\)/g, 'as $1')
  const named = bare.matchAll(/(?:(?<!do )update|delete from|from|join|,) (\w+)(?: as)?(?: (\w+))?/g)
  const read = [...named]
    .filter((match) => cut.has(match[1]!))
    .map((match) => ({
      table: match[1]!,
      alias: match[2] === undefined || keywords.has(match[2]) ? match[1]! : match[2],
    }))
  return { written: written.filter((table) => cut.has(table)), read }
}

/** Every name reads `name.shard = p_shard`; every insert takes p_shard itself or rows filtered to it. */
function straysFrom(statement: string): string[] {
  const { written, read } = tablesIn(statement)
  const loose = read
    .filter(({ alias }) => !statement.includes(`${alias}.shard = p_shard`))
    .map(({ table, alias }) => `${table} ${alias}: no "${alias}.shard = p_shard"`)
  const own = /(values \(|select )p_shard|\bshard = p_shard|'shard'\)::smallint = p_shard/
  return [
    ...loose,
    ...written.filter(() => !own.test(statement)).map((table) => `insert into ${table} without p_shard`),
  ]
}

const writes = (source: string) =>
  statementsOf(source).some((statement) =>
    [...statement.matchAll(/(?:insert into|(?<!do )update|delete from) (\w+)/g)].some((match) => cut.has(match[1]!)),
  )
const writers = functions.filter(({ source }) => writes(source))

test('a function that writes cut tables takes p_shard first: a cluster sends the call to where the shard lies', () => {
  assert.ok(writers.some(({ name }) => name === 'commit_operations'))
  assert.deepEqual(
    writers.filter((writer) => !writer.arguments.startsWith('p_shard smallint')),
    [],
  )
})

test('each statement in such a function keeps to its shard', () => {
  const stray = writers.flatMap(({ name, source }) =>
    statementsOf(source).flatMap((statement) =>
      straysFrom(statement).map((fault) => `${name}: ${fault} in: ${statement.slice(0, 120)}`),
    ),
  )
  assert.deepEqual(stray, [])
})

test('the check itself sees a statement that strays', () => {
  assert.deepEqual(straysFrom('update lines l set held_minor = 0 where l.id = 1'), ['lines l: no "l.shard = p_shard"'])
  assert.deepEqual(straysFrom('insert into charges select r.* from jsonb_to_recordset(p_ops) as r'), [
    'insert into charges without p_shard',
  ])
  assert.deepEqual(straysFrom('select 1 from loans where loans.shard = p_shard'), [])
})

test('no statement writes two tables at once: a chain of writing CTEs runs eight times slower on a cluster', () => {
  const chained = writers.flatMap(({ name, source }) =>
    statementsOf(source)
      .filter((statement) => /\bwith\b.*\((insert|update|delete)\b/.test(statement))
      .map((statement) => `${name}: ${statement.slice(0, 120)}`),
  )
  assert.deepEqual(chained, [])
})

test('a row is looked up by its key from the first row on, when no statistics tell the planner which index to take', async () => {
  const byId = await db<{ name: string }[]>`
    select c.relname as name from pg_constraint k join pg_class c on c.oid = k.conrelid
    where k.contype = 'p' and pg_get_constraintdef(k.oid) = 'PRIMARY KEY (shard, id)'`
  assert.ok(byId.length >= 7, 'charges, customers, lines, loans, refunds, repayments and statements are found by id')
  // PostgreSQL before 18 can't be told; there the first visit of the autovacuum brings the right plans.
  const [can] = await db<{ told: boolean }[]>`select to_regproc('pg_restore_attribute_stats') is not null as told`
  if (!can!.told) return
  await db`set plan_cache_mode = force_generic_plan`
  for (const { name } of byId) {
    await db.unsafe(`prepare look_up as select * from ${name} where shard = $1 and id = $2 and tenant_id = $3`)
    const plan = await db.unsafe<{ 'QUERY PLAN': string }[]>(`explain execute look_up (0, 'x', 'y')`)
    await db.unsafe('deallocate look_up')
    const text = plan.map((row) => row['QUERY PLAN']).join('\n')
    assert.match(text, new RegExp(`Index Scan (using|on) ${name}_pkey`), text)
  }
})
