/** Who moves a clock has it alone, and however many move theirs at the same time, all arrive. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { testCredit } from '../testing.ts'

const credit = await testCredit({ after }, { config: { poolSize: 3 } })

test('more clocks than the server has connections move at the same time', async () => {
  const worlds = await Promise.all(Array.from({ length: 8 }, () => credit.sandbox('2026-03-01')))
  const moved = await Promise.all(worlds.map((world) => world.advance('2026-03-04')))
  assert.deepEqual(
    moved.map(({ days, today }) => [days, today]),
    worlds.map(() => [3, '2026-03-04']),
  )
})

test('a clock that is being moved is not moved by another call', async () => {
  const world = await credit.sandbox('2026-03-01')
  const answers = await Promise.all(
    ['2026-04-01', '2026-04-02'].map((to) => world.call<{ code?: string }>('POST', '/v1/clock/advance', { to })),
  )
  assert.deepEqual(answers.map(({ status, body }) => `${status} ${body.code ?? ''}`).toSorted(), [
    '200 ',
    '409 clock-moving',
  ])
})
