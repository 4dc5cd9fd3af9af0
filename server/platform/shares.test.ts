import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { Problem } from './errors.ts'
import { createShares, type Shares } from './shares.ts'

/** Work that is done when it is told to, and what has begun. */
function works(shares: Shares) {
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  return {
    begun,
    begin: (owner: string, name: string) =>
      shares.within(owner, () => {
        begun.push(name)
        return new Promise<void>((end) => ends.set(name, end))
      }),
    end: (name: string) => ends.get(name)!(),
  }
}

test('an owner’s further ones wait in their order, and nobody else for them', async () => {
  const shares = createShares({ most: 2, patienceSeconds: null })
  const { begun, begin, end } = works(shares)
  const all = ['a1', 'a2', 'a3', 'a4', 'b1'].map((name) => begin(name[0]!, name))
  await turn()
  assert.deepEqual(begun, ['a1', 'a2', 'b1'])
  end('a2')
  await turn()
  assert.deepEqual(begun, ['a1', 'a2', 'b1', 'a3'])
  for (const name of ['a1', 'a3', 'b1']) end(name)
  await turn()
  assert.equal(begun.at(-1), 'a4')
  end('a4')
  await Promise.all(all)
  assert.equal(shares.owners(), 0)
})

test('work that fails gives its place back', async () => {
  const shares = createShares({ most: 1, patienceSeconds: null })
  await assert.rejects(
    shares.within('a', () => Promise.reject(new Error('no'))),
    /no/,
  )
  assert.equal(await shares.within('a', () => Promise.resolve(1)), 1)
  assert.equal(shares.owners(), 0)
})

test('whoever waits too long is told to come back, and its work never begins', async () => {
  const shares = createShares({ most: 1, patienceSeconds: 0.02 })
  const { begun, begin, end } = works(shares)
  const first = begin('a', 'a1')
  await assert.rejects(begin('a', 'a2'), (error) => {
    assert.ok(error instanceof Problem)
    assert.equal(error.code, 'busy')
    return true
  })
  end('a1')
  await first
  await turn()
  assert.deepEqual(begun, ['a1'])
  assert.equal(shares.owners(), 0)
})
