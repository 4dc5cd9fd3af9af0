import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { isConnectionError, isUniqueViolation, openDatabase } from './database.ts'
import { migrate } from './migrate.ts'
import { StartupError } from './startup-error.ts'
import { testDatabase } from './testing.ts'

const url = await testDatabase({ after })
const db = openDatabase(url, { max: 2 })
after(() => db.end())

const scalars: [sql: string, value: unknown][] = [
  ['9007199254740993::int8', 9007199254740993n],
  ['7::int4', 7],
  ['7::int2', 7],
  ['12345678901234567890.10::numeric', '12345678901234567890.10'],
  ["'2026-02-28'::date", '2026-02-28'],
  ["'2026-03-01 00:00:00.123456+08'::timestamptz", '2026-02-28T16:00:00.123456Z'],
  ["'2026-02-28T16:00:00Z'::timestamptz", '2026-02-28T16:00:00Z'],
  ["'infinity'::timestamptz", 'infinity'],
  [`'{"due_on":"2026-01-01"}'::jsonb`, { due_on: '2026-01-01' }],
  ['true', true],
  ["'\\x00ff'::bytea", Buffer.from([0, 255])],
  ['array[1,null]::int8[]', [1n, null]],
  ["array['a\"b','NULL',null,'c,d','e\\f','']", ['a"b', 'NULL', null, 'c,d', 'e\\f', '']],
  ['array[]::text[]', []],
  ["array['2026-02-28']::date[]", ['2026-02-28']],
  ['array[true,false]', [true, false]],
]

test('every type arrives exactly', async () => {
  for (const [expression, value] of scalars) {
    const [row] = await db.unsafe<{ value: unknown }[]>(`select ${expression} as value`)
    assert.deepEqual(row!.value, value, expression)
  }
})

test('what is sent comes back the same', async () => {
  const instant = Temporal.Instant.from('2026-02-28T16:00:00.123456Z')
  const [row] = await db`select
    ${2n ** 60n}::int8 as big, ${instant}::timestamptz as instant, ${{ amount: 2n ** 60n, type: 'x' }}::jsonb as object,
    ${db.typed.bigints([1n, null, -5n])} as bigs, ${db.typed.booleans([true, null])} as flags,
    ${db.typed.byteas([Buffer.from('ab')])} as bytes, ${db.typed.jsonbs([{ type: 'paid', amount: 1n }, null])} as objects,
    ${db.typed.texts(['a"b', 'NULL', null, 'c,d', 'e\\f'])} as words, ${db.typed.texts([])} as nothing`
  assert.deepEqual(row, {
    big: 2n ** 60n,
    instant: '2026-02-28T16:00:00.123456Z',
    object: { amount: 2 ** 60, type: 'x' },
    bigs: [1n, null, -5n],
    flags: [true, null],
    bytes: [Buffer.from('ab')],
    objects: [{ type: 'paid', amount: 1 }, null],
    words: ['a"b', 'NULL', null, 'c,d', 'e\\f'],
    nothing: [],
  })
})

test('an amount inside JSON keeps every digit', async () => {
  const [row] = await db`select ${{ amount: 12345678901234567890n }}::jsonb ->> 'amount' as digits`
  assert.equal(row!.digits, '12345678901234567890')
})

test('columns become camelCase, keys inside JSON stay as they are', async () => {
  const [row] = await db`select 1 as due_on_day, '{"due_on": 1}'::jsonb as loan_terms`
  assert.deepEqual(row, { dueOnDay: 1, loanTerms: { due_on: 1 } })
})

test('of several statements in one text the last one answers, with its own rows only', async () => {
  const rows = await db.unsafe('select 1 as one; create table several (n int4); insert into several values (1), (2)')
  assert.deepEqual([[...rows], rows.count], [[], 2])
  const read = await db.unsafe('insert into several values (3); select n, null as nothing from several order by n')
  assert.deepEqual(
    [...read],
    [1, 2, 3].map((n) => ({ n, nothing: null })),
  )
  assert.equal(read.count, 3)
  const none = await db.unsafe('')
  assert.deepEqual([[...none], none.count], [[], 0])
})

test('after a refusal the connection is as good as before', async () => {
  const one = openDatabase(url, { max: 1 })
  const [first] = await one`select pg_backend_pid() as pid`
  await assert.rejects(async () => one`select ${1}::int4 / 0`, /division by zero/)
  await assert.rejects(one.unsafe('create temporary table copied (n int4); copy copied from stdin'), /nothing to copy/)
  const [last] = await one`select pg_backend_pid() as pid`
  assert.deepEqual(last, first)
  await one.end()
})

test('PostgreSQL finds out within a minute or so that a server is gone without a word', async () => {
  const given = new URL(url)
  given.searchParams.set('options', '-c tcp_keepalives_idle=7000')
  const one = openDatabase(given.href, { max: 1 })
  const session = await one.reserve()
  const found = await Promise.all(
    [one, one.readings, session].map(
      (connection) => connection`
        select inet_client_addr() is not null as is_tcp, current_setting('tcp_keepalives_idle')::int4 as idle,
          current_setting('tcp_keepalives_interval')::int4 as interval, current_setting('tcp_keepalives_count')::int4 as count`,
    ),
  )
  session.release()
  await one.end()
  for (const [settings] of found) {
    const { isTcp, idle, interval, count } = settings!
    // Over a Unix socket they read 0.
    assert.equal(idle + interval * count, isTcp ? 60 : 0)
  }
})

test('mistakes that would store nonsense are refused', async () => {
  await assert.rejects(async () => db`select ${['a']}::text[]`, /cannot cast type jsonb to text\[\]/)
  await assert.rejects(async () => db`select ${undefined as unknown as null}::text`, /undefined; write null/)
})

test('a connection can be reserved before any query ran', async () => {
  const fresh = openDatabase(url, { max: 1 })
  const held = await fresh.reserve()
  assert.deepEqual([...(await held`select 1 as one`)], [{ one: 1 }])
  held.release()
  await fresh.end()
})

test('a unique violation and an unreachable server are told apart', async () => {
  await db`create table things (id int4 primary key)`
  await db`insert into things values (1)`
  await assert.rejects(db`insert into things values (1)`, (error) => {
    assert.ok(isUniqueViolation(error))
    assert.ok(isUniqueViolation(error, 'things_pkey'))
    assert.ok(!isUniqueViolation(error, 'other'))
    assert.ok(!isConnectionError(error))
    return true
  })
  const nowhere = openDatabase('postgres://x:y@127.0.0.1:1/x', { max: 1 })
  await assert.rejects(nowhere`select 1`, isConnectionError)
  await nowhere.end()
})

test('migrations run once, in order, and refuse a changed past or an unknown future', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'migrations-'))
  t.after(() => rm(dir, { recursive: true }))
  const fresh = openDatabase(await testDatabase(t), { max: 4 })
  t.after(() => fresh.end())
  await fresh`drop table if exists schema_migrations`
  await writeFile(join(dir, '0001_a.sql'), 'create table a (n int4); insert into a values (1);')
  await writeFile(join(dir, '0002_b.sql'), 'alter table a add column m int4;')
  const rounds = await Promise.all([migrate(fresh, dir), migrate(fresh, dir), migrate(fresh, dir)])
  assert.deepEqual(rounds.flat().sort(), ['0001_a.sql', '0002_b.sql'])

  await writeFile(join(dir, '0003_c.sql'), 'create table c (n int4); select no_such_function();')
  await assert.rejects(migrate(fresh, dir), /no_such_function/)
  assert.deepEqual([...(await fresh`select to_regclass('c') as c`)], [{ c: null }])
  await rm(join(dir, '0003_c.sql'))

  await writeFile(join(dir, '0002_b.sql'), 'alter table a add column changed int4;')
  await assert.rejects(
    migrate(fresh, dir),
    (error) => error instanceof StartupError && /0002_b\.sql differs/.test(error.message),
  )
  await rm(join(dir, '0002_b.sql'))
  await assert.rejects(
    migrate(fresh, dir),
    (error) => error instanceof StartupError && /newer version/.test(error.message),
  )
})
