import assert from 'node:assert/strict'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { totalsAreSums } from '../audit/journal.ts'
import { openDatabase, type Queryable } from '../platform/database.ts'
import { migrate } from '../platform/migrate.ts'
import { testDatabase } from '../platform/testing.ts'

const migrations = resolve(import.meta.dirname, '../migrations')
const db = openDatabase(await testDatabase({ after }), { max: 6 })
after(() => db.end())

/** The tables as they were before accounts had totals. */
async function before(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'migrations-'))
  await cp(migrations, dir, { recursive: true, filter: (path) => basename(path) < '0014' || !path.endsWith('.sql') })
  await db.unsafe('drop schema public cascade; create schema public')
  await migrate(db, dir)
  await rm(dir, { recursive: true })
}

/** An event of five units. */
function commit(on: Queryable, id: string) {
  const event = {
    tenant_id: 'ten_a',
    id,
    type: 'merchant.moved',
    data: {},
    currency: 'CNY',
    accounts: ['asset:bank', 'liability:merchant:x:payable'],
    amounts: [5, -5],
    effective_on: '2026-03-05',
    booked_at: '2026-03-05T00:00:00Z',
    actor: 'test',
  }
  return on`select * from commit_operations(0::smallint,
    array[jsonb_populate_record(null::operation, ${{ tenant_id: 'ten_a' }})],
    array[jsonb_populate_record(null::journal, ${event})], array[1],
    null, null, null, null, null, null, null, null, null, null, null, null, null, null)`
}

async function waitFor(count: number): Promise<void> {
  for (;;) {
    const [{ waiting }] = await db<[{ waiting: number }]>`
      select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    if (waiting === count) return
    await delay(10)
  }
}

test('what a server that was left running commits while totals are made is in them, or is not written', {
  timeout: 60_000,
}, async () => {
  await before()
  await commit(db, 'first')
  const early = Promise.withResolvers<void>()
  const underWay = db.begin(async (transaction) => {
    await commit(transaction, 'under way')
    await early.promise
  })
  const queued = delay(50).then(() => commit(db, 'queued'))
  await waitFor(1)
  const upgrade = migrate(db, migrations)
  await waitFor(2)
  const late = Promise.resolve(commit(db, 'late')).then(
    () => 'written',
    () => 'refused',
  )
  await waitFor(3)
  early.resolve()
  await Promise.all([underWay, queued, upgrade])
  assert.equal(await late, 'refused')
  await commit(db, 'of the new version')
  const { failures } = await totalsAreSums({ db, tenantId: null })
  assert.deepEqual(failures, [])
  const events = await db<{ id: string }[]>`select id from journal order by seq`
  assert.deepEqual(
    events.map(({ id }) => id),
    ['first', 'under way', 'queued', 'of the new version'],
  )
})
