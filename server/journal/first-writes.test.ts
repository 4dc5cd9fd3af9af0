/** A server's first writes may come all at once. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { testCredit } from '../testing.ts'

test('more first writes in transactions than the server has connections are all written', async () => {
  const { sandbox } = await testCredit({ after }, { config: { poolSize: 2 } })
  const world = await sandbox('2026-03-01')
  const names = Array.from({ length: 6 }, (_, place) => `Bank ${place}`)
  const ids = await Promise.all(names.map((name) => world.funder(name)))
  assert.equal(new Set(ids).size, names.length)
})
