/** What answers show besides what the evening compares: a fault in it is caught with the answer. */
import type { Json } from './courier.ts'
import type { Letter } from './house.ts'
import { type Fault, inAnswer, isCaught, isPost, isRead, oneMore, payingMinimum } from './planted.test-support.ts'

/** Whether a key comes with something else than before. */
function isOtherContents() {
  const bodies = new Map<string, string | null>()
  return ({ key, body }: Letter) => {
    if (key === null) return false
    const known = bodies.get(key)
    bodies.set(key, body)
    return known !== undefined && known !== body
  }
}

/** As if it were done, whatever it was. */
const allowed: Fault['plant'] = async ({ send }) => ({
  reply: { ...(await send()), status: 200, text: '{"amount":1}' },
  bites: true,
})

const faults: readonly [what: string, fault: Fault, caught: RegExp][] = [
  [
    'a loan shows a cent too much of a funder',
    {
      matches: isRead('/v1/loans?'),
      plant: inAnswer(({ data }) => oneMore(data[0]?.funders ?? [], 'principalOutstanding')),
    },
    /funder fun_\w+ has \d+ of it, should have \d+/,
  ],
  [
    'a loan shows another bucket',
    {
      matches: isRead('/v1/loans?'),
      plant: inAnswer(({ data }) => {
        const late = data.find((loan: Json) => loan.daysPastDue > 0)
        if (late !== undefined) late.bucket = 'M2'
        return late !== undefined
      }),
    },
    /bucket is M2, should be M1/,
  ],
  [
    'a purchase shows a cent too much of the merchant’s fee',
    { matches: isPost('/v1/charges'), plant: inAnswer((body) => oneMore([body], 'merchantFee')) },
    /merchantFee is \d+, should be \d+/,
  ],
  [
    'a repayment shows another day than that of the money',
    {
      matches: isPost('/v1/repayments'),
      plant: inAnswer((body) => {
        body.effectiveOn = '2026-02-28'
        return true
      }),
    },
    /effectiveOn is 2026-02-28, should be/,
  ],
  [
    'a repayment shows a cent too much on a loan',
    { matches: isPost('/v1/repayments'), plant: inAnswer(({ allocations }) => oneMore(allocations, 'amount')) },
    /nothing of it went to loa_\w+, \d+ should/,
  ],
  [
    'a payout shows a cent too much',
    { matches: isPost('/v1/payouts'), plant: inAnswer((body) => oneMore([body], 'amount')) },
    /payout to .* should be -?\d+/,
  ],
  [
    'a bill asks for a cent too much of an instalment',
    {
      matches: isRead('/v1/statements?'),
      among: payingMinimum,
      plant: inAnswer(({ data }) => data.length > 0 && oneMore(data[0].items, 'total')),
    },
    /it asks for .*, should for/,
  ],
  [
    'somebody of another tenant reads a line',
    { matches: isRead('/v1/lines/lin_'), plant: allowed },
    /a stranger: get .*, should be not-found/,
  ],
  [
    'a key that was used is good for another amount',
    { matches: isOtherContents(), among: { withFaults: true }, plant: allowed },
    /with another amount under/,
  ],
]

for (const [what, fault, caught] of faults) isCaught(what, fault, caught)
