import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { callerOnOneConnection } from '../platform/testing.ts'
import { plainTerms, testCredit, type World } from '../testing.ts'

const credit = await testCredit({ after })

/** A shop whose requests all come over one connection, where lines and merchants are looked up beside the key. */
async function shopping() {
  const world = await credit.sandbox('2026-03-05')
  const program = await world.program(plainTerms())
  const merchantId = await world.merchant()
  const { id: lineId } = await world.line(program.id)
  const call = await callerOnOneConnection({ after }, credit.app, world.key)
  const order = { lineId, merchantId, amount: 100_000, currency: 'CNY', plan: 'pay-later' }
  const buy = async () => {
    const { status, body } = await call('POST', '/v1/charges', order)
    return status === 201 ? 'bought' : body.code
  }
  await buy()
  await buy()
  return { world, program, merchantId, lineId, call, buy }
}

type Shopping = Awaited<ReturnType<typeof shopping>>

const changes: [what: string, change: (shopping: Shopping) => Promise<unknown>, code: string][] = [
  ['a frozen line', ({ world, lineId }) => world.post(`/v1/lines/${lineId}/freeze`), 'line-not-active'],
  ['a cut limit', ({ world, lineId }) => world.post(`/v1/lines/${lineId}/limit`, { limit: 250_000 }), 'limit-exceeded'],
  ['a moved clock', ({ world }) => world.advance('2026-04-20'), 'charge-declined'],
  [
    'a suspended merchant',
    ({ merchantId }) => credit.db`update merchants set status = 'suspended' where id = ${merchantId}`,
    'merchant-suspended',
  ],
  [
    'a revoked key',
    ({ world }) => credit.db`update api_keys set revoked_at = now() where tenant_id = ${world.tenantId}`,
    'unauthorized',
  ],
]

for (const [what, change, code] of changes) {
  test(`${what} takes effect on the next purchase of the same connection`, async () => {
    const scene = await shopping()
    assert.equal(await scene.buy(), 'bought')
    await change(scene)
    assert.equal(await scene.buy(), code)
  })
}

test('new terms take effect on the next quote of the same connection', async () => {
  const { world, program, call } = await shopping()
  const plans = async () => {
    const { body } = await call<{ plans: { plan: string }[] }>('POST', '/v1/quotes', {
      programId: program.id,
      amount: 399_900,
    })
    return body.plans.map(({ plan }) => plan)
  }
  await plans()
  assert.ok((await plans()).includes('24x'))
  const terms = plainTerms()
  const revised = { ...terms, plans: terms.plans.filter(({ code }) => code !== '24x') }
  await world.post(`/v1/programs/${program.id}/terms`, { terms: revised })
  await world.post(`/v1/programs/${program.id}/activate`)
  assert.ok(!(await plans()).includes('24x'))
})

test('a moved clock takes effect on the next quote of the same connection, of its program and of its line', async () => {
  const { world, program, lineId, call } = await shopping()
  const days = async (of: object) => {
    const { body } = await call<{ on: string; statementOn: string; plans: { schedule: { dueOn: string }[] }[] }>(
      'POST',
      '/v1/quotes',
      { ...of, amount: 399_900 },
    )
    return [body.on, body.statementOn, body.plans[0]!.schedule[0]!.dueOn]
  }
  const both = async () => [await days({ programId: program.id }), await days({ lineId })]
  assert.deepEqual(await both(), Array(2).fill(['2026-03-05', '2026-04-03', '2026-04-13']))
  await world.advance('2026-04-03')
  assert.deepEqual((await days({ programId: program.id })).slice(0, 2), ['2026-04-03', '2026-04-03'])
  await world.advance('2026-04-05')
  assert.deepEqual(await both(), Array(2).fill(['2026-04-05', '2026-05-03', '2026-05-13']))
})

test('quotes of one moment, of a caller, another one and one whose key was revoked, are answered each to its own', async () => {
  const [own, their, gone] = await Promise.all([shopping(), shopping(), shopping()])
  const connected = async ({ world, program }: Shopping) => {
    const call = await callerOnOneConnection({ after }, credit.app, world.key)
    const quote = async (programId: string) => {
      const { status, body } = await call<{ programId: string; code: string }>('POST', '/v1/quotes', {
        programId,
        amount: 399_900,
      })
      return status === 200 ? body.programId : body.code
    }
    assert.equal(await quote(program.id), program.id)
    return quote
  }
  const owners = await Promise.all([own, own, own].map(connected))
  const others = await Promise.all([their, their, gone].map(connected))
  await credit.db`update api_keys set revoked_at = now() where tenant_id = ${gone.world.tenantId}`
  const unknown = `${own.program.id.slice(0, -4)}0000`
  const answers = [
    owners[0]!(own.program.id),
    owners[1]!(their.program.id),
    owners[2]!(unknown),
    others[0]!(their.program.id),
    others[1]!(own.program.id),
    others[2]!(gone.program.id),
  ]
  assert.deepEqual(await Promise.all(answers), [
    own.program.id,
    'not-found',
    'not-found',
    their.program.id,
    'not-found',
    'unauthorized',
  ])
})

test('captures, refunds and money of one connection each see what the one before left', async () => {
  const { call, lineId, merchantId } = await shopping()
  const order = { lineId, merchantId, amount: 100_000, currency: 'CNY', plan: 'pay-later', capture: false }
  const { id } = (await call<{ id: string }>('POST', '/v1/charges', order)).body
  const capture = (amount: number) => call('POST', `/v1/charges/${id}/capture`, { amount })
  const refund = (amount: number) => call('POST', `/v1/charges/${id}/refunds`, { amount })
  const statuses = [await capture(60_000), await capture(60_000), await capture(40_000), await refund(90_000)]
  assert.deepEqual(
    [...statuses, await refund(20_000), await refund(10_000)].map(({ status }) => status),
    [200, 422, 200, 201, 422, 201],
  )
  const pay = (amount: number) => call<{ credited: number }>('POST', '/v1/repayments', { lineId, amount })
  // Two purchases of 1,000.00 before.
  const credited = [await pay(150_000), await pay(60_000), await pay(100)].map(({ body }) => body.credited)
  assert.deepEqual(credited, [0, 10_000, 100])
})

test('another tenant’s line, merchant and program stay unknown on a connection that was good', async () => {
  const { call, lineId, merchantId } = await shopping()
  const other: World = await credit.sandbox('2026-03-05')
  const theirProgram = await other.program(plainTerms())
  const their = { lineId: (await other.line(theirProgram.id)).id, merchantId: await other.merchant() }
  const own = { lineId, merchantId }
  const order = { amount: 10_000, currency: 'CNY', plan: 'pay-later' }
  const { id: theirChargeId } = await other.post<{ id: string }>('/v1/charges', { ...their, ...order })
  const asked: [path: string, body: object][] = [
    ['/v1/charges', { ...own, lineId: their.lineId, ...order }],
    ['/v1/charges', { ...own, merchantId: their.merchantId, ...order }],
    ['/v1/quotes', { programId: theirProgram.id, amount: 10_000 }],
    ['/v1/quotes', { lineId: their.lineId, amount: 10_000 }],
    ['/v1/repayments', { lineId: their.lineId, amount: 10_000 }],
    [`/v1/charges/${theirChargeId}/capture`, {}],
    [`/v1/charges/${theirChargeId}/void`, {}],
    [`/v1/charges/${theirChargeId}/refunds`, { amount: 100 }],
  ]
  for (const [path, body] of asked) assert.equal((await call('POST', path, body)).body.code, 'not-found')
})

/** The statement that has waited longest for the table `lines`. */
async function waitingForLines(): Promise<string | undefined> {
  const [waiting] = await credit.db<{ statement: string }[]>`
    select pid || ' since ' || query_start as statement from pg_locks join pg_stat_activity using (pid)
    where database = (select oid from pg_database where datname = current_database())
      and relation = 'lines'::regclass and not granted
    order by query_start limit 1`
  return waiting?.statement
}

test('while purchases wait for a locked table, another tenant’s quotes are answered', { timeout: 60_000 }, async () => {
  const buyers = await Promise.all([shopping(), shopping(), shopping()])
  const world = await credit.sandbox('2026-03-05')
  const program = await world.program(plainTerms())
  const calls = await Promise.all([1, 2, 3].map(() => callerOnOneConnection({ after }, credit.app, world.key)))
  const quote = () =>
    calls.map(async (call) => (await call('POST', '/v1/quotes', { programId: program.id, amount: 399_900 })).status)
  await Promise.all(quote())
  const purchases = await credit.db.begin(async (transaction) => {
    await transaction`lock table lines in access exclusive mode`
    // At the same time, and when it is sure that the purchases wait.
    const atOnce = quote()
    const waiting = buyers.map(({ buy }) => buy())
    let held: string | undefined
    while (held === undefined) {
      await sleep(5)
      held = await waitingForLines()
    }
    const statuses = await Promise.all([...atOnce, ...quote()])
    assert.deepEqual(statuses, Array(6).fill(200))
    assert.equal(await waitingForLines(), held, 'quotes waited until the look-up of a purchase had been given up')
    return { waiting }
  })
  assert.deepEqual(await Promise.all(purchases.waiting), Array(3).fill('bought'))
})
