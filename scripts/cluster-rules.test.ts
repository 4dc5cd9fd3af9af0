/**
 * What keeps a cluster possible (docs/scale.md): every table that a customer's request touches is cut by `shard`, and
 * nothing reaches from one shard into another. Read from the catalogue of the migrated database, so a new table or
 * function can't forget it.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openDatabase } from '../server/platform/database.ts'
import { testDatabase } from '../server/platform/testing.ts'
import { straysFrom, touches } from './shard-rules.ts'

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

/** Small tables that every shard may read: a copy on every machine (docs/scale.md). */
const shared = [
  'api_keys',
  'day_closes',
  'funders',
  'made_with',
  'merchants',
  'payouts',
  'program_terms',
  'programs',
  'staff',
  'tenants',
]

test('a table is cut by shard, or named here as small and shared; docs/scale.md distributes each', async () => {
  const tables = await db<{ name: string; whole: boolean }[]>`
    select c.oid::regclass::text as name, not c.relispartition as whole from pg_class c
    where c.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace)
      and c.relkind in ('r', 'p') order by 1`
  const known = new Set([...cut, ...shared, 'schema_migrations'])
  assert.deepEqual(
    tables.filter(({ name }) => !known.has(name)),
    [],
  )
  const scale = readFileSync(join(import.meta.dirname, '../docs/scale.md'), 'utf8')
  const commands = /```sql([\s\S]*?)```/.exec(scale)![1]!
  const distributed = tables.filter(({ name, whole }) => whole && name !== 'schema_migrations')
  assert.deepEqual(
    distributed.filter(({ name }) => !commands.includes(`'${name}'`)),
    [],
  )
})

test('there is nothing that every row or shard would have to ask: views, sequences, triggers, policies, heirs', async () => {
  const found = await db<{ what: string }[]>`
    select 'relation ' || c.oid::regclass as what from pg_class c
      where c.relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pg_toast'::regnamespace)
        and (c.relkind in ('v', 'm', 'f', 'S') or c.relkind in ('r', 'p') and c.relpersistence <> 'p')
    union all select 'trigger ' || tgname from pg_trigger where not tgisinternal
    union all select 'event trigger ' || evtname from pg_event_trigger
    union all select 'policy ' || polname from pg_policy
    union all select 'heir ' || c.oid::regclass from pg_inherits i join pg_class c on c.oid = i.inhrelid where not c.relispartition and c.relkind = 'r'
    union all select 'default of ' || d.adrelid::regclass || '.shard' from pg_attrdef d
      join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum where a.attname = 'shard'`
  assert.deepEqual([...found], [])
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

/** Also procedures, those of another schema, and those whose text was parsed when they were made (`begin atomic`). */
const functions = await db<SqlFunction[]>`
  select p.proname as name, pg_get_function_arguments(p.oid) as arguments,
    case when p.prosqlbody is null then p.prosrc else pg_get_functiondef(p.oid) end as source
  from pg_proc p join pg_language l on l.oid = p.prolang
  where p.pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace) and l.lanname in ('sql', 'plpgsql')`

test('a function that forbids ways to plan is not compiled: before PostgreSQL 18 each forbidden one counts as dear beyond measure', async () => {
  const found = await db<{ name: string }[]>`
    select proname as name from pg_proc
    where array_to_string(proconfig, ',') like '%enable\_%' and not 'jit=off' = any (proconfig)`
  assert.deepEqual([...found], [])
})

/** Makes the months of the journal, before the first event of each; no request calls it. */
const administrative = new Set(['journal_make_partitions'])
const touching = functions.filter(({ name, source }) => !administrative.has(name) && touches(source, cut))
const routed = functions.filter(({ arguments: given }) => given.startsWith('p_shard smallint')).map(({ name }) => name)

test('a function that touches cut tables takes p_shard first: a cluster sends the call to where the shard lies', () => {
  assert.ok(touching.some(({ name }) => name === 'commit_operations'))
  assert.deepEqual(
    touching.filter(({ arguments: given }) => !/^p_shard smallint(,|$)/.test(given)),
    [],
  )
})

test('each statement in any function keeps to its shard', () => {
  const strays = functions
    .filter(({ name }) => !administrative.has(name))
    .flatMap(({ name, source, arguments: given }) => {
      const callers = routed.filter((other) => other !== name)
      const calls = callers.some((other) => new RegExp(`\\b${other}\\b`).test(source))
      const unrouted = calls && !given.startsWith('p_shard smallint') ? ['calls for a shard and takes none first'] : []
      return [...unrouted, ...straysFrom(source, cut, callers)].map((fault) => `${name}: ${fault}`)
    })
  assert.deepEqual(strays, [])
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
