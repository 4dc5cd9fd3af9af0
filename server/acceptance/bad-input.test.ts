import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { testApp } from '../platform/testing.ts'
import { registerRoutes } from '../routes.ts'
import type { ProblemDocument } from './answers.ts'
import { describedOperations, type Operation, type Schema } from './description.ts'
import { fingerprint } from './fingerprint.ts'
import { type GoodRequest, goodRequest, listedOperations, pathOf, setScene } from './requests.ts'
import { type Answer, assertBooksAreTrue, worldBeginsAt } from './world.ts'

const { db, call } = await testApp({ after }, registerRoutes, { frozenAt: worldBeginsAt })
const scene = await setScene(call)
const operations = await describedOperations(call)
const reader = await readerKey()

async function readerKey(): Promise<string> {
  const { body } = await call<{ secret: string }>('POST', '/v1/api-keys', { label: 'reads', role: 'reader' })
  return body.secret
}

test('every operation of the API has a good request to spoil, and none that is not there', () => {
  assert.deepEqual(operations.map((operation) => operation.name).toSorted(), listedOperations.toSorted())
})

interface Spoilt {
  readonly what: string
  readonly request: GoodRequest
}

type Json = Readonly<Record<string, unknown>>

/** Values of a wrong type or outside the range that a schema states. */
function wrongValues(schema: Schema): unknown[] {
  const values: unknown[] = []
  if (schema.type === 'string') values.push(7, {}, ['x'], false)
  if (schema.type === 'integer') values.push('7', 1.5, {}, true, 1e300, -1e300)
  if (schema.type === 'boolean') values.push('true', 1)
  if (schema.type === 'object') values.push([], 'x', 1)
  if (schema.type === 'array') values.push({}, 'x')
  if (schema.enum !== undefined) values.push('no-such-word')
  if (schema.pattern !== undefined || schema.format !== undefined) values.push('~ not this ~')
  if (schema.format === 'date') values.push('2026-02-30', '2026-13-01', '20260401')
  if (schema.minimum !== undefined) values.push(schema.minimum - 1, -(schema.maximum ?? 1))
  if (schema.maximum !== undefined) values.push(schema.maximum + 1)
  if ((schema.minLength ?? 0) > 0) values.push('')
  if (schema.maxLength !== undefined) values.push('x'.repeat(schema.maxLength + 1))
  return values
}

/** Every part of a body spoilt in turn, at every depth. */
function* spoiltValues(schema: Schema, good: unknown, path = ''): Generator<{ what: string; value: unknown }> {
  for (const wrong of wrongValues(schema))
    yield { what: `${path} = ${JSON.stringify(wrong)?.slice(0, 40)}`, value: wrong }
  if (schema.type === 'array' && Array.isArray(good)) {
    for (const { what, value } of spoiltValues(schema.items!, good[0], `${path}/0`)) {
      yield { what, value: [value, ...good.slice(1)] }
    }
  }
  if (schema.type !== 'object' || typeof good !== 'object' || good === null) return
  yield { what: `${path}/surplus`, value: { ...good, surplus: 1 } }
  for (const name of schema.required ?? []) {
    const { [name]: _, ...rest } = good as Json
    yield { what: `${path} without ${name}`, value: rest }
  }
  for (const [name, own] of Object.entries(schema.properties ?? {})) {
    for (const { what, value } of spoiltValues(own, (good as Json)[name], `${path}/${name}`)) {
      yield { what, value: { ...good, [name]: value } }
    }
  }
}

function spoiltBodies({ body: schema }: Operation, good: GoodRequest): Spoilt[] {
  if (schema === null) return []
  return [...spoiltValues(schema, good.body)].map(({ what, value }) => ({
    what,
    request: { ...good, body: value as Json },
  }))
}

/** A number in a query is text, so only text that reads as no number is of a wrong type. */
function spoiltQueries({ parameters }: Operation, good: GoodRequest): Spoilt[] {
  const named = parameters.filter((parameter) => parameter.in === 'query')
  const spoilt = named.flatMap(({ name, schema }) =>
    wrongValues(schema)
      .filter((value) => typeof value === (schema.type === 'integer' ? 'number' : 'string'))
      .concat(schema.type === 'integer' ? ['ten', ''] : [])
      .map((value) => ({
        what: `?${name}=${String(value).slice(0, 40)}`,
        request: { ...good, query: { ...good.query, [name]: String(value) } },
      })),
  )
  const missing = named.flatMap(({ name, required }) => {
    const { [name]: _, ...rest } = good.query ?? {}
    return required === true ? [{ what: `without ?${name}`, request: { ...good, query: rest } }] : []
  })
  const surplus = { what: '?surplus=1', request: { ...good, query: { ...good.query, surplus: '1' } } }
  return named.length === 0 ? [] : [...spoilt, ...missing, surplus]
}

function spoiltIds(good: GoodRequest): Spoilt[] {
  if (good.id === undefined) return []
  const ids = [
    'x',
    'LIN_01ABCDEFGHJKMNPQRSTVWXYZ',
    `${good.id}~`,
    'lin_',
    '../../etc/passwd',
    'x'.repeat(400),
    "' or 1=1 --",
  ]
  return ids.map((id) => ({ what: `id ${id.slice(0, 40)}`, request: { ...good, id } }))
}

async function send(operation: Operation, request: GoodRequest, options: Parameters<typeof call>[3] = {}) {
  // A text is sent as the JSON it is, and not as the raw bytes that the caller takes a string for.
  const body: unknown = typeof request.body === 'string' ? JSON.stringify(request.body) : request.body
  return call<ProblemDocument>(request.method, pathOf(operation.name, request), body, options)
}

/** Everything a client needs to go on: a stable code, what was wrong, what to do. */
function assertProblem(answer: Answer<ProblemDocument>, codes: readonly string[], what: string): void {
  const { body, headers, status } = answer
  assert.ok(codes.includes(body.code), `${what}: ${status} ${JSON.stringify(body)?.slice(0, 400)}`)
  assert.equal(body.status, status, what)
  assert.match(String(headers['content-type']), /^application\/problem\+json/, what)
  for (const word of [body.title, body.detail, body.remedy]) assert.ok(word.length > 5, what)
  assert.equal(body.requestId, headers['x-request-id'], what)
}

/** The words of a refusal must not be a door to the inside of the server. */
async function assertNothingChanges(work: () => Promise<void>): Promise<void> {
  const before = await fingerprint(db)
  await work()
  assert.deepEqual(await fingerprint(db), before, 'a refused request changed something')
}

for (const operation of operations) {
  test(`${operation.name}: what has not the expected form is refused, field by field, and changes nothing`, async () => {
    const good = await goodRequest(operation.name, scene)
    await assertNothingChanges(async () => {
      for (const { what, request } of [...spoiltBodies(operation, good), ...spoiltQueries(operation, good)]) {
        const answer = await send(operation, request)
        assertProblem(answer, ['invalid-request'], what)
        assert.ok(answer.body.errors!.length > 0, what)
      }
      for (const { what, request } of spoiltIds(good)) {
        assertProblem(await send(operation, request), ['invalid-request', 'not-found'], what)
      }
    })
  })

  test(`${operation.name}: without a key, with a wrong one, or with one that only reads, nothing happens`, async () => {
    const good = await goodRequest(operation.name, scene)
    await assertNothingChanges(async () => {
      for (const key of [null, 'sk_sandbox_short', `sk_sandbox_${'0'.repeat(52)}`]) {
        assertProblem(await send(operation, good, { key }), ['unauthorized'], String(key))
      }
      const read = await send(operation, good, { key: reader })
      if (operation.name.startsWith('POST ')) assertProblem(read, ['forbidden'], 'a reader writes')
      else if (read.status >= 300) assertProblem(read, ['forbidden'], 'a reader reads')
    })
  })

  if (!operation.name.startsWith('POST ')) continue

  test(`${operation.name}: what is no JSON, too large, or under an unusable key is refused`, async () => {
    const good = await goodRequest(operation.name, scene)
    const path = pathOf(operation.name, good)
    const headers = { 'content-type': 'application/json' }
    const bodies: [unknown, string, object?][] = [
      ['{"amount": 1', 'malformed-json'],
      ['{"amount": 01}', 'malformed-json'],
      ['{"__proto__": {"role": "admin"}}', 'malformed-json'],
      ['{"\\u005f_proto__": {"role": "admin"}}', 'malformed-json'],
      ['{"constructor": {"prototype": {"role": "admin"}}}', 'malformed-json'],
      ['\u{feff}{', 'malformed-json'],
      [`{"reference": "${'x'.repeat(600_000)}"}`, 'payload-too-large'],
      ['amount=1', 'unsupported-media-type', { 'content-type': 'application/x-www-form-urlencoded' }],
      [`${'['.repeat(100_000)}${']'.repeat(100_000)}`, 'invalid-request'],
      ['"text"', 'invalid-request'],
      ['7', 'invalid-request'],
    ]
    await assertNothingChanges(async () => {
      for (const [body, code, other] of bodies) {
        const answer = await call<ProblemDocument>('POST', path, body, { headers: { ...headers, ...other } })
        assertProblem(answer, [code], String(body).slice(0, 30))
      }
      for (const idempotencyKey of ['', ' ', 'ключ', 'x'.repeat(201)]) {
        assertProblem(await send(operation, good, { idempotencyKey }), ['idempotency-key-invalid'], idempotencyKey)
      }
    })
  })
}

test('every good request is good: what refused its spoilt forms was the spoilt part', async () => {
  // The order of the list does: what changes the scene for others (the clock, a write-off) is made with its own things.
  for (const operation of operations.filter(({ name }) => !/clock|write-off|waive/.test(name))) {
    const answer = await send(operation, await goodRequest(operation.name, scene))
    assert.ok(answer.status < 300, `${operation.name}: ${answer.status} ${JSON.stringify(answer.body)}`)
  }
  for (const name of [
    'POST /v1/loans/{id}/waive',
    'POST /v1/loans/{id}/write-off',
    'POST /v1/clock',
    'POST /v1/clock/advance',
  ]) {
    const operation = operations.find((candidate) => candidate.name === name)!
    const answer = await send(operation, await goodRequest(name, scene))
    assert.ok(answer.status < 300, `${name}: ${answer.status} ${JSON.stringify(answer.body)}`)
  }
  await assertBooksAreTrue(call)
})
