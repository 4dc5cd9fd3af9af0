/** The simulator itself: the same seed is the same world, and the auditor catches what is planted. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openDatabase } from '../../server/platform/database.ts'
import { testDatabase } from '../../server/platform/testing.ts'
import { type House, type Letter, openHouse, type Reply } from './house.ts'
import { Disagreement, live } from './world.ts'

const small = { customers: 15, days: 20, auditEvery: 12 }

async function house(): Promise<{ house: House; url: string }> {
  const url = await testDatabase({ after })
  const opened = await openHouse(url)
  after(() => opened.close())
  return { house: opened, url }
}

test('the same seed is the same world to the last byte, alone or beside others; another seed is another', async () => {
  const alone = (await house()).house
  const shared = (await house()).house
  const first = await live(alone, { ...small, seed: 12 })
  const [again, other] = await Promise.all([12, 8].map((seed) => live(shared, { ...small, seed })))
  assert.equal(again!.digest, first.digest)
  assert.notEqual(other!.digest, first.digest)
  assert.ok(first.loans > 2 && first.sentAgain > 2 && alone.trouble.met() > 0, JSON.stringify(first))
})

test('a run that stops early is the beginning of the whole run', async () => {
  const { house: one } = await house()
  const { house: other } = await house()
  const entries: string[][] = [[], []]
  const told = (place: number) => (dayNumber: number, line: string) => {
    if (dayNumber <= 8) entries[place]!.push(line)
  }
  await live(one, { ...small, seed: 9, days: 12, told: told(0) })
  await live(other, { ...small, seed: 9, days: 8, told: told(1) })
  const requests = (place: number) => entries[place]!.filter((entry) => entry.startsWith('POST')).toSorted()
  assert.ok(requests(1).length > 0)
  assert.deepEqual(requests(1), requests(0))
})

type Plant = (real: House, letter: Letter, send: () => Promise<Reply>) => Promise<Reply>

/** Once, when its turn comes; the faults of the run itself stay out of the way. */
function once(matches: (letter: Letter) => boolean, skip: number, plant: Plant) {
  let seen = 0
  return (real: House): House => ({
    ...real,
    send: async (letter, scene) => {
      const send = () => real.send(letter, scene)
      return matches(letter) && seen++ === skip ? plant(real, letter, send) : send()
    },
  })
}

const oneMore = (figure: string) => (text: string) =>
  text.replace(new RegExp(`"${figure}":(\\d+)`), (_all, amount: string) => `"${figure}":${Number(amount) + 1}`)

/** Of the first instalment of a loan whose interest goes by days. */
const cent = (text: string) =>
  text.replace(
    /("plan":"\d+x-daily".*?"interest":)(\d+)/,
    (_all, before: string, amount: string) => `${before}${Number(amount) + 1}`,
  )

const changed = (change: (text: string) => string): Plant => {
  return async (_real, _letter, send) => {
    const reply = await send()
    return { ...reply, text: change(reply.text) }
  }
}

const isRead = (path: string) => (letter: Letter) => letter.method === 'GET' && letter.path.startsWith(path)
const isPost = (path: string) => (letter: Letter) => letter.method === 'POST' && letter.path === path

const isPrepayment = (letter: Letter) => letter.method === 'POST' && letter.path.endsWith('/prepay')

const scene = {
  chance: {
    happens: () => false,
    between: () => 0,
    pick: <Item>(all: readonly Item[]) => all[0]!,
    bytes: (count: number) => crypto.getRandomValues(new Uint8Array(count)),
  },
  at: 0,
}

const plants: [what: string, plant: (real: House) => House, caught: RegExp][] = [
  [
    'a line shows a cent too much owed',
    once(isRead('/v1/lines?'), 3, changed(oneMore('owed'))),
    /owed is \d+, should be \d+/,
  ],
  [
    'a loan shows a cent too much to settle it',
    once(isRead('/v1/loans?'), 3, changed(oneMore('payoff'))),
    /payoff is \d+, should be/,
  ],
  [
    'an account shows a cent more',
    once(isRead('/v1/trial-balance'), 15, changed(oneMore('credits'))),
    /holds -?\d+, should hold/,
  ],
  [
    'an instalment by days shows a cent too much interest',
    once(isRead('/v1/loans?'), 3, changed(cent)),
    /instalment \d+: interest is \d+, should be/,
  ],
  [
    'an instalment was lowered a cent too little',
    once(isPrepayment, 0, async (real, letter, send) => {
      const { amount, effect } = JSON.parse(letter.body!)
      return amount > 1 ? real.send({ ...letter, body: JSON.stringify({ amount: amount - 1, effect }) }, scene) : send()
    }),
    /should (hold|be)/,
  ],
  [
    'a purchase is booked twice',
    once(isPost('/v1/charges'), 3, async (real, letter, send) => {
      await real.send({ ...letter, key: `${letter.key}-again` }, scene)
      return send()
    }),
    /should (hold|be)|should have/,
  ],
  [
    'a repayment is acknowledged and then lost',
    once(isPost('/v1/repayments'), 1, async (real, letter, send) => {
      const reply = await send()
      const path = `/v1/repayments/${JSON.parse(reply.text).id}/reverse`
      await real.send({ ...letter, path, body: null, key: `${letter.key}-lost` }, scene)
      return reply
    }),
    /should (hold|be)/,
  ],
]

for (const [what, plant, caught] of plants) {
  test(`caught: ${what}`, async () => {
    const { house: real } = await house()
    const run = live(plant(real), { customers: 25, days: 60, seed: 5, withFaults: false })
    await assert.rejects(run, (error) => {
      assert.ok(error instanceof Disagreement, String(error))
      assert.match(error.message, /^seed 5, day \d+ \(2026-/)
      assert.match(error.message, caught)
      assert.ok(error.dayNumber > 0)
      return true
    })
  })
}

test('caught: a cent that moves from one funder to another behind everybody’s back', async () => {
  const { house: real, url } = await house()
  const db = openDatabase(url, { max: 1 })
  after(() => db.end())
  const thief = once(isPost('/v1/clock/advance'), 20, async (_real, _letter, send) => {
    await db`
      update balances set credit_minor = credit_minor + 1
      where ctid = (select ctid from balances where account like 'liability:funder:%:settlement' order by account limit 1)`
    return send()
  })
  await assert.rejects(live(thief(real), { customers: 25, days: 60, seed: 5, withFaults: false }), /should hold/)
})
