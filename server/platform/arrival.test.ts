import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createOwnedLoader } from './batcher.ts'
import { contextOf } from './context.ts'
import type { App } from './http.ts'
import { MinorAmount, object } from './schema.ts'
import { callerOnOneConnection, testApp, testTenant } from './testing.ts'

interface Shop {
  readonly id: string
  readonly tenantId: string
  readonly reading: number
}

let tenantOfShops = ''
let readings = 0
const findShop = createOwnedLoader<Shop>(async (ids) => {
  const reading = ++readings
  return ids.map((id) => ({ id, tenantId: tenantOfShops, reading }))
})

/** What happened to the requests, in order. */
const story: string[] = []
const Order = object({ amount: MinorAmount })

function routes(app: App): void {
  app.post(
    '/v1/orders',
    {
      schema: { body: Order, response: { 200: object({ amount: MinorAmount }) } },
      config: {
        lookAhead: ({ rows }, { body }) => {
          story.push(`ahead for ${(body as { amount: bigint }).amount}`)
          findShop.lookAhead('shop', rows)
        },
      },
    },
    async (request) => {
      const ctx = contextOf(request)
      const first = await findShop('shop', ctx.tenantId, ctx.ahead)
      const second = await findShop('shop', ctx.tenantId, ctx.ahead)
      story.push(`order of ${request.caller!.role}: ${first?.reading}, then ${second?.reading}`)
      return { amount: request.body.amount }
    },
  )
}

const { app, platform } = await testApp({ after }, routes)

async function newcomer() {
  const tenant = await testTenant(platform)
  tenantOfShops = tenant.tenantId
  readings = 0
  story.length = 0
  const call = await callerOnOneConnection({ after }, app, tenant.key)
  const revoke = () => platform.db`update api_keys set revoked_at = now() where id = ${tenant.keyId}`
  return { ...tenant, call, revoke }
}

const order = (amount: unknown) => ['POST', '/v1/orders', { amount }] as const

test('a key that was good on this connection is looked up beside what its request needs, each of which serves once', async () => {
  const { call } = await newcomer()
  assert.equal((await call(...order(1))).status, 200)
  assert.equal((await call(...order(2))).status, 200)
  assert.deepEqual(story, ['order of admin: 1, then 2', 'ahead for 2', 'order of admin: 3, then 4'])
})

test('what was looked up ahead is given to its own tenant only', async () => {
  const { call } = await newcomer()
  await call(...order(1))
  tenantOfShops = 'ten_of_somebody_else'
  await call(...order(2))
  assert.deepEqual(story.slice(1), ['ahead for 2', 'order of admin: undefined, then undefined'])
})

test('a key revoked between two requests of a connection does nothing in the second', async () => {
  const { call, revoke } = await newcomer()
  await call(...order(1))
  await revoke()
  story.length = 0
  assert.deepEqual(
    [(await call(...order(2))).body.code, (await call(...order(3))).body.code],
    Array(2).fill('unauthorized'),
  )
  assert.deepEqual(story, ['ahead for 2'])
})

const broken: [what: string, body: unknown, code: string][] = [
  ['that breaks its schema', { amount: -1 }, 'invalid-request'],
  ['that is no JSON', '{"amount": 1', 'malformed-json'],
  ['that is too large', { amount: 1, note: 'x'.repeat(600_000) }, 'payload-too-large'],
]

for (const [what, body, code] of broken) {
  test(`a body ${what} is explained to its caller, and to a revoked key only that it is not good`, async () => {
    const { call, revoke } = await newcomer()
    await call(...order(1))
    assert.equal((await call('POST', '/v1/orders', body)).body.code, code)
    await call(...order(1))
    await revoke()
    assert.equal((await call('POST', '/v1/orders', body)).body.code, 'unauthorized')
  })
}

test('another key on a connection is a stranger, and a good one is soon known', async () => {
  const { call, key } = await newcomer()
  const { key: other } = await testTenant(platform, { role: 'reader' })
  await call(...order(1))
  assert.equal((await call(...order(2), { key: `${key.slice(0, -1)}!` })).status, 401)
  assert.equal((await call(...order(3), { key: null })).status, 401)
  assert.equal((await call(...order(4), { key: other })).status, 200)
  assert.equal((await call(...order(5), { key: other })).status, 200)
  assert.deepEqual(
    story.filter((line) => !line.startsWith('order of admin')),
    ['order of reader: undefined, then undefined', 'ahead for 5', 'order of reader: undefined, then undefined'],
  )
})
