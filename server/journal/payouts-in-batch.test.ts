import assert from 'node:assert/strict'
import { after, beforeEach, test } from 'node:test'
import { openDatabase } from '../platform/database.ts'
import { codeOf } from '../platform/outage.ts'
import { testDatabase } from '../platform/testing.ts'

const db = openDatabase(await testDatabase({ after }), { max: 1 })
after(() => db.end())
beforeEach(() => db`truncate payouts, journal, shard_heads, balances, idempotency_keys`)

interface Paid {
  readonly id: string
  readonly payee: string
  /** Payouts that the payee had had when this one was decided. */
  readonly made: number
  readonly key?: string
}

/** Payouts of five units each, with one event. */
function commit(all: readonly Paid[]) {
  const operations = all.map(({ key }) => ({
    tenant_id: 'ten_a',
    ...(key === undefined ? {} : { key, request_hash: 'hash', reply_status: 201, reply: { first: true } }),
  }))
  const common = { tenant_id: 'ten_a', currency: 'CNY' }
  const events = all.map(({ id, payee }) => ({
    ...common,
    id: `evt_${id}`,
    type: 'payout.paid',
    data: {},
    accounts: [`liability:merchant:${payee}:payable`, 'asset:bank'],
    amounts: [5, -5],
    effective_on: '2026-03-05',
    booked_at: '2026-03-05T00:00:00Z',
    actor: 'test',
  }))
  const payouts = all.map(({ id, payee }) => ({
    ...common,
    id,
    payee_kind: 'merchant',
    payee_id: payee,
    amount_minor: 5,
    direction: 'pay',
    status: 'paid',
    timing: 'T+0',
    through_on: '2026-03-05',
    parts: [],
    created_at: '2026-03-05T00:00:00Z',
  }))
  return db<{ n: number; outcome: string; status: number | null; body: unknown }[]>`
    select n, outcome, status, body from commit_payouts(0::smallint,
      array(select jsonb_populate_record(null::operation, o) from jsonb_array_elements(${operations}) o),
      array(select jsonb_populate_record(null::journal, e) from jsonb_array_elements(${events}) e),
      array(select generate_series(1, ${all.length}::int)),
      array(select jsonb_populate_record(null::payouts, p) from jsonb_array_elements(${payouts}) p),
      ${db.typed.bigints(all.map(({ made }) => BigInt(made)))})`
}

async function written() {
  const payouts = await db<{ id: string }[]>`select id from payouts order by id`
  const events = await db<{ id: string }[]>`select id from journal order by seq`
  const [bank] = await db<{ creditMinor: bigint }[]>`select credit_minor from balances where account = 'asset:bank'`
  return [payouts.map(({ id }) => id), events.map(({ id }) => id), bank?.creditMinor ?? 0n]
}

const isStale = (error: unknown) => codeOf(error) === '40001'

test('payouts of a batch are written with their journal rows', async () => {
  assert.deepEqual(
    [
      ...(await commit([
        { id: 'a', payee: 'x', made: 0 },
        { id: 'b', payee: 'y', made: 0 },
      ])),
    ],
    [],
  )
  assert.deepEqual(await written(), [['a', 'b'], ['evt_a', 'evt_b'], 10n])
})

test('one whose key has an outcome leaves no payout and no row, and the others are written', async () => {
  await commit([{ id: 'a', payee: 'x', made: 0, key: 'first' }])
  const verdicts = await commit([
    { id: 'b', payee: 'y', made: 0 },
    { id: 'c', payee: 'x', made: 1, key: 'first' },
    { id: 'd', payee: 'z', made: 0 },
  ])
  assert.deepEqual(
    verdicts.map(({ n, outcome, status, body }) => [n, outcome, status, body]),
    [[2, 'replay', 201, { first: true }]],
  )
  assert.deepEqual(await written(), [['a', 'b', 'd'], ['evt_a', 'evt_b', 'evt_d'], 15n])
})

test('one whose payee has had another payout since it was decided keeps all from being written', async () => {
  await commit([{ id: 'a', payee: 'x', made: 0 }])
  const before = await written()
  await assert.rejects(
    async () =>
      commit([
        { id: 'b', payee: 'y', made: 0 },
        { id: 'c', payee: 'x', made: 0 },
      ]),
    isStale,
  )
  assert.deepEqual(await written(), before)
})

test('a payee who comes twice, decided on the same number, keeps all from being written', async () => {
  await assert.rejects(
    async () =>
      commit([
        { id: 'a', payee: 'x', made: 0 },
        { id: 'b', payee: 'x', made: 0 },
      ]),
    isStale,
  )
  assert.deepEqual(await written(), [[], [], 0n])
})
