import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPace } from '../run/pace.ts'
import { createGate } from './gate.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

test('many pass a gate together; who goes alone waits for them to leave, and nobody passes who came later', async () => {
  const gate = createGate()
  const said: string[] = []
  const leave = new Map<string, () => void>()
  const enter = async (who: string, alone: boolean) => {
    leave.set(who, await gate.enter(alone))
    said.push(who)
  }
  const all = [enter('one', false), enter('two', false), enter('alone', true), enter('late', false)]
  await turn()
  assert.deepEqual(said, ['one', 'two'])
  leave.get('one')!()
  await turn()
  assert.deepEqual(said, ['one', 'two'])
  leave.get('two')!()
  await turn()
  assert.deepEqual(said, ['one', 'two', 'alone'])
  leave.get('alone')!()
  await Promise.all(all)
  assert.deepEqual(said, ['one', 'two', 'alone', 'late'])
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
