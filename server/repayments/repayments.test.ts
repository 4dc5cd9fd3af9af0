import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Line, type Loan, plainTerms, type Repayment, testCredit, type World } from '../testing.ts'

const { sandbox } = await testCredit({ after })

const daily = {
  code: '3x-principal',
  method: 'equal-principal' as const,
  instalments: 3,
  rate: { per: 'year' as const, percent: '10.95' },
  paidBy: 'customer' as const,
}

/** Without a rule pack, so that late charges are the plain 5 %, at least 5.00. */
async function shopping() {
  const world = await sandbox('2026-03-05')
  const program = await world.program(plainTerms({ rulePack: 'none', plans: [...plainTerms().plans, daily] }))
  const merchantId = await world.merchant({ payoutTiming: 'manual' })
  const { id: lineId } = await world.line(program.id)
  const buy = async (amount: number, plan = 'pay-later', of = lineId) =>
    (await world.buy({ lineId: of, merchantId, amount, plan })).loanIds[0]!
  return { world, program, lineId, buy }
}

/** What each loan got, and in which components. */
function spreadOf(repayment: Repayment): Record<string, number[]> {
  return Object.fromEntries(
    repayment.allocations.map(({ loanId, penalty, fee, interest, principal }) => [
      loanId,
      [penalty, fee, interest, principal],
    ]),
  )
}

test('money pays the oldest due date first; in each instalment late charges, fees, interest, then principal', async () => {
  const { world, lineId, buy } = await shopping()
  const phone = await buy(300_000, '3x')
  await world.advance('2026-03-06')
  const groceries = await buy(25_900)
  await world.advance('2026-04-16')
  const tea = await buy(1_000)
  await world.advance('2026-05-20')

  // Due 13 April: phone 1,015.00, groceries 259.00; its late charge of 12.95 on 17 April. Due 13 May: phone 1,015.00 with
  // the late charge of 50.75 on the first instalment, tea 10.00.
  const first = await world.pay(lineId, 130_000)
  assert.deepEqual(spreadOf(first), {
    [phone]: [1_305, 0, 1_500, 100_000],
    [groceries]: [1_295, 0, 0, 25_900],
  })
  // Then the rest of the second instalment, and tea with its late charge of 5.00 (17 May): the phone's third is not due.
  const second = await world.pay(lineId, 5_075 - 1_305 + 101_500 + 1_000 + 500)
  assert.deepEqual(spreadOf(second), { [phone]: [3_770, 0, 1_500, 100_000], [tea]: [500, 0, 0, 1_000] })
  // The third, not yet due, has another late charge of 50.75 in it.
  const last = await world.pay(lineId, 5_075 + 101_500)
  assert.deepEqual(spreadOf(last), { [phone]: [5_075, 0, 1_500, 100_000] })
  assert.equal((await world.readLine(lineId)).owed, 0)
  await world.booksAreTrue()
})

test('money for one loan pays that one alone; what it does not owe is kept', async () => {
  const { world, lineId, buy } = await shopping()
  const [phone, groceries] = [await buy(30_000, '3x'), await buy(25_900)]
  const paid = await world.post<Repayment>('/v1/repayments', { loanId: groceries, amount: 26_000 })
  assert.deepEqual([paid.loanId, paid.credited, Object.keys(spreadOf(paid))], [groceries, 100, [groceries]])
  assert.equal((await world.loan(phone)).principalOutstanding, 30_000)
  assert.equal((await world.readLine(lineId)).credit, 100)
  await world.booksAreTrue()
})

test('what is paid too much is credit, and the next bill takes it before it asks for anything', async () => {
  const { world, program, lineId, buy } = await shopping()
  await buy(25_900)
  const paid = await world.pay(lineId, 40_000)
  assert.deepEqual([paid.credited, paid.allocations[0]!.amount], [14_100, 25_900])
  await buy(10_000)
  assert.equal((await world.readLine(lineId)).owed, 10_000, 'credit is kept for the bill, not used at once')

  await world.advance('2026-04-04')
  assert.deepEqual(await world.statements(lineId), [], 'a month that credit pays has no bill')
  assert.equal((await world.readLine(lineId)).credit, 4_100)
  await buy(10_000)
  await world.advance('2026-05-04')
  const [bill] = await world.statements(lineId)
  assert.deepEqual([bill!.total, bill!.credit], [5_900, 0])
  const { data } = await world.get<{ data: Repayment[] }>(`/v1/repayments?lineId=${lineId}`)
  assert.deepEqual(
    data.map(({ source, amount }) => [source, amount]),
    [
      ['customer', 40_000],
      ['credit', 10_000],
      ['credit', 4_100],
    ],
  )
  assert.equal(await world.balance(`liability:customers:credit:${program.id}`), 0)
  await world.booksAreTrue()
})

test('money that was there earlier counts from then; what that changes is posted today', async () => {
  const { world, program, lineId, buy } = await shopping()
  const loanId = await buy(365_000, daily.code)
  const income = () => world.balance(`income:interest:${program.id}`)
  await world.advance('2026-04-16')
  // 3,650.00 × 0.03 % × 39 days, to the even cent, earned on 13 April.
  assert.equal(await income(), 4_270)

  // 1,000.00 on 25 March: 21.90 interest of 20 days and 978.10 principal. 19 days on 2,671.90 are 15.23.
  await world.pay(lineId, 100_000, { effectiveOn: '2026-03-25' })
  const loan = await world.loan(loanId)
  assert.equal(loan.instalments[0]!.interest, 2_190 + 1_523)
  assert.equal(loan.principalOutstanding, 365_000 - 97_810)
  assert.equal(await income(), 3_713)
  const asOf = async (day: string) => {
    const { accounts } = await world.get<{ accounts: { account: string; balance: number }[] }>(
      `/v1/trial-balance?asOf=${day}`,
    )
    return accounts.find(({ account }) => account === `income:interest:${program.id}`)?.balance
  }
  assert.deepEqual([await asOf('2026-04-15'), await asOf('2026-04-16')], [4_270, 3_713])
  await world.booksAreTrue()
})

test('paid late but booked as of the due day, a loan is as if it had been paid on it', async () => {
  const { world, program, lineId, buy } = await shopping()
  const twin = await world.line(program.id)
  const [loanId, twinId] = [await buy(365_000, daily.code), await buy(365_000, daily.code, twin.id)]
  await world.advance('2026-04-13')
  await world.pay(twin.id, 125_937)
  await world.advance('2026-04-16')
  await world.pay(lineId, 125_937, { effectiveOn: '2026-04-13' })
  assert.deepEqual(withoutIds(await world.loan(loanId)), withoutIds(await world.loan(twinId)))
  await world.booksAreTrue()
})

function withoutIds({ id: _, lineId: __, chargeId: ___, ...loan }: Loan): object {
  return loan
}

test('money is not there tomorrow, nor before the debt it pays', async () => {
  const { world, lineId, buy } = await shopping()
  await world.advance('2026-03-10')
  await buy(25_900)
  const refused = async (effectiveOn: string) =>
    (await world.refusal('/v1/repayments', { lineId, amount: 100, effectiveOn })).code
  assert.equal(await refused('2026-03-11'), 'date-in-future')
  assert.equal(await refused('2026-03-09'), 'date-before-debt')
  await world.pay(lineId, 100, { effectiveOn: '2026-03-10' })
})

async function standing(world: World, lineId: string): Promise<{ line: Line; loans: Loan[] }> {
  return { line: await world.readLine(lineId), loans: await world.loansOf(lineId) }
}

test('a repayment that bounces leaves every loan and the line as if it had never come', async () => {
  const { world, lineId, buy } = await shopping()
  await buy(300_000, '3x')
  await buy(365_000, daily.code)
  await buy(25_900)
  await world.advance('2026-04-13')
  for (const amount of [5_000, 200_000, 700_000]) {
    const before = await standing(world, lineId)
    const paid = await world.pay(lineId, amount)
    assert.notDeepEqual(await standing(world, lineId), before)
    const reversed = await world.post<Repayment>(`/v1/repayments/${paid.id}/reverse`, { reason: 'no funds' })
    assert.equal(reversed.status, 'reversed')
    assert.deepEqual(await standing(world, lineId), before)
    assert.equal((await world.refusal(`/v1/repayments/${paid.id}/reverse`)).code, 'repayment-reversed')
  }
  assert.equal(await world.balance('asset:cash:bank'), 0)
  await world.booksAreTrue()
})

test('a debit that bounces after the due day makes the loan late from that day', async () => {
  const { world, lineId, buy } = await shopping()
  const loanId = await buy(25_900)
  await world.advance('2026-04-10')
  const paid = await world.pay(lineId, 25_900)
  assert.equal((await world.loan(loanId)).status, 'paid')
  await world.advance('2026-04-20')
  await world.post(`/v1/repayments/${paid.id}/reverse`)
  const late = await world.loan(loanId)
  assert.deepEqual([late.status, late.daysPastDue, late.bucket], ['active', 7, 'M1'])
  await world.advance('2026-04-21')
  assert.equal((await world.loan(loanId)).payoff, 25_900 + 1_295, 'the late charge falls at the next close')
  await world.booksAreTrue()
})

/** 300.00 came for a debt of 259.00; the bill of April used the 41.00 left over; then the 300.00 bounced. */
async function bouncedAfterCreditWasUsed() {
  const shop = await shopping()
  const { world, lineId, buy } = shop
  const first = await buy(25_900)
  const bounced = await world.pay(lineId, 30_000)
  const second = await buy(10_000)
  await world.advance('2026-04-04')
  assert.equal((await world.statements(lineId))[0]!.total, 5_900)
  await world.post(`/v1/repayments/${bounced.id}/reverse`)
  return { ...shop, first, second }
}

test('credit that was used and then bounced is owed: the next money for the line makes it good first', async () => {
  const { world, program, lineId, first, second } = await bouncedAfterCreditWasUsed()
  const line = await world.readLine(lineId)
  assert.deepEqual([line.owed, line.credit], [25_900 + 5_900, -4_100])
  assert.equal(await world.balance(`liability:customers:credit:${program.id}`), -4_100)
  await world.booksAreTrue()

  await world.pay(lineId, 4_000)
  assert.equal((await world.readLine(lineId)).credit, -100)
  await world.pay(lineId, 100 + 25_900 + 5_900)
  const settled = await world.readLine(lineId)
  assert.deepEqual([settled.owed, settled.credit], [0, 0])
  for (const id of [first, second]) assert.equal((await world.loan(id)).status, 'paid')
  await world.booksAreTrue()
})

test('money for one loan pays that loan, even where credit is to be made good', async () => {
  const { world, lineId, first, second } = await bouncedAfterCreditWasUsed()
  await world.post(`/v1/loans/${first}/settle`)
  await world.post('/v1/repayments', { loanId: second, amount: 5_900 })
  for (const id of [first, second]) assert.equal((await world.loan(id)).status, 'paid')
  const line = await world.readLine(lineId)
  assert.deepEqual([line.owed, line.credit], [0, -4_100])
  await world.booksAreTrue()
})

test('autopay collects what is to be made good together with the bill, so that nothing is left to be late', async () => {
  const { world, lineId, first, second } = await bouncedAfterCreditWasUsed()
  await world.post(`/v1/lines/${lineId}/autopay`, { autopay: { token: 'tok_ok', amount: 'total' } })
  await world.advance('2026-04-14')
  for (const id of [first, second]) assert.equal((await world.loan(id)).status, 'paid')
  const line = await world.readLine(lineId)
  assert.deepEqual([line.owed, line.credit], [0, 0])
  await world.booksAreTrue()
})

test('kept credit is paid back on request, never more than there is', async () => {
  const { world, program, lineId, buy } = await shopping()
  await buy(25_900)
  await world.pay(lineId, 30_000)
  const above = await world.refusal(`/v1/lines/${lineId}/pay-back`, { amount: 4_101 })
  assert.deepEqual([above.code, above.credit], ['credit-insufficient', 4_100])
  assert.equal((await world.post<Line>(`/v1/lines/${lineId}/pay-back`, { amount: 1_000 })).credit, 3_100)
  assert.equal((await world.post<Line>(`/v1/lines/${lineId}/pay-back`)).credit, 0)
  assert.equal((await world.refusal(`/v1/lines/${lineId}/pay-back`)).code, 'credit-insufficient')
  assert.equal(await world.balance('asset:cash:bank'), 25_900)
  assert.equal(await world.balance(`liability:customers:credit:${program.id}`), 0)
  await world.booksAreTrue()
})
