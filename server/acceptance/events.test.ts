import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { callerOf, testApp, testTenant } from '../platform/testing.ts'
import { registerRoutes } from '../routes.ts'
import type { Event, EventPage, ProblemDocument } from './answers.ts'
import { advance, type Call, eventsOf, line, openWorld, order, read, type World, worldBeginsAt } from './world.ts'

interface Reading {
  readonly limit: number
  readonly types?: string
}

/** Reads page after page, as a program that keeps its cursor does, until told that nobody writes any more. */
async function follow(call: Call, { limit, types }: Reading, writing: () => boolean): Promise<Event[]> {
  const seen: Event[] = []
  for (let after = ''; ; ) {
    const more = writing()
    const search = new URLSearchParams({ after, limit: String(limit), ...(types === undefined ? {} : { types }) })
    const page = await read<EventPage>(call, `/v1/events?${search}`)
    assert.ok(page.data.length <= limit)
    assert.ok(page.data.length < limit || page.more, 'a full page may have more behind it')
    seen.push(...page.data)
    after = page.next
    if (page.data.length === 0 && !more) return seen
  }
}

/** Eight customers who buy, hold, void and repay without pause, beside another tenant that does the same. */
async function write(worlds: readonly World[], rounds: number): Promise<void> {
  await Promise.all(
    Array.from({ length: 8 }, async (_, index) => {
      const world = worlds[index % worlds.length]!
      const { id: lineId } = await line(world)
      for (let round = 0; round < rounds; round++) {
        const purchase = order(world, lineId, 300 + round, 'pay-later', round % 3 !== 0)
        const answers = await Promise.all([
          world.call('POST', '/v1/charges', purchase),
          world.call('POST', '/v1/repayments', { lineId, amount: 100 + index }),
        ])
        assert.deepEqual(
          answers.map((answer) => answer.status),
          [201, 201],
        )
      }
    }),
  )
}

for (const shards of [1, 3]) {
  const { app, platform, call } = await testApp({ after }, registerRoutes, {
    frozenAt: worldBeginsAt,
    config: { shards },
  })
  const where = `${shards} shard${shards === 1 ? '' : 's'}`
  const { key } = await testTenant(platform, { frozenAt: worldBeginsAt })
  const mine = await openWorld(call)
  const theirs = await openWorld(callerOf(app, key))

  test(`followers miss nothing and see nothing twice while eight writers write (${where})`, async () => {
    let writing = true
    const readings: Reading[] = [
      { limit: 1 },
      { limit: 7 },
      { limit: 1_000 },
      { limit: 5, types: 'charge.captured,repayment.booked' },
    ]
    const followers = readings.map((reading) => follow(call, reading, () => writing))
    await write([mine, mine, mine, theirs], 12)
    await advance(call, '2026-04-16')
    writing = false
    const all = await eventsOf(call)
    assert.ok(all.length > 150)
    for (const [index, seen] of (await Promise.all(followers)).entries()) {
      const { types } = readings[index]!
      const expected = all.filter((event) => types === undefined || types.split(',').includes(event.type))
      const ids = seen.map((event) => event.id)
      assert.equal(new Set(ids).size, ids.length, 'nothing twice')
      assert.deepEqual(ids.toSorted(), expected.map((event) => event.id).toSorted(), 'nothing missed')
      for (const [lineId, events] of Map.groupBy(seen, (event) => event.lineId)) {
        if (lineId === null) continue
        const order = expected.filter((event) => event.lineId === lineId).map((event) => event.id)
        assert.deepEqual(
          events.map((event) => event.id),
          order,
          `order of line ${lineId}`,
        )
      }
    }
  })

  test(`every cursor of an event goes on right behind it (${where})`, async () => {
    const all = await eventsOf(call, 50)
    const chosen = all.filter((_, index) => index % 17 === 0)
    for (const event of chosen) {
      const page = await read<EventPage>(call, `/v1/events?after=${event.cursor}&limit=3`)
      const next = all.slice(all.indexOf(event) + 1, all.indexOf(event) + 4)
      assert.deepEqual(
        page.data.map(({ id }) => id),
        next.map(({ id }) => id),
      )
    }
  })

  test(`what is no cursor is refused in clear words, and one at the end gives an empty page (${where})`, async () => {
    const wrong = [
      'x',
      '-1',
      '1.2.3.4',
      '1,2',
      `1${'0'.repeat(18)}`,
      '0x10',
      '1e3',
      ' 1',
      '1.',
      '.',
      'evt_01m80mf9dacek61e9993p2w',
    ]
    for (const cursor of wrong) {
      const { status, body } = await call<ProblemDocument>('GET', `/v1/events?after=${encodeURIComponent(cursor)}`)
      assert.deepEqual([status, body.code], [400, 'invalid-request'], cursor)
      assert.match(body.detail, /is not a cursor/)
    }
    const last = (await eventsOf(call)).at(-1)!
    const page = await read<EventPage>(call, `/v1/events?after=${last.cursor}`)
    assert.deepEqual([page.data, page.more], [[], false])
    assert.equal((await read<EventPage>(call, `/v1/events?after=${page.next}`)).next, page.next)
  })
}
