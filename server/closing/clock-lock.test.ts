/** Who moves a clock has it alone, and however many move theirs at the same time, all arrive. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createPlatform } from '../platform/context.ts'
import { type Database, openDatabase } from '../platform/database.ts'
import { buildApp } from '../platform/http.ts'
import { callerOf, testConfig, testDatabase } from '../platform/testing.ts'
import { registerRoutes } from '../routes.ts'
import { testCredit } from '../testing.ts'
import type { Advance } from './clock.ts'

const credit = await testCredit({ after }, { config: { poolSize: 3 } })

test('more clocks than the server has connections move at the same time', async () => {
  const worlds = await Promise.all(Array.from({ length: 8 }, () => credit.sandbox('2026-03-01')))
  const moved = await Promise.all(worlds.map((world) => world.advance('2026-03-04')))
  assert.deepEqual(
    moved.map(({ days, today }) => [days, today]),
    worlds.map(() => [3, '2026-03-04']),
  )
})

test('a clock that is being moved is not moved by another call', async () => {
  const world = await credit.sandbox('2026-03-01')
  const answers = await Promise.all(
    ['2026-04-01', '2026-04-02'].map((to) => world.call<{ code?: string }>('POST', '/v1/clock/advance', { to })),
  )
  assert.deepEqual(answers.map(({ status, body }) => `${status} ${body.code ?? ''}`).toSorted(), [
    '200 ',
    '409 clock-moving',
  ])
})

/** Calls `then` before the next statement of a kind. */
function before(db: Database): { db: Database; onNext: (statement: RegExp, then: () => Promise<unknown>) => void } {
  let awaited: { statement: RegExp; then: () => Promise<unknown> } | null = null
  const apply = (inner: Database, _self: unknown, all: unknown[]) => {
    const run = () => (inner as unknown as (...all: unknown[]) => Promise<unknown>)(...all)
    const text = Array.isArray(all[0]) ? all[0].join('?') : ''
    if (!awaited?.statement.test(text)) return run()
    const { then } = awaited
    awaited = null
    return then().then(run)
  }
  const watched = (target: Database): Database =>
    new Proxy(target, {
      apply,
      get: (inner, name) => (name === 'readings' ? watched(inner.readings) : Reflect.get(inner, name)),
    })
  return {
    db: watched(db),
    onNext: (statement, then) => {
      awaited = { statement, then }
    },
  }
}

const closing = /update tenants t set last_closed_on/
const putting = /update tenants set clock_mode/
const weeksOn = ['2026-05-01', '2026-04-30T16:00:00Z', '2026-04-30'] as const
const hoursOn = ['2026-03-01T12:00:00Z', '2026-03-01T12:00:00Z', '2026-02-28'] as const

const steps: [what: string, to: string, statement: RegExp, other: typeof weeksOn | typeof hoursOn][] = [
  ['closing a day', '2026-03-04', closing, weeksOn],
  ['putting the clock into a day', '2026-03-04T12:00:00Z', putting, weeksOn],
  ['putting the clock on by hours', '2026-03-01T06:00:00Z', putting, hoursOn],
]

for (const [what, to, statement, [otherTo, now, lastClosedOn]] of steps) {
  test(`who lost the lock while ${what} does not put back a clock that another server has moved on`, async () => {
    const url = await testDatabase({ after })
    const { db, onNext } = before(openDatabase(url, { max: 5 }))
    const { sandbox } = await testCredit({ after }, { parts: { db } })
    const other = createPlatform(testConfig(), url)
    after(() => other.db.end({ timeout: 5 }))
    const { call, key, get } = await sandbox('2026-03-01')
    const callOther = callerOf(await buildApp(other, registerRoutes), key)
    onNext(statement, async () => {
      await other.db`
        select pg_terminate_backend(pid) from pg_locks
        where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`
      const moved = await callOther<Advance>('POST', '/v1/clock/advance', { to: otherTo })
      assert.deepEqual([moved.status, moved.body.now], [200, now])
    })
    const cutOff = await call('POST', '/v1/clock/advance', { to })
    assert.ok([409, 503].includes(cutOff.status), JSON.stringify(cutOff.body))
    const stands = await get<Advance>('/v1/clock')
    assert.deepEqual([stands.now, stands.lastClosedOn], [now, lastClosedOn])
  })
}
