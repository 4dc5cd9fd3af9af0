import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Type } from 'typebox'
import { contextOf } from './context.ts'
import { problem, registry } from './errors.ts'
import type { App } from './http.ts'
import { amountMax, MinorAmount, object } from './schema.ts'
import { type Answer, callerOf, testApp, testTenant } from './testing.ts'

const Order = object({
  amount: MinorAmount,
  cap: Type.Optional(Type.Union([MinorAmount, Type.Null()])),
  on: Type.Optional(Type.String({ format: 'date' })),
  note: Type.Optional(Type.String({ maxLength: 20 })),
})
const Who = object({
  tenantId: Type.String(),
  actor: Type.String(),
  today: Type.String(),
  requestId: Type.String(),
  idempotencyKey: Type.Union([Type.String(), Type.Null()]),
  requestHash: Type.String(),
})

function routes(app: App): void {
  app.post(
    '/v1/orders',
    { schema: { body: Order, response: { 201: object({ tripled: MinorAmount }) } } },
    async (request, reply) => {
      reply.code(201)
      return { tripled: request.body.amount * 3n }
    },
  )
  const Nothing = Type.Optional(Type.Union([object({}), Type.Null()]))
  app.post('/v1/orders/:id/close', { schema: { response: { 200: Who } } }, async (request) => who(request))
  app.post('/v1/orders/:id/cancel', { schema: { body: Nothing, response: { 200: Who } } }, async (request) =>
    who(request),
  )
  app.get('/v1/who', { schema: { response: { 200: Who } } }, async (request) => who(request))
  app.post('/v1/quotes', { schema: { response: { 200: Who } } }, async (request) => who(request))
  app.get(
    '/v1/open',
    { config: { public: true }, schema: { response: { 200: object({ open: Type.Boolean() }) } } },
    async () => {
      const door = { open: true, lock: 'of brass' }
      return door
    },
  )
  const querystring = object({ limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })) })
  app.get('/v1/list', { schema: { querystring, response: { 200: Type.Unknown() } } }, async (request) => request.query)
  app.get('/v1/fails', async () => {
    throw new Error('the secret is 42')
  })
  app.get('/v1/busy', async () => {
    throw problem('busy', { retryAfterSeconds: 3 })
  })
}

function who(request: Parameters<typeof contextOf>[0]) {
  const { tenantId, actor, today, requestId, idempotencyKey, requestHash } = contextOf(request)
  return { tenantId, actor, today: today(), requestId, idempotencyKey, requestHash: requestHash() }
}

const { app, platform, call, key, keyId, tenantId } = await testApp({ after }, routes, {
  frozenAt: '2026-02-28T16:30:00Z',
})

test('an amount is an integer on the wire and a bigint in the route, exact up to the largest', async () => {
  for (const amount of [1n, 399_900n, BigInt(amountMax) / 3n]) {
    const answer = await call('POST', '/v1/orders', { amount })
    assert.deepEqual([answer.status, answer.body], [201, { tripled: Number(amount * 3n) }])
  }
})

const bad: [why: string, body: unknown, path: string, message: RegExp][] = [
  ['missing', {}, '/amount', /is required/],
  ['text', { amount: '100' }, '/amount', /must be an integer/],
  ['a fraction', { amount: 1.5 }, '/amount', /must be an integer/],
  ['zero', { amount: 0 }, '/amount', />= 1/],
  ['negative', { amount: -5 }, '/amount', />= 1/],
  ['huge', { amount: 1e16 }, '/amount', /<= 1000000000000000/],
  ['null', { amount: null }, '/amount', /must be an integer/],
  ['unknown field', { amount: 1, amuont: 2 }, '/amuont', /is not a known field/],
  ['impossible date', { amount: 1, on: '2026-02-30' }, '/on', /must be a date/],
  ['too long', { amount: 1, note: 'x'.repeat(21) }, '/note', /20 characters/],
  ['not an object', [1], '', /must be an object/],
]

for (const [why, body, path, message] of bad) {
  test(`a body that is wrong (${why}) is refused with the place and the reason`, async () => {
    const answer = await call<{ code: string; errors: { in: string; path: string; message: string }[] }>(
      'POST',
      '/v1/orders',
      body,
    )
    assert.equal(answer.status, 400)
    assert.equal(answer.body.code, 'invalid-request')
    const error = answer.body.errors.find((item) => item.path === path)
    assert.ok(error, JSON.stringify(answer.body.errors))
    assert.match(error.message, message)
    assert.equal(error.in, 'body')
  })
}

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const refusals: [code: keyof typeof registry, send: () => Promise<Answer<Record<string, unknown>>>][] = [
  ['malformed-json', () => call('POST', '/v1/orders', '{"amount": 1,}')],
  ['invalid-request', () => call('POST', '/v1/orders', '')],
  ['malformed-json', () => call('POST', '/v1/orders', '{"amount": 1, "__proto__": {"admin": true}}')],
  ['payload-too-large', () => call('POST', '/v1/orders', { amount: 1, note: 'x'.repeat(600_000) })],
  ['unsupported-media-type', () => call('POST', '/v1/orders', 'amount=1', { headers: form })],
  ['method-not-allowed', () => call('DELETE', '/v1/orders/ord_1/close')],
  ['not-found', () => call('GET', '/v1/nothing')],
  ['not-found', () => call('GET', '/v1/orders/%zz/close')],
  ['not-found', () => call('GET', '/problems/nonsense')],
  ['idempotency-key-invalid', () => call('POST', '/v1/orders', { amount: 1 }, { idempotencyKey: 'a b' })],
  ['idempotency-key-invalid', () => call('POST', '/v1/orders', { amount: 1 }, { idempotencyKey: 'x'.repeat(201) })],
  ['unauthorized', () => call('GET', '/v1/who', undefined, { key: null })],
  ['unauthorized', () => call('GET', '/v1/who', undefined, { key: 'sk_sandbox_short' })],
  ['unauthorized', () => call('GET', '/v1/who', undefined, { key: `sk_live_${'a'.repeat(52)}` })],
  ['invalid-request', () => call('GET', '/v1/list?limit=1000')],
  ['invalid-request', () => call('GET', '/v1/list?limit=ten')],
  ['invalid-request', () => call('GET', '/v1/list?offset=1')],
  ['internal', () => call('GET', '/v1/fails')],
  ['busy', () => call('GET', '/v1/busy')],
]

for (const [number, [code, send]] of refusals.entries()) {
  test(`refusal ${number + 1}: ${code}, as a problem document that says what to do`, async () => {
    platform.log.level = code === 'internal' ? 'silent' : 'error'
    const answer = await send()
    assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8')
    assert.equal(answer.status, registry[code].status)
    const { type, title, status, detail, remedy, requestId } = answer.body
    assert.deepEqual(
      [answer.body.code, type, title, status],
      [code, `/problems/${code}`, registry[code].title, registry[code].status],
    )
    for (const text of [detail, remedy]) assert.ok(typeof text === 'string' && text.length > 10)
    assert.equal(requestId, answer.headers['x-request-id'])
    assert.ok(!JSON.stringify(answer.body).includes('secret is 42'))
  })
}

test('a refusal tells machines what they need: Allow, Retry-After, WWW-Authenticate', async () => {
  assert.equal((await call('DELETE', '/v1/orders')).headers.allow, 'POST')
  assert.equal((await call('GET', '/v1/busy')).headers['retry-after'], '3')
  assert.equal((await call('GET', '/v1/who', undefined, { key: null })).headers['www-authenticate'], 'Bearer')
})

test('the context knows the tenant, the key, and the date where the tenant is', async () => {
  const { body } = await call('GET', '/v1/who')
  assert.equal(body.tenantId, tenantId)
  assert.equal(body.actor, keyId)
  // 16:30 UTC on the last of February is already March in Shanghai.
  assert.equal(body.today, '2026-03-01')
})

test('two tenants with two keys are kept apart', async () => {
  const other = await testTenant(platform)
  const { body } = await callerOf(app, other.key)('GET', '/v1/who')
  assert.equal(body.tenantId, other.tenantId)
})

test('a revoked key stops working at once', async () => {
  const revoked = await testTenant(platform)
  const callRevoked = callerOf(app, revoked.key)
  assert.equal((await callRevoked('GET', '/v1/who')).status, 200)
  await platform.db`update api_keys set revoked_at = now() where id = ${revoked.keyId}`
  assert.equal((await callRevoked('GET', '/v1/who')).status, 401)
})

test('only the hash of a key is in the database', async () => {
  const rows = await platform.db`select k::text as text from api_keys k`
  assert.ok(rows.every((row) => !String(row.text).includes(key)))
})

test('a public route asks for no key; an Idempotency-Key is the caller’s choice', async () => {
  assert.equal((await call('GET', '/v1/open', undefined, { key: null })).status, 200)
  const quote = await call('POST', '/v1/quotes', undefined, { idempotencyKey: null })
  assert.deepEqual([quote.status, quote.body.idempotencyKey], [200, null])
})

test('a POST without a body may declare JSON all the same', async () => {
  assert.equal((await call('POST', '/v1/orders/a/close', '')).status, 200)
})

test('a body as deep as it is long is refused in the words of what is wrong with it', async () => {
  const deep = (text: string) => `${'['.repeat(100_000)}${text}${']'.repeat(100_000)}`
  const broken = await call('POST', '/v1/orders', deep('"\\ud800"'))
  assert.deepEqual([broken.status, broken.body.code], [400, 'invalid-request'])
  assert.match(String(broken.body.detail), /half a surrogate pair/)
  for (const text of ['"\\u0041"', '1']) {
    // Where nothing is said of the body, too: its hash goes with the key.
    const refused = await call('POST', '/v1/orders/a/close', deep(text), { idempotencyKey: 'deep' })
    assert.deepEqual([refused.status, refused.body.code], [400, 'invalid-request'])
    assert.match(String(refused.body.detail), /nested more than 500 deep/)
  }
  const close = (levels: number, text: string) =>
    call('POST', '/v1/orders/a/close', `${'['.repeat(levels)}${text}${']'.repeat(levels)}`, {
      idempotencyKey: 'nested',
    })
  for (const text of ['', '1,'.repeat(1_000).concat('1')]) {
    assert.match(String((await close(501, text)).body.detail), /nested more than 500 deep/)
    assert.equal((await close(500, text)).status, 200)
  }
})

test('the hash of a request ignores the order of keys, and nothing else', async () => {
  const hashOf = async (path: string, body: unknown) =>
    (await call<{ requestHash: string }>('POST', path, body, { idempotencyKey: 'k' })).body.requestHash
  const first = await hashOf('/v1/orders/a/close', { x: 1, y: { a: 1, b: 2 } })
  assert.match(first, /^[0-9a-f]{64}$/)
  assert.equal(await hashOf('/v1/orders/a/close', { y: { b: 2, a: 1 }, x: 1 }), first)
  assert.notEqual(await hashOf('/v1/orders/a/close', { x: 1, y: { a: 1, b: 3 } }), first)
  assert.notEqual(await hashOf('/v1/orders/b/close', { x: 1, y: { a: 1, b: 2 } }), first)
})

test('a well-formed X-Request-Id is kept, another is replaced', async () => {
  const kept = await call('GET', '/v1/who', undefined, { headers: { 'x-request-id': 'shop-17:abc' } })
  assert.equal(kept.headers['x-request-id'], 'shop-17:abc')
  assert.equal(kept.body.requestId, 'shop-17:abc')
  const replaced = await call('GET', '/v1/who', undefined, { headers: { 'x-request-id': 'a"b' } })
  assert.match(String(replaced.headers['x-request-id']), /^req_/)
})

test('the pages for people and monitors answer', async () => {
  const page = await call<string>('GET', '/')
  assert.match(page.body, /<h1>Chit<\/h1>/)
  assert.doesNotMatch(page.body, /(src|href)="https?:/)
  assert.equal((await call('GET', '/', undefined, { headers: { accept: 'application/json' } })).body.docs, '/docs')
  assert.deepEqual((await call('GET', '/healthz')).body, { status: 'ok' })
  assert.deepEqual((await call('GET', '/readyz')).body, { status: 'ready' })
  assert.match((await call<string>('GET', '/metrics')).body, /http_request_duration_seconds_count\{.*route="\/v1\/who"/)
  for (const code of Object.keys(registry))
    assert.match((await call<string>('GET', `/problems/${code}`)).body, /What to do/)
})

test('the OpenAPI document describes the routes, and its page needs nothing from elsewhere', async () => {
  type Described = { responses: object; requestBody?: { required?: boolean } }
  type Document = { openapi: string; paths: Record<string, Record<string, Described>> }
  const { body } = await call<Document>('GET', '/openapi.json')
  assert.equal(body.openapi, '3.1.0')
  assert.ok(body.paths['/v1/orders']?.post?.responses)
  assert.equal(body.paths['/v1/orders']?.post?.requestBody?.required, true)
  assert.equal(body.paths['/v1/orders/{id}/cancel']?.post?.requestBody?.required, false, 'may be left out')
  assert.ok(!('/healthz' in body.paths))
  const page = await call<string>('GET', '/docs/')
  assert.doesNotMatch(page.body, /https?:\/\//)
  assert.equal((await call('GET', '/docs/js/scalar.js')).status, 200)
})

test('an answer has what its schema describes and nothing else', async () => {
  assert.deepEqual((await call('GET', '/v1/open', undefined, { key: null })).body, { open: true })
})
