import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openDatabase } from '../platform/database.ts'
import { testDatabase } from '../platform/testing.ts'
import { makePartitions } from './store.ts'

const db = openDatabase(await testDatabase({ after }), { max: 6 })
after(() => db.end())

async function partitions(): Promise<string[]> {
  const rows = await db<{ name: string }[]>`
    select inhrelid::regclass::text as name from pg_inherits
    where inhparent = 'journal'::regclass and inhrelid::regclass::text <> 'journal_default' order by 1`
  return rows.map(({ name }) => name)
}

test('they are made in one statement: no server stands still between two, with what others wait for', async () => {
  const asked: string[] = []
  const watched = new Proxy(db, {
    apply: (inner, self, all: Parameters<typeof db>) => {
      asked.push(String(all[0]))
      return Reflect.apply(inner, self, all)
    },
    get: (inner, name) => {
      if (name === 'begin' || name === 'reserve') asked.push(name)
      return Reflect.get(inner, name)
    },
  })
  await makePartitions(watched)
  assert.equal(asked.length, 1, asked.join('; '))
  assert.match(asked[0]!, /pg_advisory_xact_lock/)
})

test('servers that make the partitions of a new month at the same time all find them made', async () => {
  await makePartitions(db)
  const made = await partitions()
  assert.equal(made.length, 3)
  for (let month = 0; month < 5; month++) {
    for (const name of made) await db`drop table ${db(name)}`
    await Promise.all(Array.from({ length: 6 }, () => makePartitions(db)))
    assert.deepEqual(await partitions(), made)
  }
})

test('while the journal is read for long they are not made, and nobody who writes waits for that', async () => {
  await makePartitions(db)
  const made = await partitions()
  await db`drop table ${db(made.at(-1)!)}`
  await db.begin(async (audit) => {
    await audit`select count(*) from journal`
    const making = makePartitions(db)
    await audit`select count(*) from journal`
    assert.equal(await making, false)
    // What a commit needs of the journal.
    await db.begin((writer) => writer`lock table journal in row exclusive mode nowait`)
  })
  assert.equal(await makePartitions(db), true)
  assert.deepEqual(await partitions(), made)
})
