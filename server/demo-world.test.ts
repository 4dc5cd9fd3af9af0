import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { createPlatform } from './platform/context.ts'
import { openDatabase } from './platform/database.ts'
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
  return { made, greetings: greetings.map((hints) => hints('http://x')) }
}

/** Whether a greeting has the key to show, or else one line that says it is elsewhere. */
function hasKey(greeting: readonly string[]): boolean {
  const isShown = greeting.some((line) => line.includes('.secretKey'))
  assert.equal(greeting.length, isShown ? 4 : 1)
  if (!isShown)
    assert.match(greeting[0]!, /^No key for the demo world is in .*demo\.json: start with the CHIT_HOME that made it/)
  return isShown
}

async function folder(t: TestContext): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'chit-demo-'))
  t.after(() => rm(home, { recursive: true, force: true }))
  return home
}

test('servers that start together on an empty database make one demo world, which the others find', async (t) => {
  const home = await folder(t)
  const { made, greetings } = await startTogether(t, [home, home, home])
  assert.deepEqual([made, greetings.map(hasKey)], [{ tenants: 1, customers: 3 }, [true, true, true]])
})

test('with folders of their own, only the one that made it has its key to show', async (t) => {
  const { made, greetings } = await startTogether(t, [await folder(t), await folder(t)])
  assert.deepEqual([made, greetings.map(hasKey).toSorted()], [{ tenants: 1, customers: 3 }, [false, true]])
})

/** One start on a database of one's own after the other. */
function starts(databaseUrl: string) {
  async function begin<Result>(home: string, work: (greeting: Promise<string[]>) => Promise<Result>): Promise<Result> {
    const platform = createPlatform(testConfig({ databaseUrl, home, poolSize: 1 }), databaseUrl, { log: testLog() })
    const greeting = prepare(platform).then((hints) => hints('http://x'))
    greeting.catch(() => {})
    try {
      return await work(greeting)
    } finally {
      await platform.db.end({ timeout: 0 })
      await Promise.allSettled([greeting])
    }
  }
  return {
    greet: (home: string) => begin(home, (greeting) => greeting),
    /** It gets as far as its first write to `table`; then its connections are gone at once, as after kill -9. */
    async cutOffAt(table: string, home: string) {
      const db = openDatabase(databaseUrl, { max: 1 })
      await db.begin(async (holder) => {
        await holder.unsafe(`lock table ${table} in share mode`)
        const waiting = () => holder`select 1 from pg_locks where relation = ${table}::regclass and not granted`
        await begin(home, async () => {
          while ((await waiting()).length === 0) await delay(10)
        })
      })
      await db.end()
    },
  }
}

test('a demo world that was cut off is made anew by the folder that began it, and by no other', async (t) => {
  const databaseUrl = await testDatabase(t)
  const db = openDatabase(databaseUrl, { max: 1 })
  t.after(() => db.end())
  const tenants = async () => (await db`select 1 from tenants`).length
  const { greet, cutOffAt } = starts(databaseUrl)
  const [home, other] = [await folder(t), await folder(t)]
  await cutOffAt('funders', home)
  assert.ok(!hasKey(await greet(other)))
  // Of another database, or of a version that did not say whose.
  for (const begun of ['ten_0g06f3k9wq2mzbxj4t8p5n7rh\n', '']) {
    await writeFile(join(other, 'demo.json.begun'), begun)
    assert.ok(!hasKey(await greet(other)))
  }
  assert.equal(await tenants(), 1)

  // Once more, before the successor is there.
  await cutOffAt('tenants', home)
  assert.equal(await tenants(), 1)
  assert.ok(hasKey(await greet(home)))
  assert.ok(hasKey(await greet(home)))
  assert.ok(!hasKey(await greet(other)))
  assert.equal(await tenants(), 2)
  assert.ok(!existsSync(join(home, 'demo.json.begun')))
})
