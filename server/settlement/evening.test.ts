/** What a day's end pays is one commit, and yet each payout stands for itself. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Database, openDatabase } from '../platform/database.ts'
import { callerOf, testDatabase } from '../platform/testing.ts'
import { type Payout, plainTerms, testCredit } from '../testing.ts'

type Query = (...all: unknown[]) => Promise<unknown>

/** Counts the commits of payouts; `before` happens once, before the next of them. */
function watch(db: Database) {
  const seen = { commits: 0, before: null as (() => Promise<unknown>) | null }
  const watched = new Proxy(db, {
    apply(inner, _self, all: unknown[]) {
      const run = () => (inner as unknown as Query)(...all)
      if (!Array.isArray(all[0]) || !all[0].join('?').includes('commit_payout')) return run()
      seen.commits++
      const work = seen.before
      seen.before = null
      return work === null ? run() : work().then(run)
    },
  })
  return { db: watched, seen }
}

const url = await testDatabase({ after })
const { db, seen } = watch(openDatabase(url, { max: 5 }))
const credit = await testCredit({ after }, { parts: { db } })
/** A second server on the same database. */
const other = await testCredit({ after }, { parts: { db: openDatabase(url, { max: 5 }) } })

/** Three shops that are paid in the evening, each of which sold for 200.00; 0.8 % of it is the fee. */
async function threeShops() {
  const world = await credit.sandbox('2026-03-05')
  const program = await world.program(plainTerms())
  const { id: lineId } = await world.line(program.id)
  const merchants: string[] = []
  for (let shop = 0; shop < 3; shop++) {
    const merchantId = await world.merchant({ payoutTiming: 'T+0' })
    await world.buy({ lineId, merchantId, amount: 20_000 })
    merchants.push(merchantId)
  }
  const owed = () => Promise.all(merchants.map((id) => world.balance(`liability:merchant:${id}:payable`)))
  return { world, merchants, owed }
}

test('the payouts of an evening are one commit', async () => {
  const { world, owed } = await threeShops()
  seen.commits = 0
  const { payouts } = await world.advance('2026-03-06')
  assert.deepEqual([payouts, seen.commits], [3, 1])
  assert.deepEqual(await owed(), [0, 0, 0])
  await world.booksAreTrue()
})

test('one that somebody else has paid meanwhile is not paid again, and the others are paid', async () => {
  const { world, merchants, owed } = await threeShops()
  const elsewhere = callerOf(other.app, world.key)
  seen.before = () => elsewhere('POST', '/v1/payouts', { merchantId: merchants[1] })
  const { payouts } = await world.advance('2026-03-06')
  assert.equal(payouts, 2)
  assert.deepEqual(await owed(), [0, 0, 0])
  const { data } = await world.get<{ data: Payout[] }>('/v1/payouts')
  assert.deepEqual(
    data.map(({ merchantId, amount }) => `${merchantId} ${amount}`).toSorted(),
    merchants.map((id) => `${id} 19840`).toSorted(),
  )
  await world.booksAreTrue()
})
