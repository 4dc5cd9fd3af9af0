import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openDatabase } from '../server/platform/database.ts'
import { testDatabase } from '../server/platform/testing.ts'
import { describeSchema } from './describe-schema.ts'

test('server/schema.sql is what the migrations make', async () => {
  const db = openDatabase(await testDatabase({ after }), { max: 1 })
  after(() => db.end())
  const written = readFileSync(join(import.meta.dirname, '../server/schema.sql'), 'utf8')
  assert.equal(await describeSchema(db), written, 'run `npm run schema` and commit server/schema.sql')
})
