import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPace } from '../run/pace.ts'
import { createGate } from './gate.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

test('a company goes in together, the one that has waited longest; latecomers, of whatever company, wait until all of it have left', async () => {
  const gate = createGate()
  const said: string[] = []
  const leave = new Map<string, () => void>()
  const enter = async (who: string, company: string) => {
    leave.set(who, await gate.enter(company))
    said.push(who)
  }
  const inside = () => said.splice(0)
  const all = [enter('one', 'well'), enter('ill', 'cut'), enter('two', 'well'), enter('worse', 'late')]
  await turn()
  assert.deepEqual(inside(), ['one', 'two'])
  leave.get('one')!()
  all.push(enter('three', 'well'), enter('ill too', 'cut'))
  await turn()
  assert.deepEqual(inside(), [])
  leave.get('two')!()
  // Whoever asks for the next thing on leaving belongs to a later round.
  all.push(enter('two again', 'well'))
  await turn()
  assert.deepEqual(inside(), ['ill', 'ill too'])
  leave.get('ill')!()
  leave.get('ill too')!()
  await turn()
  assert.deepEqual(inside(), ['worse'])
  leave.get('worse')!()
  await Promise.all(all)
  assert.deepEqual(inside(), ['three', 'two again'])
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
