import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { testApp } from '../platform/testing.ts'
import { registerRoutes } from '../routes.ts'
import { buy, line, loansOf, openWorld, worldBeginsAt } from './world.ts'

test('a purchase does not wait for slow readings, however many there are', { timeout: 60_000 }, async () => {
  const { call, db } = await testApp({ after }, registerRoutes, { frozenAt: worldBeginsAt })
  const world = await openWorld(call)
  const { id } = await line(world)
  // What only the readings look at: they stand still until it is given free.
  const lock = await db.reserve()
  await lock`begin`
  await lock`lock table payouts in access exclusive mode`
  let answered = 0
  const readings = Array.from({ length: 20 }, async (_, number) => {
    const { status } = await call('GET', number % 2 === 0 ? '/v1/audit' : '/v1/payouts')
    answered++
    return status
  })
  const captured = await buy(world, id, 1_300)
  assert.equal(captured.status, 'captured')
  assert.equal(answered, 0)
  await lock`rollback`
  lock.release()
  assert.deepEqual(new Set(await Promise.all(readings)), new Set([200]))
  assert.equal((await loansOf(call, id)).length, 1)
})
