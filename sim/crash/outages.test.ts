import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Answer, openConnection, requestPrinter } from '../../bench/harness/connection.ts'
import { withDatabase } from '../../bench/harness/database.ts'
import { ended, startServer } from '../../bench/harness/server.ts'
import { type Database, openDatabase } from '../../server/platform/database.ts'
import { startEmbedded } from '../../server/platform/embedded.ts'
import { proxyTo, type Weather } from '../../server/platform/proxy.test-support.ts'
import { startPostgresAgain, stopPostgres } from './postgres.ts'
import { masterKey, openSite, type Site, tempHome, until } from './site.test-support.ts'

/**
 * What goes wrong around a server, done to the real one under load. After each, every request that has no answer is sent
 * again under its key, and the books are held against what the callers were told.
 */

test('a server on a database of its own outlives what happens to that database', async (t) => {
  const home = await tempHome(t)
  // Small numbers, so that little is needed to use them up.
  const postgres = await startEmbedded(home, { settings: ['max_connections=30'] })
  t.after(postgres.stop)
  const site = await openSite(t, home, { DATABASE_URL: postgres.url, CHIT_POOL: '2' })
  const { fleet, world } = site
  const answered = () => fleet.ledger.answered()
  const refused = () => fleet.ledger.statuses.get(503) ?? 0

  await t.test('PostgreSQL is restarted', async () => {
    await site.loadUntil('purchases', moreThan(answered, 100))
    await stopPostgres(home)
    await until('refusals', moreThan(refused, 10))
    await startPostgresAgain(home)
    await until('purchases again', moreThan(answered, 50))
    await site.settle()
  })

  await t.test('every connection of the pool waits for a lock', async () => {
    await withDatabase(site.server, async (db) => {
      const lock = await db.reserve()
      await site.loadUntil('purchases', moreThan(answered, 50))
      await lock`begin`
      await lock`lock table lines in access exclusive mode`
      await until('a standstill', () => standsStill(answered))
      assert.equal((await fetch(`${site.server.url}/healthz`)).status, 200)
      await lock`rollback`
      lock.release()
    })
    await until('purchases again', moreThan(answered, 50))
    await site.settle()
  })

  await t.test('PostgreSQL has no connection left for it', async () => {
    await site.loadUntil('purchases', moreThan(answered, 50))
    const others = await takeAllConnections(site)
    await until('refusals', moreThan(refused, 10))
    await assertToldToComeBack(site)
    await Promise.all(others.map((db) => db.end({ timeout: 1 })))
    await until('purchases again', moreThan(answered, 50), 5_000)
    await site.settle()
  })

  await t.test('PostgreSQL says that its disk is full', async () => {
    await site.loadUntil('purchases', moreThan(answered, 50))
    await withDatabase(site.server, async (db) => {
      await db`create function disk_full() returns trigger language plpgsql as $$ begin
        raise exception 'could not extend file: No space left on device' using errcode = 'disk_full'; end $$`
      await db`create trigger disk_full before insert on journal for each statement execute function disk_full()`
      await until('refusals', moreThan(refused, 10))
      await db`drop function disk_full cascade`
    })
    await until('purchases again', moreThan(answered, 50))
    await site.settle()
  })

  await t.test(
    'a client hangs up in the middle of its request: nothing is booked until it sends the whole',
    async () => {
      const order = { lineId: world.lines[0], merchantId: world.merchants[0], amount: 1_234, currency: 'CNY' }
      for (const bytesMissing of [1, 60]) {
        const body = JSON.stringify({ ...order, plan: 'pay-later', reference: `cut-${bytesMissing}` })
        const whole = requestPrinter(site.server.port, world.key).post('/v1/charges', body, `cut-${bytesMissing}`)
        await sendAndHangUp(site, whole.slice(0, -bytesMissing))
        await delay(100)
        assert.equal(await timesBooked(site, `cut-${bytesMissing}`), 0)
        assert.equal((await sendOnce(site, whole)).status, 201)
        assert.equal(await timesBooked(site, `cut-${bytesMissing}`), 1)
      }
    },
  )

  await t.test(
    'a client hangs up before it was answered: booked once or not at all, and its key tells which',
    async () => {
      const order = { lineId: world.lines[1], merchantId: world.merchants[0], amount: 1_234, currency: 'CNY' }
      const print = requestPrinter(site.server.port, world.key)
      const requests = Array.from({ length: 20 }, (_, index) => {
        const body = JSON.stringify({ ...order, plan: 'pay-later', reference: `unread-${index}` })
        return print.post('/v1/charges', body, `unread-${index}`)
      })
      // From at once to after the commit.
      await Promise.all(requests.map((request, index) => sendAndHangUp(site, request, index)))
      for (const [index, request] of requests.entries()) {
        const before = await timesBooked(site, `unread-${index}`)
        assert.ok(before <= 1)
        const answer = await sendOnce(site, request)
        assert.deepEqual([answer.status, await timesBooked(site, `unread-${index}`)], [201, 1])
      }
    },
  )

  await t.test(
    'told to stop with a crowd inside, it answers everyone inside, lets nobody in and ends with 0',
    async () => {
      const { lines, merchants, key } = world
      const lock = await openDatabase(site.server.databaseUrl, { max: 1, answerSeconds: null }).reserve()
      await lock`begin`
      await lock`lock table lines in access exclusive mode`
      const print = requestPrinter(site.server.port, key)
      const crowd = lines.map((lineId, index) => {
        const order = { lineId, merchantId: merchants[0], amount: 100, currency: 'CNY', plan: 'pay-later' }
        const body = JSON.stringify({ ...order, reference: `last-${index}` })
        return sendOnce(site, print.post('/v1/charges', body, `last-${index}`))
      })
      await delay(500)
      const exit = ended(site.server.child, 'SIGTERM')
      await delay(200)
      await assert.rejects(openConnection(site.server.port), /ECONNREFUSED/)
      await lock`rollback`
      const statuses = (await Promise.all(crowd)).map((answer) => answer.status)
      assert.deepEqual(new Set(statuses), new Set([201]))
      assert.equal(await exit, 0)
    },
  )
})

const weathers: [what: string, weather: Weather][] = [
  ['closes connections before any byte', 'closing'],
  ['swallows everything and accepts connections that it never answers', 'silent'],
  ['cuts each answer to a commit in its middle', 'resetting'],
]

test('a server outlives a network that loses the connections to its database', async (t) => {
  const home = await tempHome(t)
  const postgres = await startEmbedded(home)
  t.after(postgres.stop)
  const proxy = await proxyTo({ after: (work) => t.after(work) }, postgres.url, { resetFromBytes: 2_000 })
  const site = await openSite(t, home, { DATABASE_URL: proxy.url, CHIT_POOL: '4' })
  const answered = () => site.fleet.ledger.answered()
  const refused = () => site.fleet.ledger.statuses.get(503) ?? 0

  for (const [what, weather] of weathers) {
    await t.test(`it ${what}`, async () => {
      await site.loadUntil('purchases', moreThan(answered, 50))
      const met = moreThan(proxy.met, 4)
      proxy.turn(weather)
      await until('refusals', moreThan(refused, 10))
      if (weather !== 'resetting') await assertToldToComeBack(site)
      await until('lost connections', met)
      proxy.turn('fair')
      await until('purchases again', moreThan(answered, 50), 15_000)
      await site.settle()
    })
  }
})

test('a server with its own PostgreSQL ends when that dies, and stays its owner when that recovers', async (t) => {
  const home = await tempHome(t)
  const site = await openSite(t, home, {})
  const { fleet } = site
  const answered = () => fleet.ledger.answered()

  await t.test('PostgreSQL recovers from the death of a backend: another server is still refused', async () => {
    await site.loadUntil('purchases', moreThan(answered, 100))
    await withDatabase(site.server, async (db) => {
      const [backend] = await db<{ pid: number }[]>`
        select pid from pg_stat_activity where application_name = 'chit owner'`
      process.kill(backend!.pid, 'SIGKILL')
    })
    await until('purchases again', moreThan(answered, 50))
    await until('the owner', () => hasOwner(site))
    await site.settle()
    await assert.rejects(startServer({ home, env: { CHIT_MASTER_KEY: masterKey } }), /Another Chit server is running/)
  })

  await t.test('PostgreSQL is killed: everyone is answered, and the server ends within seconds', async () => {
    await site.loadUntil('purchases', moreThan(answered, 50))
    const { child } = site.server
    const exited = new Promise<number | null>((done) => child.once('exit', done))
    const killedAt = performance.now()
    process.kill(site.server.postmasterPid, 'SIGKILL')
    assert.equal(await exited, 1)
    assert.ok(performance.now() - killedAt < 10_000, `${performance.now() - killedAt} ms`)
    await site.settle()
  })
})

/** Counted from now on. */
function moreThan(count: () => number, more: number): () => boolean {
  const before = count()
  return () => count() >= before + more
}

async function standsStill(count: () => number): Promise<boolean> {
  const before = count()
  await delay(300)
  return count() === before
}

async function sendOnce(site: Site, request: string): Promise<Answer> {
  const connection = await openConnection(site.server.port)
  return connection.send(request).finally(connection.close)
}

async function sendAndHangUp(site: Site, request: string, afterMilliseconds = 20): Promise<void> {
  const connection = await openConnection(site.server.port)
  connection.send(request).catch(() => {})
  await delay(afterMilliseconds)
  connection.close()
}

function timesBooked(site: Site, reference: string): Promise<number> {
  return withDatabase(site.server, async (db) => {
    const [row] = await db<{ count: number }[]>`
      select count(*)::int as count from charges where tenant_id = ${site.world.tenantId} and reference = ${reference}`
    return row!.count
  })
}

async function assertToldToComeBack(site: Site): Promise<void> {
  const answer = await fetch(`${site.server.url}/v1/clock`, { headers: { authorization: `Bearer ${site.world.key}` } })
  assert.equal(answer.status, 503)
  assert.ok(Number(answer.headers.get('retry-after')) >= 1)
}

/** Others take each connection as soon as it is free, those of the server included. */
async function takeAllConnections(site: Site): Promise<Database[]> {
  const others: Database[] = []
  const open = async () => {
    const db = openDatabase(site.server.databaseUrl, { max: 1, applicationName: 'others' })
    return db`select 1`.then(
      () => others.push(db) > 0,
      () => db.end({ timeout: 1 }).then(() => false),
    )
  }
  await open()
  const [first] = others
  await until('no connection of the server', async () => {
    await first!`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'chit'`
    const opened = await Promise.all(Array.from({ length: 10 }, open))
    // One that is only just connecting has no name yet.
    const [row] = await first!<{ count: number }[]>`
      select count(*)::int as count from pg_stat_activity
      where backend_type = 'client backend' and application_name in ('chit', '')`
    // Only when nobody else finds a place either has the server none to come back to.
    return row!.count === 0 && !opened.includes(true)
  })
  return others
}

function hasOwner(site: Site): Promise<boolean> {
  return withDatabase(site.server, async (db) => {
    const [row] = await db<{ held: boolean }[]>`
      select exists (select from pg_locks join pg_stat_activity using (pid)
        where locktype = 'advisory' and application_name = 'chit owner') as held`
    return row!.held
  })
}
