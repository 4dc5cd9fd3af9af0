import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { callerOf, testApp, testTenant } from '../platform/testing.ts'
import { registerRoutes } from '../routes.ts'
import type { ProblemDocument } from './answers.ts'
import { describedOperations, type Operation, type Schema } from './description.ts'
import { fingerprint } from './fingerprint.ts'
import { type GoodRequest, goodRequest, pathOf, type Scene, setScene } from './requests.ts'
import { type Answer, type Call, eventsOf, worldBeginsAt } from './world.ts'

const shards = 2
const { app, platform, db, call } = await testApp({ after }, registerRoutes, {
  frozenAt: worldBeginsAt,
  config: { shards },
})
const own = await setScene(call)
const { key } = await testTenant(platform, { frozenAt: worldBeginsAt })
const other = await setScene(callerOf(app, key))
const operations = await describedOperations(call)

/** What Chit's ids look like, in answers and requests. */
const idPattern = /\b[a-z]{2,8}_[0-9a-hjkmnp-tv-z]{23,25}\b/

/** Where an operation takes an id: its path, its query, its body at any depth. */
interface Place {
  readonly what: string
  readonly read: (request: GoodRequest) => string | undefined
  readonly put: (request: GoodRequest, id: string) => GoodRequest
}

function placesOf(operation: Operation, good: GoodRequest): Place[] {
  const inPath: Place[] =
    good.id === undefined ? [] : [{ what: 'path', read: ({ id }) => id, put: (request, id) => ({ ...request, id }) }]
  const inQuery = operation.parameters
    .filter((parameter) => parameter.in === 'query' && isId(parameter.schema))
    .map(
      ({ name }): Place => ({
        what: `?${name}`,
        read: ({ query }) => query?.[name],
        put: (request, id) => ({ ...request, query: { ...request.query, [name]: id } }),
      }),
    )
  const inBody = pathsOfIds(operation.body).map(
    (path): Place => ({
      what: `/${path.join('/')}`,
      read: ({ body }) =>
        path.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], body) as
          | string
          | undefined,
      put: (request, id) => ({ ...request, body: replaced(request.body, path, id) as Record<string, unknown> }),
    }),
  )
  return [...inPath, ...inQuery, ...inBody]
}

function isId(schema: Schema): boolean {
  return schema.pattern?.startsWith('^[a-z]{2,8}_') === true
}

/** Of an array its first item stands for all. */
function pathsOfIds(schema: Schema | null): string[][] {
  if (schema === null) return []
  if (isId(schema)) return [[]]
  const inItems = schema.items === undefined ? [] : pathsOfIds(schema.items).map((path) => ['0', ...path])
  const inFields = Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
    pathsOfIds(field).map((path) => [name, ...path]),
  )
  return [...inItems, ...inFields]
}

function replaced(value: unknown, [name, ...rest]: readonly string[], id: string): unknown {
  if (name === undefined) return id
  if (Array.isArray(value)) return value.with(Number(name), replaced(value[Number(name)], rest, id))
  return { ...(value as object), [name]: replaced((value as Record<string, unknown>)[name], rest, id) }
}

/** One kind of id in the place of another (a repayment by loan, a quote by program): the alternative is put instead. */
const alternatives: Readonly<Record<string, (scene: Scene) => { without: string; id: string }>> = {
  'POST /v1/repayments /loanId': ({ overdueLoanId }) => ({ without: 'lineId', id: overdueLoanId }),
  'POST /v1/quotes /programId': ({ programId }) => ({ without: 'lineId', id: programId }),
  'POST /v1/payouts /funderId': ({ funderIds }) => ({ without: 'merchantId', id: funderIds[0] }),
  'GET /v1/lines ?ids': ({ lineId }) => ({ without: 'customerId', id: lineId }),
  'GET /v1/loans ?lineIds': ({ lineId }) => ({ without: 'lineId', id: lineId }),
}

/** An id of the same form, and the same shard, that was never given. */
function neverGiven(id: string): string {
  const [, prefix, body, rest] = /^([a-z]+)_([0-9a-z]+)(.*)$/.exec(id)!
  return `${prefix}_${body!.slice(0, body!.length - 13)}${'0'.repeat(13)}${rest}`
}

/** What an answer says, but for the id it repeats and the id of the request. */
function said({ status, body }: Answer<unknown>, id: string) {
  const text = (JSON.stringify(body) ?? '').replaceAll(id, '<id>').replaceAll(id.split('.')[0]!, '<id>')
  return { status, text: text.replace(/"requestId":"[^"]*"/, '') }
}

/** Where an id that is not there is no mistake in the address but in what is asked, or asks for nothing. */
const notAnAddress: Readonly<Record<string, { status: number; code?: string }>> = {
  'POST /v1/programs /terms/funding/shares/0/funderId': { status: 422, code: 'terms-invalid' },
  'POST /v1/programs/{id}/terms /terms/funding/shares/0/funderId': { status: 422, code: 'terms-invalid' },
  'GET /v1/payouts ?payeeId': { status: 200 },
  'GET /v1/lines ?ids': { status: 200 },
  'GET /v1/loans ?lineIds': { status: 200 },
}

// Before the first test begins: what is made for one must not be seen as a change by another.
const prepared: (readonly [Operation, GoodRequest])[] = []
for (const operation of operations) prepared.push([operation, await goodRequest(operation.name, own)])

for (const [operation, mine] of prepared) {
  for (const place of placesOf(operation, mine)) {
    const name = `${operation.name} ${place.what}`
    test(`${name}: another tenant’s id is answered like one that was never given, and changes nothing`, async () => {
      const { good, foreign } = await withForeignId(operation, place, name, mine)
      const before = await fingerprint(db)
      const send = (id: string) => {
        const request = place.put(good, id)
        return call<ProblemDocument>(request.method, pathOf(operation.name, request), request.body)
      }
      const unknown = neverGiven(foreign)
      const [theirs, nobodys] = [await send(foreign), await send(unknown)]
      assert.deepEqual(said(theirs, foreign), said(nobodys, unknown))
      const { status, code } = notAnAddress[name] ?? { status: 404, code: 'not-found' }
      assert.deepEqual([theirs.status, theirs.body.code], [status, code], JSON.stringify(theirs.body))
      assert.deepEqual(await fingerprint(db), before)
    })
  }
}

async function withForeignId(operation: Operation, place: Place, name: string, mine: GoodRequest) {
  const alternative = alternatives[name]
  if (alternative !== undefined) {
    const { without, id } = alternative(other)
    if (mine.body === undefined) {
      const { [without]: _, ...query } = mine.query!
      return { good: { ...mine, query }, foreign: id }
    }
    const { [without]: _, ...body } = mine.body
    return { good: { ...mine, body }, foreign: id }
  }
  const foreign = place.read(await goodRequest(operation.name, other))
  assert.ok(foreign !== undefined && idPattern.test(foreign), `${name} has no id of the other tenant to try`)
  return { good: mine, foreign }
}

test('an account of another tenant is explained like one that never was', async () => {
  const explain = (id: string) => call<ProblemDocument>('GET', `/v1/explain/${encodeURIComponent(id)}`)
  const events = await eventsOf(other.call)
  const accounts = new Set(events.flatMap((event) => event.legs.map((leg) => leg.account)))
  const foreign = [...accounts].filter((account) => idPattern.test(account))
  const ids = [...foreign, other.repaymentId, other.payoutId, other.statement.id, `${other.overdueLoanId}.1`]
  assert.ok(foreign.length >= 5)
  for (const id of ids) {
    const unknown = id.replace(idPattern, (given) => neverGiven(given))
    const [theirs, nobodys] = [await explain(id), await explain(unknown)]
    assert.equal(theirs.status, 404, id)
    assert.deepEqual(said(theirs, id), said(nobodys, unknown))
  }
})

test('no list, feed, balance or explanation shows an id of another tenant', async () => {
  const theirs = await idsKnownTo(other.call, other)
  const mine = await idsKnownTo(call, own)
  assert.ok(theirs.size > 60 && mine.size > 60, `${theirs.size} and ${mine.size} ids were seen`)
  assert.deepEqual([...theirs.intersection(mine)], [])
})

/** Every id in every answer to every reading request of a tenant. */
async function idsKnownTo(tenant: Call, scene: Scene): Promise<Set<string>> {
  const seen = new Set<string>()
  const note = (answer: unknown) => {
    for (const id of JSON.stringify(answer).match(new RegExp(idPattern, 'g')) ?? []) seen.add(id)
  }
  for (const operation of operations.filter(({ name }) => name.startsWith('GET '))) {
    const good = await goodRequest(operation.name, scene)
    const required = operation.parameters.filter((parameter) => parameter.required === true).map(({ name }) => name)
    const least = Object.fromEntries(Object.entries(good.query ?? {}).filter(([name]) => required.includes(name)))
    for (const query of [good.query ?? {}, least]) {
      const { status, body } = await tenant<{ requestId?: string }>('GET', pathOf(operation.name, { ...good, query }))
      // A search without what to search for is refused; its words hold no ids but the request's.
      if (status === 200) note(body)
    }
  }
  note(await eventsOf(tenant))
  const { accounts } = (await tenant<{ accounts: { account: string }[] }>('GET', '/v1/trial-balance')).body
  for (const { account } of accounts) note((await tenant('GET', `/v1/explain/${encodeURIComponent(account)}`)).body)
  return new Set([...seen].filter((id) => !id.startsWith('req_')))
}

test('the same cursor, reference or phone means each tenant its own', async () => {
  const last = (await eventsOf(other.call)).at(-1)!
  const beyond = await call<{ data: { id: string }[] }>('GET', `/v1/events?after=${last.cursor}`)
  const theirs = new Set((await eventsOf(other.call)).map((event) => event.id))
  assert.deepEqual(
    beyond.body.data.filter((event) => theirs.has(event.id)),
    [],
  )
  const identity = { name: 'Lin', idNumber: 'same-person', reference: 'same', phone: '13700000000' }
  const [mine, others] = [
    await call('POST', '/v1/customers', identity),
    await other.call('POST', '/v1/customers', identity),
  ]
  assert.deepEqual([mine.status, others.status], [201, 201])
  for (const search of ['reference=same', 'phone=13700000000']) {
    const { body } = await call<{ data: { id: string }[] }>('GET', `/v1/customers?${search}`)
    assert.deepEqual(
      body.data.map(({ id }) => id),
      [mine.body.id],
    )
  }
})
