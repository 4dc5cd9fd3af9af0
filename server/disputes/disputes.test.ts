import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Dispute, type Payout, plainTerms, testCredit } from '../testing.ts'

const credit = await testCredit({ after })

/** Merchants pay 0.8 %: of 259.00 they get 256.93. Bills close on the 3rd and are due on the 13th. */
async function shopping(changes: Parameters<typeof plainTerms>[0] = {}) {
  const world = await credit.sandbox('2026-03-05')
  const program = await world.program(plainTerms(changes))
  const merchantId = await world.merchant({ payoutTiming: 'manual' })
  const { id: lineId } = await world.line(program.id)
  const buy = (amount: number, plan = 'pay-later') => world.buy({ lineId, merchantId, amount, plan })
  const dispute = (chargeId: string, amount?: number) =>
    world.post<Dispute>(`/v1/charges/${chargeId}/disputes`, { reason: 'not-received', ...(amount && { amount }) })
  const resolve = (id: string, outcome: string, amount?: number) =>
    world.post<Dispute>(`/v1/disputes/${id}/resolve`, { outcome, ...(amount && { amount }) })
  const merchant = async () => [
    await world.balance(`liability:merchant:${merchantId}:payable`),
    await world.balance(`liability:merchant:${merchantId}:disputed`),
  ]
  return { world, program, merchantId, lineId, buy, dispute, resolve, merchant }
}

test('what a refund would take from the merchant waits until the dispute is decided, and is in no payout', async () => {
  const { world, merchantId, buy, dispute, resolve, merchant } = await shopping()
  const sold = await buy(25_900)
  await buy(10_000)
  // Of 100.00 the fee of 0.80 would come back, so 99.20 wait.
  const opened = await dispute(sold.id, 10_000)
  assert.deepEqual([opened.status, opened.amount, opened.withheld, opened.refund], ['open', 10_000, 9_920, null])
  assert.deepEqual(await merchant(), [25_693, 9_920])
  await world.booksAreTrue()
  assert.equal((await world.post<Payout>('/v1/payouts', { merchantId })).amount, 25_693)

  const rejected = await resolve(opened.id, 'rejected')
  assert.deepEqual([rejected.status, rejected.withheld, rejected.refund], ['rejected', 0, null])
  assert.deepEqual(await merchant(), [9_920, 0])
  assert.equal((await world.post<Payout>('/v1/payouts', { merchantId })).amount, 9_920)
  await world.booksAreTrue()
})

test('a merchant that was paid already owes what waits, and gets it back by its next sales', async () => {
  const { world, merchantId, buy, dispute, merchant } = await shopping()
  const sold = await buy(25_900)
  await world.post('/v1/payouts', { merchantId })
  await dispute(sold.id)
  assert.deepEqual(await merchant(), [-25_693, 25_693])
  await buy(30_000)
  assert.equal((await world.post<Payout>('/v1/payouts', { merchantId })).amount, 29_760 - 25_693)
  await world.booksAreTrue()
})

test('upheld, all of it or a part, it is a refund that names the dispute', async () => {
  const cases: [upheld: number | undefined, debtReduced: number, merchant: number[]][] = [
    [undefined, 20_000, [5_853, 0]],
    [5_000, 5_000, [20_733, 0]],
  ]
  for (const [upheld, debtReduced, owed] of cases) {
    const { world, lineId, buy, dispute, resolve, merchant } = await shopping()
    const sold = await buy(25_900)
    const { id } = await dispute(sold.id, 20_000)
    const { status, withheld, refund } = await resolve(id, 'upheld', upheld)
    assert.deepEqual([status, withheld], ['upheld', 0])
    assert.deepEqual(
      { ...refund, id: null },
      { id: null, amount: upheld ?? 20_000, debtReduced, credited: 0, paidBack: 0 },
    )
    assert.deepEqual(await world.get<Dispute>(`/v1/disputes/${id}`).then((read) => read.refund), refund)
    assert.deepEqual(await merchant(), owed)
    assert.equal((await world.readLine(lineId)).owed, 25_900 - debtReduced)
    const [loan] = await world.loansOf(lineId)
    assert.equal(loan!.bucket, 'current')
    const [told] = await world.events('charge.refunded')
    assert.equal(told!.data.reference, id)
    await world.booksAreTrue()
  }
})

test('upheld whole after months, nothing is owed for what never came, neither interest nor late charges', async () => {
  const { world, program, lineId, buy, dispute, resolve } = await shopping()
  const sold = await buy(60_000, '12x')
  // The first instalment is missed: a late charge. The customer complains then.
  await world.advance('2026-04-20')
  assert.equal((await world.events('loan.late-charged')).length, 1)
  const { id } = await dispute(sold.id)
  await world.advance('2026-08-20')
  await resolve(id, 'upheld')
  const [loan] = await world.loansOf(lineId)
  assert.deepEqual([loan!.status, loan!.bucket, loan!.daysPastDue, loan!.payoff], ['paid', 'current', 0, 0])
  const waived = (await world.events('loan.waived')).map(({ data }) => [data.disputeId])
  assert.deepEqual(waived, [[id], [id]])
  assert.ok((await world.balance(`expense:waivers:${program.id}`)) > 0)
  await buy(1_000)
  await world.booksAreTrue()
})

test('a merchant paid the day after is paid for a day once: what is upheld comes of what waits, today', async () => {
  const { world, lineId, program } = await shopping()
  const merchantId = await world.merchant({ payoutTiming: 'T+1' })
  const paid = async () =>
    (await world.get<{ data: Payout[] }>(`/v1/payouts?payeeId=${merchantId}`)).data
      .map(({ amount }) => amount)
      .toReversed()
  const { id: other } = await world.line(program.id)
  const sold = await world.buy({ lineId, merchantId, amount: 25_900 })
  const { id } = await world.post<Dispute>(`/v1/charges/${sold.id}/disputes`, { reason: 'duplicate' })
  await world.buy({ lineId: other, merchantId, amount: 100_000 })
  await world.advance('2026-03-06')
  await world.post(`/v1/disputes/${id}/resolve`, { outcome: 'upheld', amount: 900 })
  await world.advance('2026-03-08')
  // 992.00 for the day of the sale; 250.00 of the dispute less their fee are the money of its decision.
  assert.deepEqual(await paid(), [99_200, 24_800])
  await world.booksAreTrue()
})

test('a line is not closed while a dispute of it is open', async () => {
  const { world, lineId, buy, dispute, resolve } = await shopping()
  const sold = await buy(25_900)
  await world.pay(lineId, 25_900)
  const { id } = await dispute(sold.id)
  assert.equal((await world.refusal(`/v1/lines/${lineId}/close`)).code, 'line-in-use')
  await resolve(id, 'withdrawn')
  await world.post(`/v1/lines/${lineId}/close`)
})

test('a purchase that was paid in full gives the money back when its dispute is upheld', async () => {
  const { world, lineId, buy, dispute, resolve } = await shopping()
  const sold = await buy(25_900)
  await world.pay(lineId, 25_900)
  const { id } = await dispute(sold.id)
  const { refund } = await resolve(id, 'upheld')
  assert.deepEqual([refund!.debtReduced, refund!.credited], [0, 25_900])
  assert.equal((await world.readLine(lineId)).credit, 25_900)
  await world.booksAreTrue()
})

test('in dispute a loan is not billed, and money for the line passes over it; money for the loan itself is taken', async () => {
  const { world, lineId, buy, dispute, resolve } = await shopping()
  const [disputed, other] = [await buy(25_900), await buy(10_000)]
  const { id } = await dispute(disputed.id)
  await world.advance('2026-04-04')
  const [bill] = await world.statements(lineId)
  assert.deepEqual([bill!.total, bill!.items.map(({ loanId }) => loanId)], [10_000, other.loanIds])
  const paid = await world.pay(lineId, 12_000)
  assert.deepEqual([paid.allocations.map(({ loanId }) => loanId), paid.credited], [other.loanIds, 2_000])
  const own = await world.post<{ allocations: { amount: number }[] }>('/v1/repayments', {
    loanId: disputed.loanIds[0],
    amount: 900,
  })
  assert.equal(own.allocations[0]!.amount, 900)
  await world.booksAreTrue()

  // The next bill asks for what was held back, from the credit first.
  await world.advance('2026-04-14')
  await resolve(id, 'withdrawn')
  await world.advance('2026-05-04')
  const next = (await world.statements(lineId)).at(-1)!
  assert.deepEqual([next.total, next.items[0]!.kind], [25_900 - 900 - 2_000, 'arrears'])
  await world.booksAreTrue()
})

test('autopay takes what is billed but for the disputed purchase, and its minimum counts as paid', async () => {
  const { world, lineId, buy, dispute } = await shopping()
  await world.post(`/v1/lines/${lineId}/autopay`, { autopay: { token: 'tok_ok', amount: 'total' } })
  const [disputed] = [await buy(25_900), await buy(10_000)]
  await world.advance('2026-04-04')
  assert.equal((await world.statements(lineId))[0]!.total, 35_900)
  await dispute(disputed.id)
  await world.advance('2026-04-14')
  const [collected] = await world.events('autopay.collected')
  assert.equal(collected!.data.amount, 10_000)
  const [bill] = await world.statements(lineId)
  assert.deepEqual([bill!.outstanding, bill!.status], [25_900, 'open'])
  assert.deepEqual(
    (await world.loansOf(lineId)).map(({ status, principalOutstanding }) => [status, principalOutstanding]),
    [
      ['active', 25_900],
      ['paid', 0],
    ],
  )
  await world.booksAreTrue()
})

test('in dispute nothing is late: no charge, no reminder, and purchases go on; afterwards days count, charges do not', async () => {
  const { world, lineId, buy, dispute, resolve } = await shopping()
  const sold = await buy(60_000, '3x')
  const { id } = await dispute(sold.id)
  const loanOf = async () => (await world.loansOf(lineId))[0]!
  assert.equal((await loanOf()).bucket, 'disputed')
  const told = (await world.events('loan.delinquency-changed')).map(({ data }) => [data.from, data.to])
  assert.deepEqual(told, [['current', 'disputed']])

  await world.advance('2026-06-20')
  const late = await loanOf()
  assert.deepEqual([late.bucket, late.daysPastDue], ['disputed', 68])
  assert.deepEqual(await world.events('loan.late-charged,reminder.overdue'), [])
  await buy(1_000)
  assert.equal((await world.refusal(`/v1/loans/${late.id}/write-off`)).code, 'charge-disputed')

  await resolve(id, 'rejected')
  assert.deepEqual([(await loanOf()).bucket, (await loanOf()).daysPastDue], ['M3', 68])
  const order = { lineId, merchantId: sold.merchantId, currency: 'CNY', plan: 'pay-later', amount: 1_000 }
  assert.equal((await world.refusal('/v1/charges', order)).code, 'charge-declined')
  await world.advance('2026-08-01')
  // All three instalments were due by then, the last on 13 June.
  const charged = await world.events('loan.late-charged')
  assert.deepEqual(
    charged.filter(({ loanId }) => loanId === late.id),
    [],
  )
  assert.ok((await world.events('reminder.overdue')).length > 0)
  await world.booksAreTrue()
})

test('what no bill asked for before it fell due, as that closed during the dispute, bears no late charge', async () => {
  const { world, lineId, buy, dispute, resolve } = await shopping()
  const sold = await buy(60_000, '3x')
  const { id } = await dispute(sold.id)
  await world.advance('2026-04-04')
  await resolve(id, 'rejected')
  await world.advance('2026-05-25')
  assert.deepEqual(
    (await world.statements(lineId)).map(({ closedOn, total }) => [closedOn, total]),
    [['2026-05-03', 40_600]],
  )
  assert.deepEqual(
    (await world.events('loan.late-charged')).map(({ data }) => data.dueOn),
    ['2026-05-13'],
  )
  await world.booksAreTrue()
})

test('what falls due after the decision is charged late as ever', async () => {
  const { world, lineId, buy, dispute, resolve } = await shopping()
  const sold = await buy(60_000, '3x')
  const { id } = await dispute(sold.id)
  await world.advance('2026-04-20')
  await resolve(id, 'rejected')
  await world.advance('2026-05-25')
  const charged = (await world.events('loan.late-charged')).map(({ data }) => data.dueOn)
  assert.deepEqual(charged, ['2026-05-13'])
  assert.equal((await world.loansOf(lineId))[0]!.bucket, 'M2')
  await world.booksAreTrue()
})

test('a later capture of the same order is in dispute with it; a refund takes only what is not', async () => {
  const { world, lineId, merchantId, dispute, resolve } = await shopping()
  const held = await world.buy({ lineId, merchantId, amount: 30_000, capture: false })
  await world.post(`/v1/charges/${held.id}/capture`, { amount: 10_000 })
  const { id } = await dispute(held.id, 6_000)
  await world.post(`/v1/charges/${held.id}/capture`, { amount: 20_000 })
  assert.deepEqual(
    (await world.loansOf(lineId)).map(({ bucket }) => bucket),
    ['disputed', 'disputed'],
  )
  // Whoever follows the events hears of both.
  assert.deepEqual(
    (await world.events('loan.delinquency-changed')).map(({ data }) => [data.from, data.to]),
    [
      ['current', 'disputed'],
      ['current', 'disputed'],
    ],
  )
  await world.booksAreTrue()
  const above = await world.refusal(`/v1/charges/${held.id}/refunds`, { amount: 24_001 })
  assert.deepEqual([above.code, above.refundable, above.disputeId], ['charge-disputed', 24_000, id])
  await world.post(`/v1/charges/${held.id}/refunds`, { amount: 24_000 })
  await resolve(id, 'upheld')
  assert.equal((await world.readLine(lineId)).owed, 0)
  assert.deepEqual(
    await world.get(`/v1/charges/${held.id}`).then((charge) => (charge as { refunded: number }).refunded),
    30_000,
  )
  await world.booksAreTrue()
})

test('of two disputes of a charge at once one is opened, and of two decisions one is made', async () => {
  const { world, buy, merchant } = await shopping()
  const sold = await buy(25_900)
  const opened = await Promise.all(
    [1, 2, 3].map(() =>
      world.call<Dispute & { code: string }>('POST', `/v1/charges/${sold.id}/disputes`, { reason: 'other' }),
    ),
  )
  const { body: dispute } = opened.find(({ status }) => status === 201)!
  assert.deepEqual(opened.map(({ body }) => body.code ?? 'opened').sort(), [
    'charge-disputed',
    'charge-disputed',
    'opened',
  ])
  const decided = await Promise.all(
    ['upheld', 'rejected', 'withdrawn'].map((outcome) =>
      world.call<{ code?: string }>('POST', `/v1/disputes/${dispute.id}/resolve`, { outcome }),
    ),
  )
  assert.deepEqual(decided.map(({ body }) => body.code ?? 'decided').sort(), [
    'decided',
    'dispute-resolved',
    'dispute-resolved',
  ])
  assert.equal((await merchant())[1], 0)
  // There may be another one when there is news.
  const again = await world.call<{ code?: string }>('POST', `/v1/charges/${sold.id}/disputes`, { reason: 'other' })
  const { refunded } = await world.get<{ refunded: number }>(`/v1/charges/${sold.id}`)
  assert.equal(again.status === 201, refunded === 0)
  await world.booksAreTrue()
})

test('those of a line are listed, and those that are to be decided', async () => {
  const { world, lineId, buy, dispute, resolve } = await shopping()
  const first = await dispute((await buy(25_900)).id)
  const second = await dispute((await buy(10_000)).id)
  await resolve(first.id, 'withdrawn')
  const ids = async (query: string) =>
    (await world.get<{ data: Dispute[] }>(`/v1/disputes${query}`)).data.map(({ id }) => id)
  assert.deepEqual(await ids(`?lineId=${lineId}`), [first.id, second.id])
  assert.deepEqual(await ids(`?lineId=${lineId}&after=${first.id}`), [second.id])
  assert.deepEqual(await ids(''), [second.id])
})
