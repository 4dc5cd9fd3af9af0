import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { plainTerms, type Refund, rowsOf, testCredit } from '../testing.ts'

const { sandbox } = await testCredit({ after })

async function shopping(changes: Parameters<typeof plainTerms>[0] = {}) {
  const world = await sandbox('2026-03-05')
  const program = await world.program(plainTerms(changes))
  const merchantId = await world.merchant()
  const { id: lineId } = await world.line(program.id)
  const refund = (chargeId: string, amount: number) =>
    world.post<Refund>(`/v1/charges/${chargeId}/refunds`, { amount, reference: 'returned' })
  const owedToMerchant = () => world.balance(`liability:merchant:${merchantId}:payable`)
  return { world, program, merchantId, lineId, refund, owedToMerchant }
}

test('a refund before anything was paid cancels the last instalments; the coming ones bear less', async () => {
  const { world, lineId, merchantId, refund } = await shopping()
  const phone = await world.buy({ lineId, merchantId, amount: 399_900, plan: '12x' })
  const given = await refund(phone.id, 50_000)
  assert.deepEqual([given.debtReduced, given.credited, given.paidBack], [50_000, 0, 0])
  // 500.00 are the twelfth part of 333.25 and 166.75 of the eleventh; 0.5 % of 3,499.00 is 17.495, a half, so 17.50.
  const loan = await world.loan(phone.loanIds[0]!)
  assert.deepEqual(rowsOf(loan, 'principal', 'interest'), [...Array(10).fill([33_325, 1_750]), [16_650, 1_750], [0, 0]])
  assert.deepEqual((await world.readLine(lineId)).owed, 349_900)
  await world.booksAreTrue()
})

test('several refunds give the merchant its fee back in proportion, to the last cent', async () => {
  const { world, lineId, merchantId, refund, owedToMerchant } = await shopping()
  const charge = await world.buy({ lineId, merchantId, amount: 25_900 })
  assert.equal(await owedToMerchant(), 25_900 - 207)
  // Of 2.07: 100/259 is 0.7992, so 0.80; 200/259 is 1.5985, so 1.60 in all; the rest with the last refund.
  const steps: [amount: number, feeLeft: number][] = [
    [10_000, 127],
    [10_000, 47],
    [5_900, 0],
  ]
  for (const [amount, feeLeft] of steps) {
    assert.equal((await refund(charge.id, amount)).charge.merchantFee, feeLeft)
  }
  assert.equal(await owedToMerchant(), 0)
  const [loan] = await world.loansOf(lineId)
  assert.deepEqual([loan!.status, loan!.principalOutstanding], ['paid', 0])
  const above = await world.refusal(`/v1/charges/${charge.id}/refunds`, { amount: 1 })
  assert.deepEqual([above.code, above.refundable], ['refund-above-captured', 0])
  await world.booksAreTrue()
})

test('a product that keeps its fee gives nothing of it back', async () => {
  const { world, lineId, merchantId, refund, owedToMerchant } = await shopping({ refundsReturnFee: false })
  const charge = await world.buy({ lineId, merchantId, amount: 25_900 })
  await refund(charge.id, 25_900)
  assert.equal(await owedToMerchant(), -207)
  await world.booksAreTrue()
})

test('what the customer had paid already becomes credit, or is paid back, as the product says', async () => {
  const cases = [
    { refundSurplus: 'credit', credited: 20_000, paidBack: 0, credit: 20_000, bank: 20_000 },
    { refundSurplus: 'pay-back', credited: 0, paidBack: 20_000, credit: 0, bank: 0 },
  ] as const
  for (const { refundSurplus, credited, paidBack, credit, bank } of cases) {
    const { world, program, lineId, merchantId, refund } = await shopping({ refundSurplus })
    const charge = await world.buy({ lineId, merchantId, amount: 25_900 })
    await world.pay(lineId, 20_000)
    const given = await refund(charge.id, 25_900)
    assert.deepEqual([given.debtReduced, given.credited, given.paidBack], [5_900, credited, paidBack])
    const line = await world.readLine(lineId)
    assert.deepEqual([line.owed, line.credit], [0, credit])
    assert.equal(await world.balance(`liability:customers:credit:${program.id}`), credit)
    assert.equal(await world.balance('asset:cash:bank'), bank)
    await world.booksAreTrue()
  }
})

test('a refund after some instalments were paid shortens the rest; one of everything gives back what was paid', async () => {
  const { world, lineId, merchantId, refund } = await shopping()
  const charge = await world.buy({ lineId, merchantId, amount: 300_000, plan: '3x' })
  await world.advance('2026-04-13')
  await world.pay(lineId, 101_500)
  await world.advance('2026-04-14')

  // 1,000.00 of 3,000.00: the third instalment goes, and the second bears 0.5 % of 2,000.00.
  const part = await refund(charge.id, 100_000)
  assert.deepEqual([part.debtReduced, part.credited], [100_000, 0])
  const loanId = charge.loanIds[0]!
  assert.deepEqual(rowsOf(await world.loan(loanId), 'principal', 'interest', 'outstanding'), [
    [100_000, 1_500, 0],
    [100_000, 1_000, 101_000],
    [0, 0, 0],
  ])

  // The other 2,000.00: 1,000.00 are still owed, 1,000.00 were paid. The 15.00 of the first bill were earned.
  const rest = await refund(charge.id, 200_000)
  assert.deepEqual([rest.debtReduced, rest.credited], [100_000, 100_000])
  assert.equal((await world.loan(loanId)).payoff, 0)
  const line = await world.readLine(lineId)
  assert.deepEqual([line.owed, line.credit, line.available], [0, 100_000, 800_000])
  await world.booksAreTrue()
})

test('of a charge captured in parts, the loan of the last part is refunded first', async () => {
  const { world, lineId, merchantId, refund } = await shopping()
  const held = await world.buy({ lineId, merchantId, amount: 100_000, capture: false })
  for (const amount of [60_000, 40_000]) await world.post(`/v1/charges/${held.id}/capture`, { amount })
  const outstanding = async () => (await world.loansOf(lineId)).map((loan) => loan.principalOutstanding)
  await refund(held.id, 30_000)
  assert.deepEqual(await outstanding(), [60_000, 10_000])
  await refund(held.id, 30_000)
  assert.deepEqual(await outstanding(), [40_000, 0])
  await refund(held.id, 40_000)
  assert.deepEqual(await outstanding(), [0, 0])
  await world.booksAreTrue()
})

test('each loan of a refund gives back its part of the fee, never more than its goods', async () => {
  const { world, lineId, merchantId, refund, owedToMerchant } = await shopping()
  const held = await world.buy({ lineId, merchantId, amount: 100_001, capture: false })
  for (const amount of [60_000, 40_000, 1]) await world.post(`/v1/charges/${held.id}/capture`, { amount })
  // 0.8 % of 600.00 and of 400.00; of a cent there is none.
  assert.equal(await owedToMerchant(), 100_001 - 800)
  const { id } = await refund(held.id, 50_001)
  const events = await world.events()
  const parts = events.filter(({ type, data }) => type === 'charge.refunded' && data.refundId === id)
  assert.deepEqual(
    parts.map(({ data }) => [data.amount, data.feeBack]),
    [
      [1, 0],
      [40_000, 320],
      [10_000, 80],
    ],
  )
  assert.equal(await owedToMerchant(), 50_000 - 400)
  await world.booksAreTrue()
})

test('a refund of an overdue purchase takes its arrears; the late charge, which was earned, is paid out of it', async () => {
  const { world, lineId, merchantId, refund } = await shopping()
  const charge = await world.buy({ lineId, merchantId, amount: 25_900 })
  await world.pay(lineId, 10_000)
  await world.advance('2026-04-18')
  // 5 % of 159.00 is 7.95; the cap allows 24 % a year of 159.00 over 43 days, 4.4955, so 4.49.
  const [late] = await world.loansOf(lineId)
  assert.deepEqual([late!.bucket, late!.payoff], ['M1', 15_900 + 449])
  const given = await refund(charge.id, 25_900)
  assert.deepEqual([given.debtReduced, given.credited], [15_900 + 449, 10_000 - 449])
  const [settled] = await world.loansOf(lineId)
  assert.deepEqual([settled!.payoff, settled!.daysPastDue, settled!.bucket], [0, 0, 'current'])
  await world.booksAreTrue()
})
