import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { createPlatform } from '../platform/context.ts'
import { buildApp } from '../platform/http.ts'
import { callerOf, testConfig, testDatabase, testLog, testTenant } from '../platform/testing.ts'
import { registerRoutes } from '../routes.ts'
import type { Charge, Line } from './answers.ts'
import {
  type Answer,
  assertBooksAreTrue,
  type Call,
  eventsOf,
  line,
  openWorld,
  order,
  read,
  type World,
  worldBeginsAt,
} from './world.ts'

/** Two servers on one database, as two processes would be: nothing is shared but PostgreSQL. */
async function twoServers(shards: number): Promise<[Call, Call]> {
  const url = await testDatabase({ after })
  const servers = await Promise.all([1, 2].map(() => serverOn(url, shards)))
  const { key } = await testTenant(servers[0]!.platform, { frozenAt: worldBeginsAt })
  return [callerOf(servers[0]!.app, key), callerOf(servers[1]!.app, key)]
}

async function serverOn(url: string, shards: number) {
  const platform = createPlatform(testConfig({ shards }), url, { log: testLog() })
  const app = await buildApp(platform, registerRoutes)
  after(async () => {
    await app.close()
    await platform.db.end({ timeout: 5 })
  })
  return { platform, app }
}

interface Outcome {
  readonly accepted: readonly Charge[]
  readonly codes: ReadonlySet<string>
}

function outcomeOf(answers: readonly Answer<Charge & { readonly code?: string }>[]): Outcome {
  const refused = answers.filter((answer) => answer.status >= 300)
  return {
    accepted: answers.filter((answer) => answer.status < 300).map((answer) => answer.body),
    codes: new Set(refused.map((answer) => answer.body.code ?? `status ${answer.status}`)),
  }
}

/** As many requests at once, one after the other to each of the servers. */
async function atOnce(servers: readonly Call[], bodies: readonly object[]): Promise<Outcome> {
  const answers = bodies.map((body, index) => servers[index % servers.length]!<Charge>('POST', '/v1/charges', body))
  return outcomeOf(await Promise.all(answers))
}

const limit = 100_000
const amount = 1_300

for (const shards of [1, 4]) {
  const servers = await twoServers(shards)
  const world: World = await openWorld(servers[0])
  const where = `two servers, ${shards} shard${shards === 1 ? '' : 's'}`

  test(`200 purchases at once: as many as the limit allows succeed, no more, no fewer (${where})`, async () => {
    const { id } = await line(world, limit)
    const { accepted, codes } = await atOnce(
      servers,
      Array.from({ length: 200 }, () => order(world, id, amount)),
    )
    assert.equal(accepted.length, Math.floor(limit / amount))
    assert.deepEqual([...codes], ['limit-exceeded'])
    assert.equal((await read<Line>(servers[1], `/v1/lines/${id}`)).owed, accepted.length * amount)
  })

  test(`200 holds and purchases at once: what is held counts like what is owed (${where})`, async () => {
    const { id } = await line(world, limit)
    const orders = Array.from({ length: 200 }, (_, index) => order(world, id, amount, 'pay-later', index % 3 === 0))
    const { accepted, codes } = await atOnce(servers, orders)
    assert.equal(accepted.length, Math.floor(limit / amount))
    assert.deepEqual([...codes], ['limit-exceeded'])
    const after = await read<Line>(servers[1], `/v1/lines/${id}`)
    const held = accepted.reduce((sum, charge) => sum + charge.held, 0)
    assert.deepEqual([after.held, after.owed], [held, accepted.length * amount - held])
  })

  test(`captures, voids, repayments, cuts and freezes in between never let the line pass its limit (${where})`, async () => {
    const { id } = await line(world, limit)
    const holds = Array.from({ length: 40 }, () => order(world, id, amount, 'pay-later', false))
    const { accepted: held } = await atOnce(servers, holds)
    await storm(servers, world, id, held)
    await assertNeverAboveLimit(servers[1], id)
    await assertBooksAreTrue(servers[0])
  })
}

/** Purchases beside everything else that moves the line. */
async function storm(servers: readonly Call[], world: World, lineId: string, held: readonly Charge[]): Promise<void> {
  const some = (index: number) => servers[index % servers.length]!
  const purchases = Array.from({ length: 120 }, (_, index) =>
    some(index)('POST', '/v1/charges', order(world, lineId, amount)),
  )
  const others = [
    ...held.map((charge, index) =>
      index % 2 === 0
        ? some(index)('POST', `/v1/charges/${charge.id}/capture`, { amount: 900, final: index % 4 === 0 })
        : some(index)('POST', `/v1/charges/${charge.id}/void`),
    ),
    ...Array.from({ length: 10 }, (_, index) => some(index)('POST', '/v1/repayments', { lineId, amount: 700 })),
    ...[90_000, 60_000, 80_000].map((cut, index) => some(index)('POST', `/v1/lines/${lineId}/limit`, { limit: cut })),
    ...['freeze', 'unfreeze'].map((verb, index) => some(index)('POST', `/v1/lines/${lineId}/${verb}`)),
  ]
  const answers = await Promise.all([...purchases, ...others])
  const strange = answers.filter((answer) => answer.status >= 500 || answer.status === 404)
  assert.deepEqual(strange, [], 'every answer is an outcome')
}

/**
 * Folds the line's journal: whatever was the limit when a purchase was booked, what is held and owed stayed within it,
 * and no purchase was booked on a frozen line. At the end the fold is what the line says of itself.
 */
async function assertNeverAboveLimit(call: Call, lineId: string): Promise<void> {
  const now = { limit: 0, held: 0, owed: 0, frozen: false }
  const held = new Set<string | null>()
  for (const event of (await eventsOf(call)).filter((candidate) => candidate.lineId === lineId)) {
    const figure = (name: string) => Number(event.data[name] ?? 0)
    const spends = event.type === 'charge.authorized' || (event.type === 'charge.captured' && !held.has(event.chargeId))
    if (event.type === 'charge.authorized') now.held += figure('amount')
    else if (held.has(event.chargeId)) {
      now.held -= figure('released') + (event.type === 'charge.captured' ? figure('amount') : 0)
    }
    if (event.type === 'charge.authorized') held.add(event.chargeId)
    if (event.type === 'line.activated') now.limit = figure('limit')
    if (event.type.startsWith('line.limit-')) now.limit = figure('to')
    if (/^line\.(un)?frozen$/.test(event.type)) now.frozen = event.type === 'line.frozen'
    now.owed += event.legs
      .filter((leg) => leg.account.startsWith('asset:loans:'))
      .reduce((sum, leg) => sum + leg.amount, 0)
    if (spends) assert.ok(!now.frozen && now.held + now.owed <= now.limit, `${event.id}: ${JSON.stringify(now)}`)
  }
  const line = await read<Line>(call, `/v1/lines/${lineId}`)
  const { limit, owed, status } = line
  assert.deepEqual({ limit, held: line.held, owed, frozen: status === 'frozen' }, now)
}
