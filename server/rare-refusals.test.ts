import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createPlatform } from './platform/context.ts'
import { buildApp } from './platform/http.ts'
import { callerOf, testApp, testConfig, testTenant } from './platform/testing.ts'
import { registerRoutes } from './routes.ts'
import { plainTerms } from './testing.ts'

/** Refusals that need a state no request brings about by itself: set here in the database. */

const { app, call, db, platform } = await testApp({ after }, registerRoutes, { frozenAt: '2026-03-05T02:00:00Z' })

async function made<Body = { id: string }>(path: string, body?: object): Promise<Body> {
  const answer = await call<Body>('POST', path, body)
  assert.ok(answer.status < 300, JSON.stringify(answer.body))
  return answer.body
}

async function shop() {
  const program = await made('/v1/programs', { name: 'Plain', terms: plainTerms() })
  await made(`/v1/programs/${program.id}/activate`)
  const merchant = await made('/v1/merchants', { name: 'Shop' })
  const customer = await made('/v1/customers', { name: 'Lin' })
  const line = await made('/v1/lines', { customerId: customer.id, programId: program.id })
  return {
    order: { lineId: line.id, merchantId: merchant.id, amount: 10_000, currency: 'CNY', plan: 'pay-later' },
    merchant,
  }
}

test('a hold whose time is over is not captured, even before the sweep has given it back', async () => {
  const { order } = await shop()
  const hold = await made('/v1/charges', { ...order, capture: false })
  await db`update charges set expires_at = '2026-03-05T01:00:00Z' where id = ${hold.id}`
  const answer = await call('POST', `/v1/charges/${hold.id}/capture`)
  assert.deepEqual([answer.status, answer.body.code], [409, 'hold-expired'])
})

test('a suspended merchant sells nothing on credit', async () => {
  const { order, merchant } = await shop()
  await db`update merchants set status = 'suspended' where id = ${merchant.id}`
  const answer = await call('POST', '/v1/charges', order)
  assert.deepEqual([answer.status, answer.body.code], [409, 'merchant-suspended'])
})

test('a live tenant has the world’s clock, and makes no sandboxes', async () => {
  const live = callerOf(app, (await testTenant(platform, { mode: 'live' })).key)
  const moved = await live('POST', '/v1/clock/advance', { to: '2030-01-01' })
  assert.deepEqual([moved.status, moved.body.code], [409, 'clock-not-movable'])
  const sandbox = await live('POST', '/v1/sandboxes', { name: 'Mine' })
  assert.deepEqual([sandbox.status, sandbox.body.code], [409, 'sandbox-only'])
})

test('without its database the server says so, and when to come back', async () => {
  const dead = createPlatform(testConfig({ logLevel: 'silent' }), 'postgres://nobody:x@127.0.0.1:1/none')
  const deadApp = await buildApp(dead, registerRoutes)
  const key = `sk_sandbox_${'0'.repeat(52)}`
  const answer = await callerOf(deadApp, key)('GET', '/v1/clock')
  assert.deepEqual([answer.status, answer.body.code], [503, 'database-unavailable'])
  assert.ok(answer.headers['retry-after'])
  await deadApp.close()
  await dead.db.end({ timeout: 1 })
})

test('text that no database can keep is refused, in bodies and addresses', async () => {
  for (const name of ['a\\u0000b', '\\ud800']) {
    const answer = await call('POST', '/v1/funders', `{"name":"${name}"}`)
    assert.deepEqual([answer.status, answer.body.code], [400, 'invalid-request'])
  }
  assert.equal((await call('GET', '/v1/customers?reference=a%00b')).status, 400)
  assert.equal((await call('GET', '/v1/trial-balance?asOf=0000-01-01')).status, 400)
  assert.equal((await call('POST', '/v1/funders', '{"name":"\\ud83d\\ude00"}')).status, 201)
})
