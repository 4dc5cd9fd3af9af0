import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openDatabase } from '../platform/database.ts'
import { testDatabase } from '../platform/testing.ts'

const db = openDatabase(await testDatabase({ after }), { max: 1 })
after(() => db.end())

/** An event of an operation: five units from one account to another. */
function event(id: string, lineId: string | null) {
  return {
    tenant_id: 'ten_a',
    id,
    type: 'test',
    line_id: lineId,
    data: {},
    currency: 'CNY',
    accounts: ['asset:bank', 'income:test'],
    amounts: [5, -5],
    effective_on: '2026-03-05',
    booked_at: '2026-03-05T00:00:00Z',
    actor: 'test',
  }
}

/** Operations with an event each; of those that name a line there is none. */
function commit(lineIds: readonly (string | null)[]) {
  const operations = lineIds.map((lineId) => ({ tenant_id: 'ten_a', line_id: lineId }))
  const events = lineIds.map((lineId, index) => event(`evt_${index + 1}`, lineId))
  return db<{ n: number; outcome: string }[]>`
    select n, outcome from commit_operations(0::smallint,
      array(select jsonb_populate_record(null::operation, o) from jsonb_array_elements(${operations}) o),
      array(select jsonb_populate_record(null::journal, e) from jsonb_array_elements(${events}) e),
      array(select generate_series(1, ${lineIds.length}::int)),
      null, null, null, null, null, null, null, null, null, null, null, null, null, null)`
}

const headOf = async () =>
  (await db<{ lastSeq: bigint }[]>`select seq as last_seq from shard_heads where shard = 0`)[0]?.lastSeq

test('of a batch the operations that are refused leave no trace: the others number on without a gap', async () => {
  assert.deepEqual([...(await commit([null]))], [])
  assert.equal(await headOf(), 1n)
  const refused = await commit([null, 'lin_gone', null, 'lin_gone', null])
  assert.deepEqual(
    refused.map(({ n, outcome }) => [n, outcome]),
    [
      [2, 'line-not-found'],
      [4, 'line-not-found'],
    ],
  )
  assert.equal(await headOf(), 4n)
  const rows = await db<{ seq: bigint; id: string }[]>`select seq, id from journal where shard = 0 order by seq`
  assert.deepEqual(
    rows.map(({ seq, id }) => [seq, id]),
    [
      [1n, 'evt_1'],
      [2n, 'evt_1'],
      [3n, 'evt_3'],
      [4n, 'evt_5'],
    ],
  )
  const [moved] = await db<{ debitMinor: bigint; creditMinor: bigint }[]>`
    select debit_minor, credit_minor from balances where shard = 0 and account = 'asset:bank'`
  assert.deepEqual({ ...moved }, { debitMinor: 20n, creditMinor: 0n })
  assert.equal((await commit(['lin_gone'])).length, 1)
  assert.equal(await headOf(), 4n, 'a batch of which nothing stays')
})
