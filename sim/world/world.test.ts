/** The simulator itself: the same seed is the same world, and the auditor catches what is planted. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { openDatabase } from '../../server/platform/database.ts'
import type { Json } from './courier.ts'
import {
  bearsInterest,
  type Fault,
  house,
  inAnswer,
  inRequest,
  isCaught,
  isPost,
  isPrepayment,
  isRead,
  type Moment,
  oneMore,
  payingAhead,
  payingMinimum,
  watched,
} from './planted.test-support.ts'
import { live } from './world.ts'

const small = { customers: 15, days: 20, auditEvery: 12 }

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

test('some worlds ask for their own audit on the last day, and all on the evening on which the one of all finds something', async () => {
  const { house: both, url } = await house()
  const audited = async (round: number, booksHold: () => Promise<boolean>) => {
    const days: number[] = []
    const told = (dayNumber: number, line: string) => {
      if (line.startsWith('GET /v1/audit')) days.push(dayNumber)
    }
    const worlds = [31, 32].map((seed) =>
      live(both, { customers: 6, days: 6, auditEvery: 3, seed: seed + 2 * round, told, booksHold }),
    )
    await Promise.all(worlds)
    return days
  }
  const isClean = async () => (await both.auditAll()).ok
  assert.deepEqual(await audited(0, isClean), [6])
  const db = openDatabase(url, { max: 1 })
  after(() => db.end())
  await db`update balances set debit_minor = debit_minor + 1 where ctid = (select min(ctid) from balances)`
  const { ok, proofs } = await both.auditAll()
  assert.equal(ok, false)
  assert.ok(proofs.some(({ name, failures }) => name === 'every balance is the sum of its legs' && failures.length > 0))
  assert.deepEqual(await audited(1, isClean), [3, 3])
})

/** Where terms differ the world has a seed of its own: the server keeps in mind what it read of a program with that id. */
const cardTerms = (change: (minimum: Json) => void) =>
  inRequest(({ terms: { minimumPayment: minimum } }) => {
    if (minimum !== undefined) change(minimum)
    return minimum !== undefined
  })

/** To the end of the day on which bills fall due: those whose minimum is not all of it then ask for all. */
async function askForAll({ letter, db, send }: Moment) {
  const raised = await db`
    update statements set minimum_minor = total_minor
    where due_on = ${JSON.parse(letter.body!).to}::date - 1 and minimum_minor < total_minor returning id`
  return { reply: await send(), bites: raised.length > 0 }
}

const faults: readonly [what: string, fault: Fault, caught: RegExp][] = [
  [
    'a line shows a cent too much owed',
    { matches: isRead('/v1/lines?'), skip: 3, plant: inAnswer(({ data }) => oneMore(data, 'owed')) },
    /owed is \d+, should be \d+/,
  ],
  [
    'a loan shows a cent too much to settle it',
    { matches: isRead('/v1/loans?'), skip: 3, plant: inAnswer(({ data }) => oneMore(data, 'payoff')) },
    /payoff is \d+, should be/,
  ],
  [
    'an account shows a cent more',
    { matches: isRead('/v1/trial-balance'), skip: 15, plant: inAnswer(({ accounts }) => oneMore(accounts, 'credits')) },
    /holds -?\d+, should hold/,
  ],
  [
    'an instalment by days shows a cent too much interest',
    {
      matches: isRead('/v1/loans?'),
      plant: inAnswer(({ data }) =>
        data.some((loan: Json) => loan.plan.endsWith('-daily') && oneMore(loan.instalments, 'interest', bearsInterest)),
      ),
    },
    /instalment \d+: interest is \d+, should be/,
  ],
  [
    'an instalment was lowered a cent too little',
    {
      matches: isPrepayment,
      among: payingAhead,
      plant: inRequest((body) => {
        const bites = body.effect === 'lower' && body.amount > 1
        if (bites) body.amount -= 1
        return bites
      }),
    },
    /should (hold|be)/,
  ],
  [
    'a purchase is booked twice',
    {
      matches: isPost('/v1/charges'),
      skip: 3,
      plant: async ({ letter, send, sendSecretly }) => {
        const first = await sendSecretly({ ...letter, key: `${letter.key}-again` })
        return { reply: await send(), bites: first.status < 300 }
      },
    },
    /should (hold|be)|should have/,
  ],
  [
    'a repayment is acknowledged and then lost',
    {
      matches: isPost('/v1/repayments'),
      skip: 1,
      plant: async ({ letter, send, sendSecretly }) => {
        const reply = await send()
        const path = `/v1/repayments/${JSON.parse(reply.text).id}/reverse`
        const lost = await sendSecretly({ ...letter, path, body: null, key: `${letter.key}-lost` })
        return { reply, bites: reply.status < 300 && lost.status < 300 }
      },
    },
    /should (hold|be)/,
  ],
  [
    'a bill shows a cent too much as its minimum',
    {
      matches: isRead('/v1/statements?'),
      among: payingMinimum,
      plant: inAnswer(({ data }) => oneMore(data, 'minimum', (bill) => bill.minimum < bill.total)),
    },
    /a bill: minimum is \d+, should be/,
  ],
  [
    'the least that a bill asks for is a cent too much',
    {
      matches: isPost('/v1/programs'),
      among: { ...payingMinimum, seed: 6 },
      plant: cardTerms((minimum) => {
        minimum.floor += 1
      }),
    },
    /a bill: minimum is \d+, should be/,
  ],
  [
    'a bill is not carried over though its minimum was paid',
    { matches: isPost('/v1/clock/advance'), among: payingMinimum, often: true, plant: askForAll },
    /instalments are shown, there should be|should (hold|be)/,
  ],
  [
    'a purchase carried over shows a cent too much interest',
    {
      matches: isRead('/v1/loans?'),
      among: payingMinimum,
      plant: inAnswer(({ data }) =>
        data.some((loan: Json) => loan.plan === 'pay-later' && oneMore(loan.instalments, 'interest', bearsInterest)),
      ),
    },
    /instalment \d+: interest is \d+, should be/,
  ],
  [
    'what is carried over bears 0.001 % a day too much',
    {
      matches: isPost('/v1/programs'),
      among: { ...payingMinimum, seed: 7 },
      plant: cardTerms((minimum) => {
        minimum.revolvingDailyPercent = (Number(minimum.revolvingDailyPercent) + 0.001).toFixed(3)
      }),
    },
    /instalment \d+: interest is \d+, should be/,
  ],
  [
    'a cent moves from one funder to another behind everybody’s back',
    {
      matches: isPost('/v1/clock/advance'),
      skip: 20,
      plant: async ({ db, send }) => {
        const moved = await db`
          update account_totals set credit_minor = credit_minor + 1
          where ctid = (select ctid from account_totals where account like 'liability:funder:%:settlement' order by account limit 1)
          returning account`
        return { reply: await send(), bites: moved.length === 1 }
      },
    },
    /should hold/,
  ],
]

test('where nothing is planted nothing is caught', async () => {
  for (const among of [payingMinimum, payingAhead]) {
    const { house: real } = await house()
    await live(real, { ...watched, ...among })
  }
})

for (const [what, fault, caught] of faults) isCaught(what, fault, caught)
