import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Call, callerOf, testApp, testTenant } from '../platform/testing.ts'
import { registerRoutes } from '../routes.ts'
import { buy, line, loansOf, openWorld, read, worldBeginsAt } from './world.ts'

const { app, platform, call, db } = await testApp({ after }, registerRoutes, { frozenAt: worldBeginsAt })
const world = await openWorld(call)

/** Until as many stand still as will. */
async function standStill(): Promise<void> {
  let before = -1
  for (;;) {
    const [{ waiting }] = await db<[{ waiting: number }]>`
      select count(*)::int as waiting from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`
    if (waiting > 0 && waiting === before) return
    before = waiting
    await delay(100)
  }
}

interface Slow {
  readonly callers: readonly Call[]
  readonly paths: readonly string[]
  /** What only these readings look at. */
  readonly table: string
}

const auditsAndPayouts: Slow = { callers: [call], paths: ['/v1/audit', '/v1/payouts'], table: 'payouts' }

/** Twenty readings that stand still, as on a table of a hundred million rows, while `work` goes on. */
async function besideSlowReadings(
  work: (answered: () => number) => Promise<void>,
  { callers, paths, table }: Slow = auditsAndPayouts,
): Promise<void> {
  const lock = await db.reserve()
  await lock`set idle_in_transaction_session_timeout = 0`
  await lock`begin`
  await lock`lock table ${lock(table)} in access exclusive mode`
  let answered = 0
  const readings = Array.from({ length: 20 }, async (_, number) => {
    const { status } = await callers[number % callers.length]!('GET', paths[number % paths.length]!)
    answered++
    return status
  })
  try {
    await standStill()
    await work(() => answered)
  } finally {
    await lock`rollback`
    lock.release()
  }
  assert.deepEqual(new Set(await Promise.all(readings)), new Set([200]))
}

test('a purchase does not wait for slow readings, however many there are', { timeout: 60_000 }, async () => {
  const { id } = await line(world)
  await besideSlowReadings(async (answered) => {
    const captured = await buy(world, id, 1_300)
    assert.equal(captured.status, 'captured')
    assert.equal(answered(), 0)
  })
  assert.equal((await loansOf(call, id)).length, 1)
})

test('what others read does not wait for slow trial balances', { timeout: 60_000 }, async () => {
  const { key } = await testTenant(platform, { frozenAt: worldBeginsAt })
  const other = callerOf(app, key)
  const lock = await db.reserve()
  await lock`set idle_in_transaction_session_timeout = 0`
  await lock`begin`
  await lock`lock table account_totals in access exclusive mode`
  // Those that are asked for together share a query; these come one after the other, as of a person who tries again.
  const balances: Promise<number>[] = []
  for (let times = 0; times < 8; times++) {
    balances.push(call('GET', '/v1/trial-balance').then(({ status }) => status))
    await delay(60)
  }
  try {
    for (const path of ['/v1/events', '/v1/merchants']) await read(other, path)
  } finally {
    await lock`rollback`
    lock.release()
  }
  assert.deepEqual(new Set(await Promise.all(balances)), new Set([200]))
})

test('nobody reads later because of another tenant’s slow readings', { timeout: 60_000 }, async () => {
  const { key } = await testTenant(platform, { frozenAt: worldBeginsAt })
  const other = callerOf(app, key)
  await openWorld(other)
  await besideSlowReadings(async (answered) => {
    for (const path of ['/v1/events', '/v1/accounts']) await read(other, path)
    assert.equal(answered(), 0)
  })
})

test('days are closed beside the slow readings of several tenants', { timeout: 60_000 }, async () => {
  const keys = await Promise.all([1, 2, 3].map(() => testTenant(platform, { frozenAt: worldBeginsAt })))
  const { key } = await testTenant(platform, { frozenAt: worldBeginsAt })
  const third = callerOf(app, key)
  await besideSlowReadings(
    async (answered) => {
      const { status } = await third('POST', '/v1/clock/advance', { to: '2026-03-06' })
      assert.deepEqual([status, answered()], [200, 0])
    },
    { callers: keys.map((tenant) => callerOf(app, tenant.key)), paths: ['/v1/staff'], table: 'staff' },
  )
})
