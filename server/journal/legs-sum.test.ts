import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { openDatabase } from '../platform/database.ts'
import { testDatabase } from '../platform/testing.ts'

const db = openDatabase(await testDatabase({ after }), { max: 1 })
after(() => db.end())

test('the sum of legs is exact, however many there are and however large', async () => {
  const most = 2n ** 63n - 1n
  const legs = fc.array(fc.bigInt({ min: -most, max: most }), { maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(legs, async (amounts) => {
      const [row] = await db<{ sum: string }[]>`select legs_sum(${db.typed.bigints(amounts)}) as sum`
      const sum = amounts.reduce((total, amount) => total + amount, 0n)
      assert.equal(row!.sum, String(sum))
    }),
  )
})
