/** Faults in what a dispute holds up: of a merchant's money, of what its customer is asked for. */
import { test } from 'node:test'
import type { Json } from './courier.ts'
import type { Letter } from './house.ts'
import {
  buysMuch,
  type Fault,
  house,
  inAnswer,
  inRequest,
  isCaught,
  isPost,
  isRead,
  type Moment,
  oneMore,
  watched,
} from './planted.test-support.ts'
import { live } from './world.ts'

const isOpening = (letter: Letter) => letter.method === 'POST' && letter.path.endsWith('/disputes')
const isDecision = (letter: Letter) => letter.method === 'POST' && letter.path.endsWith('/resolve')

/** Few people who dispute much of what they buy. */
const disputing = (pays: 'never' | 'autopay') => ({
  customers: 12,
  days: 40,
  custom: { ...buysMuch, pays, plans: ['pay-later'], disputes: 0.1 },
})

/** The day is closed by a server that knows of no dispute. */
async function forgetDisputes({ db, send }: Moment) {
  const forgotten = await db<{ id: string }[]>`
    update loans set bucket = 'current' where bucket = 'disputed' returning id`
  const reply = await send()
  const ids = forgotten.map(({ id }) => id)
  await db`update loans set bucket = 'disputed' where id = any (${db.typed.texts(ids)})`
  return { reply, bites: ids.length > 0 }
}

const faults: readonly [what: string, fault: Fault, caught: RegExp][] = [
  [
    'a merchant is paid what is in dispute',
    {
      matches: isOpening,
      plant: async ({ db, send }) => {
        const reply = await send()
        const moved = await db`
          update account_totals set credit_minor = 0, debit_minor = 0
          where account like 'liability:merchant:%:disputed' and credit_minor > 0 returning account`
        return { reply, bites: moved.length > 0 }
      },
    },
    /liability:merchant:\S+:disputed holds 0, should hold -\d+/,
  ],
  [
    'a dispute shows a cent too much withheld',
    { matches: isOpening, plant: inAnswer((body) => oneMore([body], 'withheld')) },
    /withheld is \d+, should be \d+/,
  ],
  [
    'a dispute is upheld for a cent less',
    {
      matches: isDecision,
      plant: inRequest((body) => {
        const bites = body.amount > 1
        if (bites) body.amount -= 1
        return bites
      }),
    },
    /its refund: amount is \d+, should be \d+/,
  ],
  [
    'a loan does not show that it is in dispute',
    {
      matches: isRead('/v1/loans?'),
      plant: inAnswer(({ data }) => {
        const disputed = data.find((loan: Json) => loan.bucket === 'disputed')
        if (disputed !== undefined) disputed.bucket = 'current'
        return disputed !== undefined
      }),
    },
    /bucket is current, should be disputed/,
  ],
  [
    'a dispute is forgotten by those who decide',
    { matches: isRead('/v1/disputes?'), plant: inAnswer(({ data }) => data.pop() !== undefined) },
    /dispute dsp_\w+: is not among the open ones/,
  ],
  [
    'what is in dispute is charged for being late',
    { matches: isPost('/v1/clock/advance'), often: true, plant: forgetDisputes },
    /asset:penalties:\S+ holds \d+, should hold \d+/,
  ],
  [
    'autopay collects what is in dispute',
    {
      matches: isPost('/v1/clock/advance'),
      among: disputing('autopay'),
      often: true,
      plant: forgetDisputes,
    },
    /asset:cash:bank holds -?\d+, should hold -?\d+/,
  ],
]

test('where nothing is planted among those who dispute nothing is caught', async () => {
  for (const pays of ['never', 'autopay'] as const) {
    const { house: real } = await house()
    await live(real, { ...watched, ...disputing(pays) })
  }
})

for (const [what, fault, caught] of faults) isCaught(what, { among: disputing('never'), ...fault }, caught)
