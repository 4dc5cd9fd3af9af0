import assert from 'node:assert/strict'
import { test } from 'node:test'
import { frozenClock } from './clock.ts'
import { createIds, createRandom, isId, isShardedId, maxShard, shardFor, shardOf } from './ids.ts'

const at = (instant: string) => createIds(createRandom(), frozenClock(instant))
const ids = at('2026-11-22T00:00:00Z')

test('an id of a customer-side thing carries its shard', () => {
  for (const shard of [0, 1, 31, 32, 777, maxShard]) {
    const id = ids.create('chg', shard)
    assert.match(id, /^chg_[0-9a-z]{25}$/)
    assert.equal(shardOf(id), shard)
    assert.ok(isShardedId('chg', id))
  }
})

test('an id of a tenant-level thing has no shard, and asking for one is a mistake', () => {
  const id = ids.create('mer')
  assert.match(id, /^mer_[0-9a-z]{23}$/)
  assert.ok(!isShardedId('mer', id))
  assert.throws(() => shardOf(id), /no shard/)
  assert.throws(() => ids.create('chg', maxShard + 1), RangeError)
})

test('ids sort by the time they were made', () => {
  const texts = ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.001Z', '2031-06-01T00:00:00Z'].map((t) =>
    at(t).create('lin', 3),
  )
  assert.deepEqual([...texts].sort(), texts)
})

test('100,000 ids of one millisecond are all different', () => {
  assert.equal(new Set(Array.from({ length: 100_000 }, () => ids.create('evt'))).size, 100_000)
})

test('what is not an id of the kind is told apart', () => {
  const id = ids.create('lin', 5)
  assert.ok(isId('lin', id))
  for (const text of ['', 'lin_', id.slice(1), `${id}0`, id.toUpperCase(), `${id.slice(0, -1)}u`, `${id}' or 1=1`]) {
    assert.ok(!isId('lin', text), text)
  }
  assert.ok(!isId('chg', id))
})

test('shards get even shares, and a text always the same one', () => {
  const counts = new Array<number>(8).fill(0)
  for (let n = 0; n < 8_000; n++) counts[shardFor(`customer-${n}`, 8)]! += 1
  assert.ok(Math.min(...counts) > 850, counts.join())
  assert.equal(shardFor('customer-1', 8), shardFor('customer-1', 8))
})
