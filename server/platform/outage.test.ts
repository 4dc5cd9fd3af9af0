import assert from 'node:assert/strict'
import { after, type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Database, isConnectionError, isOutage, openDatabase } from './database.ts'
import { type ProxyServer, proxyTo } from './proxy.test-support.ts'
import { testDatabase } from './testing.ts'

/**
 * Whatever becomes of its connections, a query settles: with rows, or with an error that says the database is out of order.
 * A query that never does fails its test after so long.
 */
const timeout = 30_000

const url = await testDatabase({ after })
/** Past the proxies: what is really there. */
const direct = openDatabase(url, { max: 1 })
after(() => direct.end())
await direct`create table kept (n int4 primary key)`

interface Site {
  proxy: ProxyServer
  db: Database
}

async function open(t: TestContext, tls: boolean, answerSeconds = 1): Promise<Site> {
  const proxy = await proxyTo({ after: (work) => t.after(work) }, url, { tls })
  const db = openDatabase(proxy.url, { max: 3, connectSeconds: 1, answerSeconds, applicationName: 'outage test' })
  t.after(() => db.end({ timeout: 1 }))
  return { proxy, db }
}

/** More than there are connections, of all kinds. */
function askInEveryWay(db: Database): Promise<PromiseSettledResult<unknown>[]> {
  const queries = Array.from({ length: 20 }, (_, n) => db`select ${n}::int4 as n`)
  const transactions = Array.from({ length: 3 }, () => db.begin((transaction) => transaction`select 1 as one`))
  const reserved = db.reserve().then((connection) => connection`select 1 as one`.finally(connection.release))
  return Promise.allSettled([...queries, ...transactions, reserved, db.unsafe('select 1; select 2')])
}

function assertAllTold(settled: readonly PromiseSettledResult<unknown>[]): void {
  for (const one of settled) {
    assert.ok(one.status === 'rejected', 'a query was answered')
    assert.ok(isConnectionError(one.reason) && isOutage(one.reason), String(one.reason))
  }
}

async function asleep(count: number): Promise<void> {
  const counted = () => direct<{ count: number }[]>`
    select count(*)::int as count from pg_stat_activity
    where application_name = 'outage test' and state = 'active' and wait_event = 'PgSleep'`
  while ((await counted())[0]!.count < count) await delay(10)
}

async function assertRecovers(db: Database): Promise<void> {
  for (let waited = 0; ; waited += 20) {
    assert.ok(waited < 5_000, 'the database is not asked again')
    const settled = await askInEveryWay(db)
    if (settled.every((one) => one.status === 'fulfilled')) return
    await delay(20)
  }
}

for (const tls of [false, true]) {
  const over = tls ? ' (TLS)' : ''

  test(`connections that are closed before any byte${over}`, { timeout }, async (t) => {
    const { proxy, db } = await open(t, tls)
    proxy.turn('closing')
    assertAllTold(await askInEveryWay(db))
    proxy.turn('fair')
    await assertRecovers(db)
    proxy.turn('closing')
    await delay(50)
    assertAllTold(await askInEveryWay(db))
    proxy.turn('fair')
    await assertRecovers(db)
    assert.ok(proxy.met() > 0)
  })

  test(`connections that are accepted and never answered${over}`, { timeout }, async (t) => {
    const { proxy, db } = await open(t, tls)
    proxy.turn('silent')
    assertAllTold(await askInEveryWay(db))
    proxy.turn('fair')
    await assertRecovers(db)
  })

  test(`connections that fall silent, idle or in the middle of a query${over}`, { timeout }, async (t) => {
    const { proxy, db } = await open(t, tls)
    await assertRecovers(db)
    const sleeping = Promise.allSettled([db`select pg_sleep(0.9)`])
    await asleep(1)
    proxy.turn('silent')
    assertAllTold([...(await askInEveryWay(db)), ...(await sleeping)])
    proxy.turn('fair')
    await assertRecovers(db)
  })

  test(`a commit whose answer is cut off is told as unknown, done though it is${over}`, { timeout }, async (t) => {
    const { proxy, db } = await open(t, tls)
    await direct`delete from kept`
    await db`select 1`
    proxy.turn('resetting')
    assertAllTold(await Promise.allSettled([db`insert into kept values (1)`]))
    proxy.turn('fair')
    await assertRecovers(db)
    const transaction = db.begin(async (sql) => {
      await sql`insert into kept values (2)`
      proxy.turn('resetting')
    })
    assertAllTold(await Promise.allSettled([transaction]))
    assert.deepEqual([...(await direct`select n from kept order by n`)], [{ n: 1 }, { n: 2 }])
    proxy.turn('fair')
    await assertRecovers(db)
  })
}

test('connections that PostgreSQL ends', { timeout }, async (t) => {
  const { db } = await open(t, false, 20)
  const endAll = () => direct`
    select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'outage test'`
  await assertRecovers(db)
  await endAll()
  await delay(50)
  await db`select 1`
  const sleeping = Promise.allSettled([db`select pg_sleep(15)`, db.begin((sql) => sql`select pg_sleep(15)`)])
  await asleep(2)
  await endAll()
  assertAllTold(await sleeping)
  await assertRecovers(db)
})

test('a statement that takes too long is ended by PostgreSQL, and nothing of it stays', { timeout }, async (t) => {
  const { db } = await open(t, false)
  await direct`delete from kept`
  const [pid] = await db`select pg_backend_pid() as pid`
  await assert.rejects(db`with slept as (select pg_sleep(5)) insert into kept select 1 from slept`, (error) => {
    assert.ok(isOutage(error))
    assert.ok(!isConnectionError(error))
    return true
  })
  assert.deepEqual([...(await direct`select n from kept`)], [])
  assert.deepEqual([...(await db`select pg_backend_pid() as pid`)], [pid], 'its connection is as good as before')
})

test('a transaction that nobody goes on with is ended by PostgreSQL, so that others get at its rows', {
  timeout,
}, async (t) => {
  const { db } = await open(t, false)
  await direct`delete from kept`
  await direct`insert into kept values (1)`
  const standing = db.begin(async (sql) => {
    await sql`update kept set n = 2`
    // As a server does that is stopped, or whose network is gone.
    await direct`update kept set n = 3`
    await sql`select 1`
  })
  assertAllTold(await Promise.allSettled([standing]))
  assert.deepEqual([...(await direct`select n from kept`)], [{ n: 3 }])
  await assertRecovers(db)
})

test('readings may take longer, and whoever writes does not wait for them', { timeout }, async (t) => {
  const { db } = await open(t, false)
  await direct`select pg_advisory_lock(1)`
  const readings = Promise.all(Array.from({ length: 9 }, () => db.readings`select pg_advisory_lock_shared(1)`))
  // Longer than a query may take that is no reading.
  await delay(1_500)
  await db`select 1`
  await direct`select pg_advisory_unlock(1)`
  await readings
})

test('whoever still waits at the end is told', { timeout }, async () => {
  const db = openDatabase(url, { max: 1 })
  const sleeping = Promise.allSettled([db`select pg_sleep(9)`])
  await delay(100)
  const waiting = Promise.allSettled([db`select 1`, db.begin((sql) => sql`select 1`)])
  await delay(100)
  await db.end({ timeout: 0 })
  assertAllTold([...(await sleeping), ...(await waiting)])
  assertAllTold(await askInEveryWay(db))
})

test('without a bound the end waits for what is under way', { timeout }, async () => {
  const db = openDatabase(url, { max: 1 })
  const answers = Promise.all([db`select pg_sleep(0.2)`, db`select 1 as one`])
  await delay(50)
  await db.end()
  assert.deepEqual([...(await answers)[1]], [{ one: 1 }])
})

test('a table altered under a kept plan is read as it is now', { timeout }, async () => {
  const db = openDatabase(url, { max: 2 })
  await direct`create table shape (a int4)`
  await direct`insert into shape values (1)`
  const readTwice = () => Promise.all([db`select * from shape`, db`select * from shape`])
  for (const rows of await readTwice()) assert.deepEqual([...rows], [{ a: 1 }])
  await direct`alter table shape add column b text default 'x'`
  for (const rows of await readTwice()) assert.deepEqual([...rows], [{ a: 1, b: 'x' }])
  await db.end()
})

test('a transaction that went on after a failure is not taken for committed', { timeout }, async () => {
  const db = openDatabase(url, { max: 1 })
  const carelessly = db.begin(async (sql) => {
    await sql`insert into kept values (7)`
    await sql`select no_such_function()`.catch(() => {})
  })
  await assert.rejects(carelessly, /went on after one of its statements had failed/)
  assert.deepEqual([...(await direct`select n from kept where n = 7`)], [])
  await db.end()
})
