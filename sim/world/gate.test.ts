import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPace } from '../run/pace.ts'
import { createGate } from './gate.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

test('a company goes in together, the largest first; latecomers, of whatever company, wait until all of it have left', async () => {
  const gate = createGate()
  const said: string[] = []
  const leave = new Map<string, () => void>()
  const enter = async (who: string, company: string) => {
    leave.set(who, await gate.enter(company))
    said.push(who)
  }
  const all = [enter('ill', 'cut'), enter('one', 'well'), enter('two', 'well'), enter('worse', 'late')]
  await turn()
  assert.deepEqual(said, ['one', 'two'])
  leave.get('one')!()
  all.push(enter('three', 'well'), enter('ill too', 'cut'))
  await turn()
  assert.deepEqual(said, ['one', 'two'])
  leave.get('two')!()
  // Whoever asks for the next thing on leaving belongs to the next round.
  all.push(enter('one again', 'well'), enter('two again', 'well'))
  await turn()
  assert.deepEqual(said, ['one', 'two', 'three', 'one again', 'two again'])
  for (const who of said.slice(2)) leave.get(who)!()
  await turn()
  assert.deepEqual(said.slice(5), ['ill', 'ill too'])
  for (const who of said.slice(5)) leave.get(who)!()
  await Promise.all(all)
  assert.deepEqual(said.slice(7), ['worse'])
})

test('who keeps step waits for all; who leaves is not waited for', async () => {
  const pace = createPace(3)
  const said: string[] = []
  const walk = async (who: string) => {
    await pace.step()
    said.push(who)
  }
  const both = [walk('one'), walk('two')]
  await turn()
  assert.deepEqual(said, [])
  pace.leave()
  await Promise.all(both)
  assert.deepEqual(said, ['one', 'two'])
})
