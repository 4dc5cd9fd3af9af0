import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Charge, plainTerms, rowsOf, testCredit } from '../testing.ts'

type Instalment = Readonly<
  Record<'n' | 'principal' | 'interest' | 'total' | 'balanceAfter', number> & { dueOn: string }
>
type PlanQuote = Readonly<Record<'plan' | 'method' | 'paidBy' | 'irrPercent' | 'simplePercent', string>> &
  Readonly<Record<'instalments' | 'total' | 'cost', number>> & { readonly schedule: readonly Instalment[] }

const { sandbox } = await testCredit({ after })

/** Statement on the 3rd, due on the 13th; merchants pay 0.8 %; a hold lasts seven days. */
async function shopping(changes: Parameters<typeof plainTerms>[0] = {}) {
  const world = await sandbox('2026-03-05')
  const program = await world.program(plainTerms(changes))
  const merchantId = await world.merchant()
  const { id: lineId } = await world.line(program.id)
  const owedToMerchant = () => world.balance(`liability:merchant:${merchantId}:payable`)
  const usage = async () => {
    const { held, owed, available } = await world.readLine(lineId)
    return [held, owed, available]
  }
  return { world, program, merchantId, lineId, owedToMerchant, usage }
}

test('a quote shows each plan that is offered, as it will be booked, and books nothing', async () => {
  const { world, lineId, merchantId, usage } = await shopping()
  const quote = await world.post<{ withinLimit: boolean; plans: PlanQuote[] }>('/v1/quotes', {
    lineId,
    amount: 399_900,
  })
  assert.equal(quote.withinLimit, true)
  // 0.5 % of 3,999.00 is 20.00 a bill (19.995, to the even cent).
  const totals = Object.fromEntries(quote.plans.map(({ plan, total }) => [plan, total]))
  assert.deepEqual(
    [totals['pay-later'], totals['3x'], totals['12x'], totals['24x'], totals['3x-free']],
    [399_900, 405_900, 423_900, 447_900, 399_900],
  )
  assert.deepEqual(await usage(), [0, 0, 800_000])

  const twelve = quote.plans.find(({ plan }) => plan === '12x')!
  const bought = await world.buy({ lineId, merchantId, amount: 399_900, plan: '12x' })
  const loan = await world.loan(bought.loanIds[0]!)
  assert.deepEqual(
    rowsOf(loan, 'n', 'dueOn', 'principal', 'interest', 'total', 'balanceAfter'),
    twelve.schedule.map((row) => [row.n, row.dueOn, row.principal, row.interest, row.total, row.balanceAfter]),
  )

  // Instalments begin at 100.00, 36 of them at 1,000.00; a line of 8,000.00 has not 9,000.00.
  const small = await world.post<{ plans: PlanQuote[] }>('/v1/quotes', { lineId, amount: 9_999 })
  assert.deepEqual(
    small.plans.map(({ plan }) => plan),
    ['pay-later'],
  )
  const large = await world.post<{ withinLimit: boolean }>('/v1/quotes', { lineId, amount: 900_000 })
  assert.equal(large.withinLimit, false)
})

test('a purchase in one step takes the limit, lends the price and owes it to the merchant less the fee', async () => {
  const { world, program, lineId, merchantId, owedToMerchant, usage } = await shopping()
  const charge = await world.buy({ lineId, merchantId, amount: 399_900, plan: '12x', reference: 'order-1' })
  // 0.8 % of 3,999.00 is 31.992.
  assert.deepEqual([charge.status, charge.captured, charge.merchantFee, charge.held], ['captured', 399_900, 3_199, 0])
  assert.deepEqual(await usage(), [0, 399_900, 400_100])
  assert.equal(await owedToMerchant(), 396_701)
  assert.equal(await world.balance(`asset:loans:${program.id}`), 399_900)
  assert.equal(await world.balance(`income:merchant-fee:${program.id}`), 3_199)
  const loan = await world.loan(charge.loanIds[0]!)
  assert.deepEqual([loan.chargeId, loan.plan, loan.principalOutstanding], [charge.id, '12x', 399_900])
  await world.booksAreTrue()
})

test('a hold takes the limit and lends nothing; each capture of a part makes a loan of its own', async () => {
  const { world, lineId, merchantId, owedToMerchant, usage } = await shopping()
  const held = await world.buy({ lineId, merchantId, amount: 100_000, plan: '3x', capture: false })
  assert.deepEqual([held.status, held.held, held.loanIds], ['authorized', 100_000, []])
  assert.deepEqual(await usage(), [100_000, 0, 700_000])
  assert.equal(await owedToMerchant(), 0)

  const capture = (body: object) => world.post<Charge>(`/v1/charges/${held.id}/capture`, body)
  const first = await capture({ amount: 40_000 })
  assert.deepEqual([first.status, first.captured, first.held], ['authorized', 40_000, 60_000])
  assert.deepEqual(await usage(), [60_000, 40_000, 700_000])
  const above = await world.refusal(`/v1/charges/${held.id}/capture`, { amount: 60_001 })
  assert.deepEqual([above.code, above.held], ['capture-above-held', 60_000])

  // The last parcel is lighter: 350.00 are captured and 250.00 given back.
  const last = await capture({ amount: 35_000, final: true })
  assert.deepEqual([last.status, last.captured, last.released, last.held], ['captured', 75_000, 25_000, 0])
  assert.deepEqual(await usage(), [0, 75_000, 725_000])

  const { loanIds } = await world.get<Charge>(`/v1/charges/${held.id}`)
  const loans = await Promise.all(loanIds.map((id) => world.loan(id)))
  assert.deepEqual(
    loans.map(({ principal, plan }) => [principal, plan]),
    [
      [40_000, '3x'],
      [35_000, '3x'],
    ],
  )
  // Fees of 3.20 and 2.80.
  assert.equal(await owedToMerchant(), 75_000 - 320 - 280)
  assert.equal((await world.refusal(`/v1/charges/${held.id}/capture`, {})).code, 'charge-wrong-state')
  await world.booksAreTrue()
})

test('of a hold that has fewer cents left than its plan has instalments, the refusal says to void them', async () => {
  const { world, lineId, merchantId, usage } = await shopping()
  const held = await world.buy({ lineId, merchantId, amount: 100_000, plan: '3x', capture: false })
  await world.post(`/v1/charges/${held.id}/capture`, { amount: 99_998 })
  for (const body of [{}, { final: true }, { amount: 1 }]) {
    const refused = await world.refusal(`/v1/charges/${held.id}/capture`, body)
    assert.deepEqual([refused.code, refused.least, refused.held], ['plan-not-offered', 3, 2])
    assert.match(refused.detail, /at least 0\.03 CNY, .*0\.02 CNY is held/)
    assert.match(String(refused.remedy), /void it/)
  }
  const voided = await world.post<Charge>(`/v1/charges/${held.id}/void`, {})
  assert.deepEqual([voided.status, voided.captured, voided.released], ['captured', 99_998, 2])
  assert.deepEqual(await usage(), [0, 99_998, 700_002])
  await world.booksAreTrue()
})

test('a capture without an amount takes all that is held', async () => {
  const { world, lineId, merchantId, usage } = await shopping()
  const held = await world.buy({ lineId, merchantId, amount: 25_900, capture: false })
  assert.equal((await world.post<Charge>(`/v1/charges/${held.id}/capture`)).status, 'captured')
  assert.deepEqual(await usage(), [0, 25_900, 774_100])
})

test('a void gives back what is still held; what was captured before stays bought', async () => {
  const { world, lineId, merchantId, usage } = await shopping()
  const untouched = await world.buy({ lineId, merchantId, amount: 10_000, capture: false })
  const parted = await world.buy({ lineId, merchantId, amount: 20_000, capture: false })
  await world.post(`/v1/charges/${parted.id}/capture`, { amount: 5_000 })
  const statuses = []
  for (const { id } of [untouched, parted]) {
    const { status, released } = await world.post<Charge>(`/v1/charges/${id}/void`)
    statuses.push([status, released])
  }
  assert.deepEqual(statuses, [
    ['voided', 10_000],
    ['captured', 15_000],
  ])
  assert.deepEqual(await usage(), [0, 5_000, 795_000])
  assert.equal((await world.refusal(`/v1/charges/${untouched.id}/void`)).code, 'charge-wrong-state')
  await world.booksAreTrue()
})

test('the charges of a line are listed in their order, page after page, whether they made loans or not', async () => {
  const { world, program, lineId, merchantId } = await shopping()
  const other = await world.line(program.id)
  const buy = (amount: number, capture: boolean) => world.buy({ lineId, merchantId, amount, plan: '3x', capture })
  const bought = await buy(10_100, true)
  await world.buy({ lineId: other.id, merchantId, amount: 10_000 })
  const held = await buy(10_200, false)
  const parted = await buy(10_300, false)
  const voided = await buy(10_400, false)
  const last = await buy(10_500, true)
  for (const amount of [4_000, 5_000]) await world.post(`/v1/charges/${parted.id}/capture`, { amount })
  await world.post(`/v1/charges/${voided.id}/void`)

  const pages: string[][] = []
  for (let after = ''; pages.length < 5; after = pages.at(-1)!.at(-1)!) {
    const { data } = await world.get<{ data: Charge[] }>(`/v1/charges?lineId=${lineId}&limit=2&after=${after}`)
    if (data.length === 0) break
    pages.push(data.map(({ id }) => id))
  }
  const inOrder = [bought, held, parted, voided, last].map(({ id }) => id).sort()
  assert.deepEqual(pages, [inOrder.slice(0, 2), inOrder.slice(2, 4), inOrder.slice(4)])
})

test('a hold runs out by itself, to the moment, and can then not be captured', async () => {
  const { world, lineId, merchantId, usage } = await shopping()
  const held = await world.buy({ lineId, merchantId, amount: 10_000, capture: false })
  const parted = await world.buy({ lineId, merchantId, amount: 20_000, capture: false })
  await world.post(`/v1/charges/${parted.id}/capture`, { amount: 5_000 })
  assert.equal(held.expiresAt, '2026-03-11T16:00:00Z', 'midnight of 12 March in Shanghai')
  await world.advance('2026-03-11T15:59:59Z')
  assert.deepEqual(await usage(), [25_000, 5_000, 770_000])
  const moved = await world.advance('2026-03-11T16:00:00Z')
  assert.equal(moved.expired, 2)
  assert.deepEqual(await usage(), [0, 5_000, 795_000])
  assert.equal((await world.get<Charge>(`/v1/charges/${held.id}`)).status, 'expired')
  assert.equal((await world.get<Charge>(`/v1/charges/${parted.id}`)).status, 'captured')
  assert.equal((await world.refusal(`/v1/charges/${held.id}/capture`)).code, 'charge-wrong-state')
  assert.deepEqual(
    new Set((await world.events('charge.expired')).map(({ data }) => data.released)),
    new Set([10_000, 15_000]),
  )
  await world.booksAreTrue()
})

test('where the merchant pays, the customer owes the price in parts and the merchant gets less', async () => {
  const { world, lineId, merchantId, owedToMerchant } = await shopping()
  const charge = await world.buy({ lineId, merchantId, amount: 300_000, plan: '3x-free' })
  // Fee 24.00, and 15.00 for each of three bills.
  assert.equal(charge.merchantFee, 2_400 + 4_500)
  assert.equal(await owedToMerchant(), 300_000 - 6_900)
  const loan = await world.loan(charge.loanIds[0]!)
  assert.deepEqual(
    rowsOf(loan, 'dueOn', 'principal', 'interest'),
    ['2026-04-13', '2026-05-13', '2026-06-13'].map((dueOn) => [dueOn, 100_000, 0]),
  )
  // A third of the goods comes back: a third of the 69.00 too.
  await world.post(`/v1/charges/${charge.id}/refunds`, { amount: 100_000 })
  assert.equal(await owedToMerchant(), 200_000 - 4_600)
  await world.booksAreTrue()
})

test('a merchant’s own fee goes before the product’s', async () => {
  const { world, lineId } = await shopping()
  const merchantId = await world.merchant({ feePercent: '0.25' })
  assert.equal((await world.buy({ lineId, merchantId, amount: 400_000 })).merchantFee, 1_000)
})

test('a line that is late past the product’s patience buys nothing, and buys again when it has paid', async () => {
  // Due on 13 April; from the fourth day past due, the 17th, it buys nothing.
  const { world, lineId, merchantId } = await shopping()
  await world.buy({ lineId, merchantId, amount: 25_900 })
  await world.advance('2026-04-16')
  await world.buy({ lineId, merchantId, amount: 1_000 })
  await world.advance('2026-04-17')
  const order = { lineId, merchantId, amount: 1_000, currency: 'CNY', plan: 'pay-later' }
  const refusal = await world.refusal('/v1/charges', order)
  assert.equal(refusal.code, 'charge-declined')
  assert.deepEqual(
    (refusal.reasons as { code: string }[]).map(({ code }) => code),
    ['past-due'],
  )
  const { payoff } = (await world.loansOf(lineId))[0]!
  await world.pay(lineId, payoff)
  await world.buy({ lineId, merchantId, amount: 1_000 })
  await world.booksAreTrue()
})
