import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { openDatabase } from '../platform/database.ts'
import { testDatabase } from '../platform/testing.ts'

const db = openDatabase(await testDatabase({ after }), { max: 1 })
after(() => db.end())

test('the sum of legs is exact, however many there are and however large', async () => {
  const most = 2n ** 63n - 1n
  const small = fc.array(fc.bigInt({ min: -1_000_000n, max: 1_000_000n }), { maxLength: 9 })
  const large = fc.array(fc.bigInt({ min: -most, max: most }), { maxLength: 20 })
  // Where the one way of adding up ends and the other begins.
  const edge = fc
    .bigInt({ min: 10n ** 17n - 2n, max: 10n ** 17n + 2n })
    .chain((bound) => fc.constantFrom(bound, -bound))
  const legs = fc.oneof(small, large, fc.array(edge, { maxLength: 9 }))
  await fc.assert(
    fc.asyncProperty(legs, async (amounts) => {
      const [row] = await db<{ sum: string }[]>`select legs_sum(${db.typed.bigints(amounts)}) as sum`
      const sum = amounts.reduce((total, amount) => total + amount, 0n)
      assert.equal(row!.sum, String(sum))
    }),
  )
})

test('legs in an array of an unusual form are summed all the same', async () => {
  const [row] = await db<{ square: string; shifted: string; none: string }[]>`
    select legs_sum('{{5,6},{7,8}}') as square, legs_sum('[0:1]={5,-5}') as shifted, legs_sum('{}') as none`
  assert.deepEqual({ ...row }, { square: '26', shifted: '0', none: '0' })
})
