import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { createPlatform } from './platform/context.ts'
import { testConfig, testDatabase, testLog } from './platform/testing.ts'
import { prepare } from './routes.ts'

/** Servers that start on one empty database at the same time, each with a folder that is given. */
async function startTogether(t: TestContext, homes: readonly string[]) {
  const databaseUrl = await testDatabase(t)
  const platforms = homes.map((home) =>
    createPlatform(testConfig({ databaseUrl, home, poolSize: 1 }), databaseUrl, { log: testLog() }),
  )
  t.after(async () => {
    await Promise.all(platforms.map(({ db }) => db.end({ timeout: 5 })))
  })
  const { db } = platforms[0]!
  // As on the first day of a month whose partition nobody has made yet.
  const partitions = await db<{ name: string }[]>`
    select inhrelid::regclass::text as name from pg_inherits
    where inhparent = 'journal'::regclass and inhrelid::regclass::text <> 'journal_default'`
  for (const { name } of partitions) await db`drop table ${db(name)}`
  // Else the first to be connected is done before the second one asks.
  await Promise.all(platforms.map((platform) => platform.db`select 1`))
  const greetings = await Promise.all(platforms.map(prepare))
  const [made] = await db<{ tenants: number; customers: number }[]>`
    select (select count(*) from tenants)::int4 as tenants, (select count(*) from customers)::int4 as customers`
  return { made, lines: greetings.map((hints) => hints('http://x').length) }
}

async function folder(t: TestContext): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'chit-demo-'))
  t.after(() => rm(home, { recursive: true, force: true }))
  return home
}

test('servers that start together on an empty database make one demo world, which the others find', async (t) => {
  const home = await folder(t)
  const { made, lines } = await startTogether(t, [home, home, home])
  assert.deepEqual([made, lines], [{ tenants: 1, customers: 3 }, [4, 4, 4]])
})

test('with folders of their own, only the one that made it has its key to show', async (t) => {
  const { made, lines } = await startTogether(t, [await folder(t), await folder(t)])
  assert.deepEqual([made, lines.toSorted()], [{ tenants: 1, customers: 3 }, [0, 4]])
})
