import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { cardTerms } from '../demo-terms.ts'
import { type Line, plainTerms, type Statement, testCredit } from '../testing.ts'

const { sandbox } = await testCredit({ after })

function itemsOf(statement: Statement): unknown[][] {
  return statement.items.map(({ kind, instalment, dueOn, principal, interest, penalty, total }) => [
    kind,
    instalment,
    dueOn,
    principal,
    interest,
    penalty,
    total,
  ])
}

async function shopping(terms = plainTerms({ rulePack: 'none' }), today = '2026-03-05') {
  const world = await sandbox(today)
  const program = await world.program(terms)
  const merchantId = await world.merchant()
  const { id: lineId } = await world.line(program.id)
  const buy = (amount: number, plan = 'pay-later') => world.buy({ lineId, merchantId, amount, plan })
  return { world, lineId, buy }
}

test('a bill lists instalments and purchases of the month, then arrears beside them, and shows how much is paid', async () => {
  const { world, lineId, buy } = await shopping()
  await buy(300_000, '3x')
  await world.advance('2026-03-20')
  await buy(25_900)
  await world.advance('2026-04-04')
  const [april] = await world.statements(lineId)
  assert.deepEqual(
    [april!.number, april!.openedOn, april!.closedOn, april!.dueOn, april!.total, april!.minimum, april!.status],
    [1, '2026-03-05', '2026-04-03', '2026-04-13', 127_400, 127_400, 'open'],
  )
  assert.deepEqual(itemsOf(april!), [
    ['instalment', 1, '2026-04-13', 100_000, 1_500, 0, 101_500],
    ['instalment', 1, '2026-04-13', 25_900, 0, 0, 25_900],
  ])

  // 1,274.00 less 1,000.00: 274.00 are missing, of which 15.00 are the phone's (its interest went first).
  await world.pay(lineId, 100_000)
  const [open] = await world.statements(lineId)
  assert.deepEqual([open!.outstanding, open!.status], [27_400, 'open'])
  assert.deepEqual(
    open!.items.map((item) => item.outstanding),
    [1_500, 25_900],
  )

  // Late charges four days after the due day: 5.00 at least on 15.00, 12.95 on 259.00. The phone's comes with its next
  // instalment; the groceries have none, so theirs is due on its own day.
  await world.advance('2026-05-04')
  const [past, may] = await world.statements(lineId)
  assert.equal(past!.status, 'past-due')
  assert.deepEqual([may!.number, may!.openedOn, may!.total], [2, '2026-04-04', 1_500 + 102_000 + 25_900 + 1_295])
  assert.deepEqual(itemsOf(may!), [
    ['arrears', 1, '2026-04-13', 1_500, 0, 0, 1_500],
    ['instalment', 2, '2026-05-13', 100_000, 1_500, 500, 102_000],
    ['arrears', 1, '2026-04-13', 25_900, 0, 0, 25_900],
    ['arrears', 2, '2026-04-17', 0, 0, 1_295, 1_295],
  ])
  await world.pay(lineId, may!.total)
  assert.deepEqual(
    (await world.statements(lineId)).map(({ status, outstanding }) => [status, outstanding]),
    [
      ['paid', 0],
      ['paid', 0],
    ],
  )
  await world.booksAreTrue()
})

test('purchases of the statement day are on it, those of the next day on the following bill', async () => {
  const { world, lineId, buy } = await shopping(plainTerms(), '2026-04-03')
  await buy(10_000)
  await world.advance('2026-04-04')
  await buy(20_000)
  await world.advance('2026-05-04')
  // The first was missed. 5.00 at least would be charged, but the cap of 24 % a year leaves 0.92 for 14 days on 100.00.
  assert.deepEqual(
    (await world.statements(lineId)).map(({ closedOn, dueOn, total }) => [closedOn, dueOn, total]),
    [
      ['2026-04-03', '2026-04-13', 10_000],
      ['2026-05-03', '2026-05-13', 20_000 + 10_000 + 92],
    ],
  )
  await world.booksAreTrue()
})

test('a month without anything due has no bill, and the numbers go on without a gap', async () => {
  const { world, lineId, buy } = await shopping()
  await buy(10_000)
  await world.advance('2026-04-04')
  await world.pay(lineId, 10_000)
  await world.advance('2026-06-04')
  await buy(20_000)
  await world.advance('2026-07-04')
  assert.deepEqual(
    (await world.statements(lineId)).map(({ number, closedOn, openedOn }) => [number, closedOn, openedOn]),
    [
      [1, '2026-04-03', '2026-03-05'],
      [2, '2026-07-03', '2026-06-04'],
    ],
  )
})

test('what is refunded or rescheduled after the bill is no longer asked for by it', async () => {
  const { world, lineId, buy } = await shopping()
  const returned = await buy(10_000)
  const hard = await buy(300_000, '3x')
  await world.advance('2026-04-04')
  await world.post(`/v1/charges/${returned.id}/refunds`, { amount: 4_000 })
  await world.post(`/v1/loans/${hard.loanIds[0]}/reschedule`, { instalments: 6, firstDueOn: '2026-05-13' })
  const [bill] = await world.statements(lineId)
  assert.deepEqual([bill!.total, bill!.outstanding], [10_000 + 101_500, 6_000])
  await world.booksAreTrue()
})

test('a card: a tenth may be paid and the rest carried over, at 0.05 % a day until the next due date', async () => {
  // Statement on the 5th, due on the 25th.
  const { world, lineId, buy } = await shopping(cardTerms(), '2026-03-06')
  await world.post<Line>(`/v1/lines/${lineId}/autopay`, { autopay: { token: 'tok_ok', amount: 'minimum' } })
  await buy(100_000)
  await world.advance('2026-06-26')
  const bills = await world.statements(lineId)
  assert.deepEqual(
    bills.map(({ closedOn, dueOn, total, minimum }) => [closedOn, dueOn, total, minimum]),
    [
      ['2026-04-05', '2026-04-25', 100_000, 10_000],
      // 900.00 for the 30 days to 25 May: 13.50. A tenth of 900.00 and all of the interest.
      ['2026-05-05', '2026-05-25', 91_350, 9_000 + 1_350],
      // 810.00 for 31 days: 12.555, a half, so 12.56.
      ['2026-06-05', '2026-06-25', 82_256, 8_100 + 1_256],
    ],
  )
  assert.deepEqual(itemsOf(bills[1]!).at(-1)!.slice(2), ['2026-05-25', 90_000, 1_350, 0, 91_350])
  assert.deepEqual(
    (await world.events('loan.carried-over')).map(({ effectiveOn, data }) => [effectiveOn, data.carried]),
    [
      ['2026-04-25', 90_000],
      ['2026-05-25', 81_000],
      ['2026-06-25', 72_900],
    ],
  )
  assert.equal((await world.events('loan.late-charged')).length, 0)
  assert.equal((await world.loansOf(lineId))[0]!.bucket, 'current')
  await world.booksAreTrue()
})

test('a card: carried-over money that is paid early bears interest for the days it was owed', async () => {
  const { world, lineId, buy } = await shopping(cardTerms(), '2026-03-06')
  await buy(100_000)
  await world.advance('2026-04-25')
  await world.pay(lineId, 10_000)
  await world.advance('2026-05-05')
  // 900.00 since 25 April, ten days at 0.05 %: 4.50.
  const [loan] = await world.loansOf(lineId)
  assert.equal(loan!.payoff, 90_450)
  await world.pay(lineId, 90_450)
  assert.equal((await world.readLine(lineId)).owed, 0)
  await world.advance('2026-06-06')
  assert.equal((await world.statements(lineId)).length, 1)
  await world.booksAreTrue()
})

test('a card: less than the minimum is late, all of it, and is not carried over', async () => {
  const { world, lineId, buy } = await shopping(cardTerms(), '2026-03-06')
  await buy(100_000)
  await world.advance('2026-04-25')
  await world.pay(lineId, 9_999)
  await world.advance('2026-04-30')
  const [loan] = await world.loansOf(lineId)
  assert.deepEqual([loan!.daysPastDue, loan!.bucket, loan!.principalOutstanding], [5, 'M1', 90_001])
  // 5 % of 900.01 would be 45.00. The cap of 24 % a year allows, until 29 April, 54 days on 1,000.00 less four on 99.99:
  // 35.2439, so 35.24.
  assert.equal(loan!.payoff, 90_001 + 3_524)
  assert.equal((await world.events('loan.carried-over')).length, 0)
  await world.booksAreTrue()
})
