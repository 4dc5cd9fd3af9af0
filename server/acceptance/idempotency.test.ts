import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { baitiaoTerms } from '../demo-terms.ts'
import { shardOf } from '../platform/ids.ts'
import { callerOf, testApp, testTenant } from '../platform/testing.ts'
import { registerRoutes } from '../routes.ts'
import type { Identified, ProblemDocument, Repayment } from './answers.ts'
import { fingerprint } from './fingerprint.ts'
import {
  type Answer,
  buy,
  customer,
  eventsOf,
  hold,
  line,
  loansOf,
  made,
  merchant,
  openWorld,
  order,
  program,
  type World,
  worldBeginsAt,
} from './world.ts'

interface Write {
  readonly path: string
  readonly body?: object
  /** Another request that could be sent under the same key by mistake. */
  readonly other: { readonly path: string; readonly body?: object }
}

/** Every kind of write, made fresh: what it stands on exists, it itself was never sent. */
const writes: Record<string, (world: World) => Promise<Write>> = {
  'a purchase': async (world) => {
    const { id } = await line(world)
    return {
      path: '/v1/charges',
      body: order(world, id, 5_000),
      other: { path: '/v1/charges', body: order(world, id, 5_001) },
    }
  },
  'a hold': async (world) => {
    const { id } = await line(world)
    const body = order(world, id, 5_000, 'pay-later', false)
    return { path: '/v1/charges', body, other: { path: '/v1/charges', body: { ...body, capture: true } } }
  },
  'a capture': async (world) => {
    const { id } = await hold(world, (await line(world)).id, 5_000)
    const path = `/v1/charges/${id}/capture`
    return { path, body: { amount: 2_000 }, other: { path, body: { amount: 2_001 } } }
  },
  'a capture of all that is held': async (world) => {
    const { id: lineId } = await line(world)
    const [{ id }, another] = [await hold(world, lineId, 5_000), await hold(world, lineId, 5_000)]
    return { path: `/v1/charges/${id}/capture`, other: { path: `/v1/charges/${another.id}/capture` } }
  },
  'a void': async (world) => {
    const { id: lineId } = await line(world)
    const [{ id }, another] = [await hold(world, lineId, 5_000), await hold(world, lineId, 5_000)]
    return { path: `/v1/charges/${id}/void`, other: { path: `/v1/charges/${another.id}/void` } }
  },
  'a refund': async (world) => {
    const { id } = await buy(world, (await line(world)).id, 50_000, '3x')
    const path = `/v1/charges/${id}/refunds`
    return { path, body: { amount: 2_000 }, other: { path, body: { amount: 2_001 } } }
  },
  'a repayment': async (world) => {
    const { id: lineId } = await line(world)
    await buy(world, lineId, 5_000)
    const path = '/v1/repayments'
    return { path, body: { lineId, amount: 2_000 }, other: { path, body: { lineId, amount: 2_001 } } }
  },
  'credit paid back': async (world) => {
    const { id: lineId } = await line(world)
    await made(world.call, '/v1/repayments', { lineId, amount: 5_000 })
    const path = `/v1/lines/${lineId}/pay-back`
    return { path, body: { amount: 2_000 }, other: { path, body: { amount: 2_001 } } }
  },
  'a reversal': async (world) => {
    const { id: lineId } = await line(world)
    await buy(world, lineId, 5_000)
    const { id } = await made<Repayment>(world.call, '/v1/repayments', { lineId, amount: 2_000 })
    const path = `/v1/repayments/${id}/reverse`
    return { path, body: { reason: 'bounced' }, other: { path, body: { reason: 'returned' } } }
  },
  'a settlement of a loan': async (world) => {
    const { id: lineId } = await line(world)
    await buy(world, lineId, 50_000, '3x')
    await buy(world, lineId, 60_000, '3x')
    const [first, second] = await loansOf(world.call, lineId)
    return { path: `/v1/loans/${first!.id}/settle`, other: { path: `/v1/loans/${second!.id}/settle` } }
  },
  'a prepayment': async (world) => {
    const { id: lineId } = await line(world)
    await buy(world, lineId, 50_000, '12x-daily')
    const [loan] = await loansOf(world.call, lineId)
    const path = `/v1/loans/${loan!.id}/prepay`
    return { path, body: { amount: 9_000 }, other: { path, body: { amount: 9_000, effect: 'lower' } } }
  },
  'a reschedule': async (world) => {
    const { id: lineId } = await line(world)
    await buy(world, lineId, 50_000, '12x-daily')
    const [loan] = await loansOf(world.call, lineId)
    const path = `/v1/loans/${loan!.id}/reschedule`
    const body = { instalments: 18, firstDueOn: '2026-05-13' }
    return { path, body, other: { path, body: { ...body, instalments: 17 } } }
  },
  'a payout to a merchant': async (world) => {
    const merchantId = await merchant(world.call, { payoutTiming: 'manual' })
    const { id } = await line(world)
    await buy({ ...world, merchantId }, id, 5_000)
    const path = '/v1/payouts'
    return { path, body: { merchantId }, other: { path, body: { merchantId, timing: 'T+0' } } }
  },
  'a customer with an identity': async () => {
    const body = {
      name: 'Lin',
      idNumber: `11010119900307${Math.random().toString().slice(2, 6)}`,
      phone: '13800000000',
    }
    return { path: '/v1/customers', body, other: { path: '/v1/customers', body: { ...body, name: 'Lin Lin' } } }
  },
  'a customer known by name only': async () => ({
    path: '/v1/customers',
    body: { name: 'Lin' },
    other: { path: '/v1/customers', body: { name: 'Lin Lin' } },
  }),
  'an erasure': async ({ call }) => {
    const one = await customer(call)
    let another = await customer(call)
    // A key is remembered on its customer's shard.
    while (shardOf(another) !== shardOf(one)) another = await customer(call)
    return { path: `/v1/customers/${one}/erase`, other: { path: `/v1/customers/${another}/erase` } }
  },
  'an application for a line': async (world) => {
    const customerId = await customer(world.call)
    const path = '/v1/lines'
    const { programId, cardId } = world
    return { path, body: { customerId, programId }, other: { path, body: { customerId, programId: cardId } } }
  },
  'a change of a limit': async (world) => {
    const path = `/v1/lines/${(await line(world)).id}/limit`
    return { path, body: { limit: 70_000 }, other: { path, body: { limit: 80_000 } } }
  },
  'a freeze': async (world) => {
    const path = `/v1/lines/${(await line(world)).id}/freeze`
    return { path, body: { reason: 'lost phone' }, other: { path, body: { reason: 'stolen phone' } } }
  },
  'a closing of a line': async (world) => {
    const path = `/v1/lines/${(await line(world)).id}/close`
    return { path, body: { reason: 'moved' }, other: { path, body: { reason: 'other' } } }
  },
  'a merchant': async () => ({
    path: '/v1/merchants',
    body: { name: 'Grocer' },
    other: { path: '/v1/merchants', body: { name: 'Baker' } },
  }),
  'a merchant with a reference': async () => {
    const reference = `shop-${Math.random()}`
    const path = '/v1/merchants'
    return { path, body: { name: 'Grocer', reference }, other: { path, body: { name: 'Baker', reference } } }
  },
  'a funder': async () => ({
    path: '/v1/funders',
    body: { name: 'Bank' },
    other: { path: '/v1/funders', body: { name: 'Trust' } },
  }),
  'a program': async () => {
    const body = { name: 'Baitiao', terms: baitiaoTerms([]) }
    return { path: '/v1/programs', body, other: { path: '/v1/programs', body: { ...body, name: 'Huabei' } } }
  },
  'a version of terms': async ({ call }) => {
    const path = `/v1/programs/${await program(call, baitiaoTerms([]))}/terms`
    const terms = baitiaoTerms([])
    return { path, body: { terms }, other: { path, body: { terms: { ...terms, holdDays: 9 } } } }
  },
  'an activation': async ({ call }) => {
    const draft = () => made<Identified>(call, '/v1/programs', { name: 'Baitiao', terms: baitiaoTerms([]) })
    const [one, another] = [await draft(), await draft()]
    return { path: `/v1/programs/${one.id}/activate`, other: { path: `/v1/programs/${another.id}/activate` } }
  },
  'a member of staff': async () => {
    const path = '/v1/staff'
    return { path, body: { name: 'Wu', role: 'reader' }, other: { path, body: { name: 'Wu', role: 'operator' } } }
  },
  'a move of the clock': async (world) => {
    const { id } = await line(world)
    await hold(world, id, 5_000)
    await buy(world, id, 5_000)
    // Past the end of the hold, the payout and the statement.
    const path = '/v1/clock/advance'
    return { path, body: { to: '2026-04-05' }, other: { path, body: { to: '2026-04-06' } } }
  },
}

/** Requests that are refused for what they ask, and what makes the same request acceptable afterwards. */
const refusals: Record<
  string,
  (world: World) => Promise<{ path: string; body?: object; code: string; mend: () => Promise<unknown> }>
> = {
  'a purchase above the limit': async (world) => {
    const { id } = await line(world, 4_000)
    const mend = () => made(world.call, `/v1/lines/${id}/limit`, { limit: 90_000 })
    return { path: '/v1/charges', body: order(world, id, 5_000), code: 'limit-exceeded', mend }
  },
  'a purchase on a frozen line': async (world) => {
    const { id } = await line(world)
    await made(world.call, `/v1/lines/${id}/freeze`)
    const mend = () => made(world.call, `/v1/lines/${id}/unfreeze`)
    return { path: '/v1/charges', body: order(world, id, 5_000), code: 'line-not-active', mend }
  },
  'a capture of more than is held': async (world) => {
    const { id } = await hold(world, (await line(world)).id, 5_000)
    return {
      path: `/v1/charges/${id}/capture`,
      body: { amount: 6_000 },
      code: 'capture-above-held',
      mend: async () => {},
    }
  },
  'a refund of more than was captured': async (world) => {
    const { id } = await hold(world, (await line(world)).id, 5_000)
    const mend = () => made(world.call, `/v1/charges/${id}/capture`)
    return { path: `/v1/charges/${id}/refunds`, body: { amount: 5_000 }, code: 'refund-above-captured', mend }
  },
  'a second line': async (world) => {
    const { id, customerId } = await line(world)
    const mend = () => made(world.call, `/v1/lines/${id}/close`)
    return { path: '/v1/lines', body: { customerId, programId: world.programId }, code: 'line-exists', mend }
  },
  'closing a line that owes': async (world) => {
    const { id } = await line(world)
    const { id: chargeId } = await buy(world, id, 5_000)
    const mend = () => made(world.call, `/v1/charges/${chargeId}/refunds`, { amount: 5_000 })
    return { path: `/v1/lines/${id}/close`, code: 'line-in-use', mend }
  },
  'erasing a customer with a line': async (world) => {
    const { id, customerId } = await line(world)
    const mend = () => made(world.call, `/v1/lines/${id}/close`)
    return { path: `/v1/customers/${customerId}/erase`, code: 'customer-has-open-lines', mend }
  },
  'a payout of nothing': async (world) => {
    const merchantId = await merchant(world.call, { payoutTiming: 'manual' })
    const { id } = await line(world)
    const mend = () => buy({ ...world, merchantId }, id, 5_000)
    return { path: '/v1/payouts', body: { merchantId }, code: 'nothing-to-pay-out', mend }
  },
  'a line in a program that is not active': async (world) => {
    const { id: programId } = await made<Identified>(world.call, '/v1/programs', {
      name: 'New',
      terms: baitiaoTerms([]),
    })
    const customerId = await customer(world.call)
    const mend = () => made(world.call, `/v1/programs/${programId}/activate`)
    return { path: '/v1/lines', body: { customerId, programId }, code: 'program-not-active', mend }
  },
  'an activation against the rules': async (world) => {
    const terms = { ...baitiaoTerms([]), limit: { min: 50_000n, max: 90_000_000n, initial: 800_000n } }
    const { id } = await made<Identified>(world.call, '/v1/programs', { name: 'New', terms })
    const mend = () => made(world.call, `/v1/programs/${id}/terms`, { terms: baitiaoTerms([]) })
    return { path: `/v1/programs/${id}/activate`, code: 'program-breaks-rules', mend }
  },
  'terms that contradict themselves': async () => {
    const terms = { ...baitiaoTerms([]), cycle: { statementDay: 5, dueDay: 5 } }
    return { path: '/v1/programs', body: { name: 'New', terms }, code: 'terms-invalid', mend: async () => {} }
  },
}

let keys = 0
const freshKey = () => `intent-${++keys}`

/** The first of equal answers may say less in its headers; status and body are the outcome. */
function outcomeOf({ status, body }: Answer<unknown>) {
  if (status < 400) return { status, body }
  const { requestId: _, ...refusal } = body as ProblemDocument
  return { status, body: refusal }
}

for (const shards of [1, 4]) {
  const { app, platform, db } = await testApp({ after }, registerRoutes, { config: { shards } })
  const where = `${shards} shard${shards === 1 ? '' : 's'}`
  const fresh = async () => {
    const { key } = await testTenant(platform, { frozenAt: worldBeginsAt })
    return openWorld(callerOf(app, key))
  }
  const world = await fresh()

  for (const [name, prepare] of Object.entries(writes)) {
    // The clock is the tenant's: moved for one, it is moved for all.
    const worldFor = async () => (name === 'a move of the clock' ? fresh() : world)

    test(`${name}: a retry gets the first answer, another request under the key is refused (${where})`, async () => {
      const own = await worldFor()
      const { call } = own
      const { path, body, other } = await prepare(own)
      const idempotencyKey = freshKey()
      const first = await call('POST', path, body, { idempotencyKey })
      assert.ok(first.status < 300, JSON.stringify(first.body))
      assert.equal(first.headers['idempotent-replayed'], undefined)
      const booked = await fingerprint(db)

      const again = await call('POST', path, body, { idempotencyKey })
      assert.deepEqual(outcomeOf(again), outcomeOf(first))
      assert.equal(again.headers['idempotent-replayed'], 'true')
      assert.deepEqual(await fingerprint(db), booked, 'a retry books nothing')

      const reused = await call<ProblemDocument>('POST', other.path, other.body, { idempotencyKey })
      assert.deepEqual([reused.status, reused.body.code], [422, 'idempotency-key-reused'])
      assert.deepEqual(await fingerprint(db), booked, 'a refused request books nothing')
    })

    test(`${name}: 50 requests at once with one key do the work once (${where})`, async () => {
      const alone = await sent(await worldFor(), prepare, 1)
      const crowd = await sent(await worldFor(), prepare, 50)
      // A retry that meets the first one halfway may be told to come back; what it does get is the one outcome.
      const settled = crowd.answers.filter((answer) => !isPassing(answer))
      assert.ok(settled[0]!.status < 300, JSON.stringify(settled[0]))
      for (const answer of settled) assert.deepEqual(outcomeOf(answer), outcomeOf(settled[0]!))
      assert.equal(settled.filter((answer) => answer.headers['idempotent-replayed'] === undefined).length, 1)
      assert.deepEqual(crowd.booked, alone.booked)
    })
  }

  for (const [name, prepare] of Object.entries(refusals)) {
    test(`${name}: the refusal is the outcome of its key, whatever changes afterwards (${where})`, async () => {
      const { path, body, code, mend } = await prepare(world)
      const idempotencyKey = freshKey()
      const first = await world.call<ProblemDocument>('POST', path, body, { idempotencyKey })
      assert.equal(first.body.code, code)
      await mend()
      const mended = await fingerprint(db)
      const again = await world.call('POST', path, body, { idempotencyKey })
      assert.deepEqual(outcomeOf(again), outcomeOf(first))
      assert.deepEqual(
        [first, again].map((answer) => answer.headers['idempotent-replayed']),
        [undefined, 'true'],
      )
      assert.deepEqual(await fingerprint(db), mended)
      const fresh = await world.call<ProblemDocument>('POST', path, body)
      assert.ok(fresh.status < 300 || fresh.body.code === code, JSON.stringify(fresh.body))
    })
  }
}

/** A fresh write of a kind, sent some times at once under one key, and the types of the events it made. */
async function sent(world: World, prepare: (world: World) => Promise<Write>, times: number) {
  const { call } = world
  const { path, body } = await prepare(world)
  const before = await eventsOf(call)
  const idempotencyKey = freshKey()
  const answers = await Promise.all(Array.from({ length: times }, () => call('POST', path, body, { idempotencyKey })))
  const known = new Set(before.map((event) => event.id))
  const booked = (await eventsOf(call)).filter((event) => !known.has(event.id)).map((event) => event.type)
  return { answers, booked }
}

function isPassing({ status, body }: Answer<Record<string, unknown>>): boolean {
  return status === 409 && ['conflict', 'clock-moving'].includes(String(body.code))
}
