/** A close of a day in the middle of which a newer version migrates the database: that version finishes it. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createPlatform, type Platform } from '../platform/context.ts'
import { type Database, openDatabase } from '../platform/database.ts'
import { buildApp } from '../platform/http.ts'
import { migrationNames } from '../platform/migrate.ts'
import { callerOf, testConfig, testDatabase, testTenant } from '../platform/testing.ts'
import { registerRoutes } from '../routes.ts'
import { plainTerms, type Refusal, testCredit } from '../testing.ts'
import { type Advance, closeElapsedDays } from './clock.ts'

const known = await migrationNames(join(import.meta.dirname, '../migrations'))
const newer = '9999_future.sql'

/** Calls `then` after the next reading of a page of lines by a close. */
function afterPage(db: Database): { db: Database; onNext: (then: () => Promise<unknown>) => void } {
  let then: (() => Promise<unknown>) | null = null
  const watched = (target: Database, isReadings: boolean): Database =>
    new Proxy(target, {
      apply(inner, _self, all: unknown[]) {
        const run = () => (inner as unknown as (...all: unknown[]) => Promise<unknown>)(...all)
        const text = Array.isArray(all[0]) ? all[0].join('?') : ''
        if (then === null || !isReadings || !/from lines\s+where .*\bid = any/.test(text)) return run()
        const work = then
        then = null
        return run().then(async (rows) => {
          await work()
          return rows
        })
      },
      get: (inner, name) => (name === 'readings' ? watched(inner.readings, true) : Reflect.get(inner, name)),
    })
  return {
    db: watched(db, false),
    onNext: (work) => {
      then = work
    },
  }
}

async function migrateBy(platform: Platform): Promise<void> {
  await platform.db`insert into schema_migrations (name, checksum) values (${newer}, 'x')`
  await platform.newerSchema.look()
}

/** Spread over shards, each of which has pages of its own. */
const shards = 4
const lineCount = 40

test('a close stops between two pages; the newer version does the rest, and nothing twice', async () => {
  const url = await testDatabase({ after })
  const { db, onNext } = afterPage(openDatabase(url, { max: 5 }))
  const { sandbox, platform } = await testCredit(
    { after },
    { parts: { db, migrations: known }, config: { shards, logLevel: 'silent' } },
  )
  const world = await sandbox('2026-03-05')
  const program = await world.program(plainTerms())
  const merchantId = await world.merchant()
  const lines = await Promise.all(Array.from({ length: lineCount }, () => world.line(program.id)))
  await Promise.all(lines.map(({ id }) => world.buy({ lineId: id, merchantId, amount: 10_000 })))
  onNext(() => migrateBy(platform))
  // Bills are made on 3 April and due on the 13th; nobody pays.
  const move = ['POST', '/v1/clock/advance', { to: '2026-04-19' }, { idempotencyKey: 'to-19-april' }] as const
  const stopped = await world.call<Refusal>(...move)
  assert.deepEqual([stopped.status, stopped.body.code], [503, 'server-outdated'])
  const billed = async () =>
    (
      await db<{ lines: number }[]>`select count(*)::int4 as lines from statements where tenant_id = ${world.tenantId}`
    )[0]!.lines
  const first = await billed()
  assert.ok(first > 0 && first < lineCount, `${first} bills`)

  const next = createPlatform(testConfig({ shards }), url, { migrations: [...known, newer] })
  const app = await buildApp(next, registerRoutes)
  after(async () => {
    await app.close()
    await next.db.end({ timeout: 5 })
  })
  const call = callerOf(app, world.key)
  const moved = await call<Advance>(...move)
  assert.equal(moved.status, 200, JSON.stringify(moved.body))
  assert.deepEqual(
    [moved.body.lastClosedOn, moved.body.statements, moved.body.lateCharges, await billed()],
    ['2026-04-18', lineCount - first, lineCount, lineCount],
  )
  const audit = await call<{ ok: boolean }>('GET', '/v1/audit')
  assert.equal(audit.body.ok, true)
})

test('days that the world’s clock has passed are left to the newer version, too', async () => {
  const { platform } = await testCredit({ after }, { parts: { migrations: known }, config: { logLevel: 'fatal' } })
  const { tenantId } = await testTenant(platform, { mode: 'live' })
  const lastClosedOn = async () => {
    const [row] = await platform.db<{ lastClosedOn: string }[]>`
      select last_closed_on from tenants where id = ${tenantId}`
    return row!.lastClosedOn
  }
  await platform.db`update tenants set last_closed_on = '2026-01-01' where id = ${tenantId}`
  await migrateBy(platform)
  await closeElapsedDays(platform)
  assert.equal(await lastClosedOn(), '2026-01-01')
})
