import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { callerOf, testApp, testTenant } from '../platform/testing.ts'
import { registerRoutes } from '../routes.ts'
import type { ListOf, Payout, ProblemDocument, TrialBalance } from './answers.ts'
import {
  advance,
  assertBooksAreTrue,
  buy,
  type Call,
  line,
  loansOf,
  merchant,
  openWorld,
  order,
  read,
  type World,
  worldBeginsAt,
} from './world.ts'

for (const shards of [1, 4]) {
  const { app, platform } = await testApp({ after }, registerRoutes, { config: { shards } })
  const where = `${shards} shard${shards === 1 ? '' : 's'}`
  const fresh = async (): Promise<World> => {
    const { key } = await testTenant(platform, { frozenAt: worldBeginsAt })
    return openWorld(callerOf(app, key))
  }

  test(`money is paid out once, however many ask for it at once and go on asking (${where})`, async () => {
    const world = await fresh()
    const merchantId = await merchant(world.call, { payoutTiming: 'manual', feePercent: '0' })
    const lines = await Promise.all(Array.from({ length: 6 }, () => line(world)))
    for (const { id } of lines) await buy({ ...world, merchantId }, id, 5_000)
    const answers = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const both = [await world.call<ProblemDocument>('POST', '/v1/payouts', { merchantId })]
        both.push(await world.call<ProblemDocument>('POST', '/v1/payouts', { merchantId }))
        return both
      }),
    )
    const refused = answers.flat().filter((answer) => answer.status >= 300)
    const codes = new Set(refused.map((answer) => answer.body.code))
    assert.deepEqual([...codes.difference(new Set(['conflict', 'nothing-to-pay-out']))], [])
    assert.equal(await paidTo(world.call, merchantId), 6 * 5_000)
    assert.equal(await owedTo(world.call, merchantId), 0)
    await assertBooksAreTrue(world.call)
  })

  test(`a merchant paid at once has all of its money after the last purchase of a crowd, and never more (${where})`, async () => {
    const world = await fresh()
    const merchantId = await merchant(world.call, { payoutTiming: 'at-once', feePercent: '0' })
    const lines = await Promise.all(Array.from({ length: 8 }, () => line(world)))
    const orders = Array.from({ length: 48 }, (_, index) =>
      order({ ...world, merchantId }, lines[index % 8]!.id, 1_000),
    )
    const answers = await Promise.all(orders.map((body) => world.call('POST', '/v1/charges', body)))
    assert.deepEqual(
      answers.filter((answer) => answer.status !== 201),
      [],
    )
    // What a busy moment left over is paid at the end of the day.
    await advance(world.call, '2026-03-06')
    assert.equal(await paidTo(world.call, merchantId), 48 * 1_000)
    assert.equal(await owedTo(world.call, merchantId), 0)
    await assertBooksAreTrue(world.call)
  })

  test(`a funder is settled with once: what it lends comes in, what is repaid goes out (${where})`, async () => {
    const world = await fresh()
    const { id: lineId } = await line(world)
    await buy(world, lineId, 100_000, '3x')
    const [funderId] = world.funderIds
    const settle = () => world.call<Payout>('POST', '/v1/payouts', { funderId })
    const first = (await Promise.all([settle(), settle(), settle()])).filter((answer) => answer.status === 201)
    assert.deepEqual(
      first.map((answer) => [answer.body.direction, answer.body.amount]),
      [['collect', 66_670]],
    )
    const [loan] = await loansOf(world.call, lineId)
    await world.call('POST', `/v1/loans/${loan!.id}/settle`)
    const second = (await Promise.all([settle(), settle(), settle()])).filter((answer) => answer.status === 201)
    assert.equal(second.length, 1)
    assert.equal(second[0]!.body.direction, 'pay')
    assert.ok(second[0]!.body.amount >= 66_670)
    await assertBooksAreTrue(world.call)
  })
}

async function paidTo(call: Call, payeeId: string): Promise<number> {
  const { data } = await read<ListOf<Payout>>(call, `/v1/payouts?payeeId=${payeeId}&limit=1000`)
  assert.deepEqual(
    data.filter((payout) => payout.status !== 'paid'),
    [],
  )
  return data.reduce((sum, payout) => sum + (payout.direction === 'pay' ? payout.amount : -payout.amount), 0)
}

async function owedTo(call: Call, merchantId: string): Promise<number> {
  const { accounts } = await read<TrialBalance>(call, '/v1/trial-balance')
  return accounts.find(({ account }) => account === `liability:merchant:${merchantId}:payable`)?.balance ?? 0
}
