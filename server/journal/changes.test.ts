import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openDatabase } from '../platform/database.ts'
import { testDatabase } from '../platform/testing.ts'

const db = openDatabase(await testDatabase({ after }), { max: 1 })
after(() => db.end())

/** One operation that changes rows of a kind which are not there; nothing of it may stay. */
const changing = {
  charge: () => db`
    select * from commit_operations(0::smallint, array[jsonb_populate_record(null::operation, '{"tenant_id": "ten_a"}')],
      '{}', '{}', '{}', '{}', '{}', '{}', array[jsonb_populate_record(null::charges, '{"shard": 0, "id": "chg_gone"}')], '{1}',
      '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}')`,
  loan: () => db`
    select * from commit_operations(0::smallint, array[jsonb_populate_record(null::operation, '{"tenant_id": "ten_a"}')],
      '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', array[jsonb_populate_record(null::loans, '{"shard": 0, "id": "lon_gone"}')],
      '{1}', '{}', '{}', '{}', '{}', '{}', '{}')`,
  repayment: () => db`
    select * from commit_operations(0::smallint, array[jsonb_populate_record(null::operation, '{"tenant_id": "ten_a"}')],
      '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}',
      array[jsonb_populate_record(null::repayments, '{"shard": 0, "id": "rep_gone"}')], '{1}', '{}', '{}')`,
}

for (const [what, change] of Object.entries(changing)) {
  test(`a ${what} that is not there is not changed without a word`, async () => {
    await assert.rejects(change(), new RegExp(`a ${what} to be changed is not there`))
  })
}
