import assert from 'node:assert/strict'
import { globSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { withDatabase } from '../../bench/harness/database.ts'
import { ended, startServer } from '../../bench/harness/server.ts'
import { createClient } from '../../cli/http/client.ts'
import { audit } from '../../server/audit/audit.ts'
import type { Database } from '../../server/platform/database.ts'
import { startEmbedded } from '../../server/platform/embedded.ts'
import { canonicalJson } from '../../server/platform/json.ts'
import { migrate } from '../../server/platform/migrate.ts'
import type { UpgradeFixture } from './fixture.ts'

/** Every release left a database here; this version must start on each, and the customers must notice nothing. */

const migrationsFolder = resolve(import.meta.dirname, '../../server/migrations')
const home = await mkdtemp(join(tmpdir(), 'chit-upgrade-'))
const postgres = await startEmbedded(home)
after(async () => {
  await postgres.stop()
  await rm(home, { recursive: true, force: true })
})

/** The tables as that release's own migrations made them (a migration never changes), with its rows. */
async function restore(fixture: UpgradeFixture, what = 'from'): Promise<string> {
  const name = `${what}_${fixture.version.replace('.', '_')}`
  await withDatabase({ databaseUrl: postgres.url }, (db) => db`create database ${db(name)}`)
  const databaseUrl = postgres.url.replace(/\/chit$/, `/${name}`)
  const migrations = fixture.tables.schema_migrations!.map((row) => String(row.name)).sort()
  const months = fixture.tables.journal!.map((row) => String(row.recorded_at)).sort()
  await withDatabase({ databaseUrl }, async (db) => {
    for (const migration of migrations) await db.unsafe(readFileSync(join(migrationsFolder, migration), 'utf8'))
    await db`create table schema_migrations (name text primary key, checksum text not null, applied_at timestamptz not null default now())`
    await db`select journal_make_partitions(${months[0]!}::timestamptz::date, 3)`
    // Foreign keys between tables are not asked while the rows come in by the order of their names.
    await db`set session_replication_role = replica`
    for (const [table, rows] of Object.entries(fixture.tables)) {
      await db`insert into ${db(table)} select * from jsonb_populate_recordset(null::${db(table)}, ${rows}::jsonb)`
    }
  })
  return databaseUrl
}

/** Beside what the release left, rows of other shards, and of every status that its tables allow, whatever they say together. */
async function addOfEveryKind(db: Database): Promise<void> {
  await db`set session_replication_role = replica`
  const kinds = await db<{ table: string; column: string; kind: string; place: number }[]>`
    select k.conrelid::regclass::text as table, a.attname as column, kind[1] as kind,
      row_number() over (partition by k.conrelid order by a.attname, kind)::int as place
    from pg_constraint k join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
    cross join lateral regexp_matches(pg_get_constraintdef(k.oid), '''([^'']+)''::text', 'g') as kind
    where k.contype = 'c' and cardinality(k.conkey) = 1 and pg_get_constraintdef(k.oid) like '%ARRAY[%'
      and k.connamespace = 'public'::regnamespace and k.conrelid <> 'tenants'::regclass`
  const one = [
    { table: 'balances' },
    { table: 'idempotency_keys' },
    { table: 'journal' },
    { table: 'refunds' },
    { table: 'statements' },
  ]
  for (const { table, column, kind, place } of [
    ...kinds,
    ...one.map((row) => ({ ...row, column: '', kind: '', place: 1 })),
  ]) {
    // Another shard, or another tenant where there are none, so that no key is taken already.
    const other = {
      shard: place,
      id: `${table}-${place}`,
      tenant_id: `ten-${place}`,
      ...(column && { [column]: kind }),
    }
    await db`
      insert into ${db(table)} select added.* from (select to_jsonb(t) as row from ${db(table)} t limit 1) first,
        lateral jsonb_populate_record(null::${db(table)}, first.row || ${JSON.stringify(other)}::jsonb) as added`
  }
  await db`set session_replication_role = default`
}

/** Columns that a migration gave another name, on purpose. */
const renamed: Readonly<Record<string, string>> = { 'shard_heads.last_seq': 'seq' }

type Rows = Readonly<Record<string, readonly object[]>>

/** Rows of tables in the columns given, as JSON. */
async function rowsOf(db: Database, columns: Readonly<Record<string, readonly string[]>>): Promise<Rows> {
  const rows: Record<string, object[]> = {}
  for (const [table, names] of Object.entries(columns)) {
    const found = await db<{ row: object }[]>`select to_jsonb(t) as row from (select ${db(names)} from ${db(table)}) t`
    rows[table] = found.map(({ row }) => row)
  }
  return rows
}

const inOrder = (rows: readonly object[]) => rows.map((row) => canonicalJson(row)).sort()

async function columnsOf(db: Database): Promise<Record<string, string[]>> {
  const columns = await db<{ table: string; names: string[] }[]>`
    select c.relname as table, array_agg(a.attname::text order by a.attnum) as names from pg_class c join pg_attribute a on a.attrelid = c.oid
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition and a.attnum > 0
      and not a.attisdropped and c.relname <> 'schema_migrations'
    group by c.relname`
  return Object.fromEntries(columns.map(({ table, names }) => [table, names]))
}

/** What is missing or different; members that are new are an addition to the API, not a change. */
function* changes(before: unknown, now: unknown, path: string): Generator<string> {
  if (typeof before !== 'object' || before === null || typeof now !== 'object' || now === null) {
    if (before !== now) yield `${path}: ${JSON.stringify(before)} became ${JSON.stringify(now)}`
    return
  }
  if (Array.isArray(before) && before.length !== (now as unknown[]).length) yield `${path}: another number of entries`
  for (const [name, value] of Object.entries(before)) {
    yield* changes(value, (now as Record<string, unknown>)[name], `${path}/${name}`)
  }
}

for (const file of globSync('*.json', { cwd: import.meta.dirname }).sort()) {
  const fixture = JSON.parse(readFileSync(join(import.meta.dirname, file), 'utf8')) as UpgradeFixture

  test(`rows of ${fixture.version}, of every status and several shards, are after the migrations what they were`, async () => {
    const databaseUrl = await restore(fixture, 'rows')
    await withDatabase({ databaseUrl }, async (db) => {
      await addOfEveryKind(db)
      const columns = await columnsOf(db)
      const before = await rowsOf(db, columns)
      await migrate(db, migrationsFolder)
      const now = (table: string, names: string[]) => names.map((name) => renamed[`${table}.${name}`] ?? name)
      const after = await rowsOf(
        db,
        Object.fromEntries(Object.entries(columns).map(([table, names]) => [table, now(table, names)])),
      )
      for (const [table, rows] of Object.entries(before)) {
        const expected = rows.map((row) =>
          Object.fromEntries(Object.entries(row).map(([name, value]) => [now(table, [name])[0]!, value])),
        )
        assert.deepEqual(inOrder(after[table]!), inOrder(expected), table)
      }
      const summed = await db`
        select shard, tenant_id, account, currency, sum(debit_minor) as debit_minor, sum(credit_minor) as credit_minor, max(effective_on) as last_on
        from balances group by shard, tenant_id, account, currency
        except select shard, tenant_id, account, currency, debit_minor, credit_minor, last_on from account_totals`
      assert.deepEqual([...summed], [], 'each shard has its totals')
    })
  })

  test(`a database of ${fixture.version} is migrated in place, and everything in it goes on`, async (t) => {
    const databaseUrl = await restore(fixture)
    const start = () =>
      startServer({
        home,
        env: { DATABASE_URL: databaseUrl, CHIT_MASTER_KEY: fixture.masterKey, LOG_LEVEL: 'error' },
      })
    const server = await start()
    t.after(() => ended(server.child, 'SIGTERM'))
    const client = createClient({ url: server.url, key: fixture.secretKey })
    t.after(() => client.close())
    /** `unknown`: proofs of what that version did not have. */
    const booksAreTrue = async (unknown: RegExp | null) => {
      const { proofs } = await withDatabase({ databaseUrl }, (db) => audit(db, null), 2)
      assert.deepEqual(
        proofs.flatMap(({ name, failures }) => failures.map((failure) => `${name}: ${failure}`)),
        [],
      )
      assert.deepEqual(
        proofs.filter(({ name, checked }) => checked === 0 && unknown?.test(name) !== true),
        [],
      )
    }

    await t.test('every migration ran', async () => {
      const ran = await withDatabase(
        { databaseUrl },
        (db) => db<{ name: string }[]>`select name from schema_migrations`,
      )
      assert.deepEqual(ran.map(({ name }) => name).sort(), readdirSync(migrationsFolder).sort())
    })

    await t.test('the books are true', () => booksAreTrue(/^(what merchants wait for|loans stand as disputed)/))

    await t.test('it answers as before', async () => {
      for (const [path, before] of Object.entries(fixture.answers)) {
        assert.deepEqual([...changes(before, await client.get(path), path)], [])
      }
    })

    await t.test('a purchase of before, sent again under its key, gets its first answer', async () => {
      const { key, order, answer } = fixture.replay
      const again = await client.post('/v1/charges', order, key)
      assert.equal(canonicalJson(again), canonicalJson(answer))
    })

    await t.test(
      'holds are captured and disputed, purchases made, months go by, and the books are true again',
      async () => {
        const { lineId, merchantId, holdId } = fixture
        await client.post(`/v1/charges/${holdId}/capture`)
        await client.post(`/v1/charges/${holdId}/disputes`, { reason: 'not-received' })
        const order = { lineId, merchantId, amount: 10_000, currency: 'CNY', plan: '3x' }
        const charge = await client.post<{ status: string }>('/v1/charges', order)
        assert.equal(charge.status, 'captured')
        type Moved = Record<'statements' | 'autopaid' | 'lateCharges' | 'payouts', number>
        const moved = await client.post<Moved>('/v1/clock/advance', { to: '2026-07-20' })
        for (const what of ['statements', 'autopaid', 'lateCharges', 'payouts'] as const)
          assert.ok(moved[what] > 0, what)
        await booksAreTrue(null)
      },
    )
  })
}
