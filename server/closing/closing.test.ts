import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { cardTerms } from '../demo-terms.ts'
import { shardOf } from '../platform/ids.ts'
import { plainTerms, testCredit, type World } from '../testing.ts'

const { sandbox, db } = await testCredit({ after }, { config: { logLevel: 'fatal' } })

/** Statement on the 3rd, due on the 13th; without a rule pack a late charge is the plain 5 %, at least 5.00. */
async function shopping() {
  const world = await sandbox('2026-03-05')
  const program = await world.program(plainTerms({ rulePack: 'none' }))
  const merchantId = await world.merchant()
  const customer = async (autopay: object | null = null) => (await world.line(program.id, { autopay })).id
  const buy = (lineId: string, amount: number, plan = 'pay-later') => world.buy({ lineId, merchantId, amount, plan })
  return { world, customer, buy }
}

/** Days and some of the data of events of some types, in order. */
async function story(world: World, types: string, ...names: string[]): Promise<unknown[][]> {
  return (await world.events(types)).map(({ effectiveOn, data }) => [effectiveOn, ...names.map((name) => data[name])])
}

test('each missed instalment bears one late charge, on the day after its days of grace, and never another', async () => {
  const { world, customer, buy } = await shopping()
  await buy(await customer(), 300_000, '3x')
  const moved = await world.advance('2026-08-20')
  assert.equal(moved.lateCharges, 3)
  // 5 % of 1,015.00 each, four days after 13 April, 13 May and 13 June.
  assert.deepEqual(await story(world, 'loan.late-charged', 'instalment', 'amount'), [
    ['2026-04-17', 1, 5_075],
    ['2026-05-17', 2, 5_075],
    ['2026-06-17', 3, 5_075],
  ])
  await world.booksAreTrue()
})

test('a line stops buying on the very day that its terms say, although nothing happens on that day', async () => {
  const world = await sandbox('2026-03-05')
  const program = await world.program(plainTerms({ suspendAfterDays: 10 }))
  const merchantId = await world.merchant()
  const { id: lineId } = await world.line(program.id)
  await world.buy({ lineId, merchantId, amount: 25_900 })
  // Due on 13 April and not paid: nine days past due on the 22nd, ten on the 23rd.
  await world.advance('2026-04-22')
  await world.buy({ lineId, merchantId, amount: 1_000 })
  await world.advance('2026-04-23')
  const order = { lineId, merchantId, amount: 1_000, currency: 'CNY', plan: 'pay-later' }
  const refusal = await world.refusal('/v1/charges', order)
  assert.deepEqual(
    [refusal.code, refusal.detail],
    ['charge-declined', 'An amount is 10 days past due; pay it to buy again.'],
  )
})

test('an unpaid loan grows old through the buckets M1 to M7+, each told once, with reminders on days 1, 7 and 15', async () => {
  const { world, customer, buy } = await shopping()
  await buy(await customer(), 25_900)
  await world.advance('2026-10-12')
  // Due on 13 April; 31 days later is 14 May, 181 days later 11 October.
  assert.deepEqual(await story(world, 'loan.delinquency-changed', 'from', 'to', 'daysPastDue'), [
    ['2026-04-14', 'current', 'M1', 1],
    ['2026-05-14', 'M1', 'M2', 31],
    ['2026-06-13', 'M2', 'M3', 61],
    ['2026-07-13', 'M3', 'M4', 91],
    ['2026-08-12', 'M4', 'M5', 121],
    ['2026-09-11', 'M5', 'M6', 151],
    ['2026-10-11', 'M6', 'M7+', 181],
  ])
  // The next bills ask for it again, with the late charge of 12.95.
  assert.deepEqual((await story(world, 'reminder.due-soon', 'unpaid')).slice(0, 2), [
    ['2026-04-10', 25_900],
    ['2026-05-10', 27_195],
  ])
  assert.deepEqual(await story(world, 'reminder.overdue', 'daysPastDue', 'pastDue'), [
    ['2026-04-14', 1, 25_900],
    ['2026-04-20', 7, 27_195],
    ['2026-04-28', 15, 27_195],
  ])
  await world.booksAreTrue()
})

test('a payment that cures a late loan is told on its day, and one that bounces makes it late again', async () => {
  const { world, customer, buy } = await shopping()
  const lineId = await customer()
  await buy(lineId, 25_900)
  await world.advance('2026-04-20')
  const { id } = await world.pay(lineId, 25_900 + 1_295)
  await world.advance('2026-04-22')
  await world.post(`/v1/repayments/${id}/reverse`)
  await world.advance('2026-04-24')
  assert.deepEqual(await story(world, 'loan.delinquency-changed', 'from', 'to', 'daysPastDue', 'pastDue'), [
    ['2026-04-14', 'current', 'M1', 1, 25_900],
    ['2026-04-20', 'M1', 'current', 0, 0],
    ['2026-04-22', 'current', 'M1', 9, 27_195],
  ])
  await world.booksAreTrue()
})

test('autopay collects the bill on its due day; a debit that fails leaves the loan late', async () => {
  const { world, customer, buy } = await shopping()
  const [rich, poor] = [
    await customer({ token: 'tok_ok', amount: 'total' }),
    await customer({ token: 'tok_insufficient', amount: 'total' }),
  ]
  for (const lineId of [rich, poor]) {
    await buy(lineId, 300_000, '3x')
    await buy(lineId, 25_900)
  }
  const moved = await world.advance('2026-04-15')
  assert.equal(moved.autopaid, 1)
  assert.deepEqual((await story(world, 'autopay.collected,autopay.failed', 'amount', 'result')).toSorted(), [
    ['2026-04-13', 127_400, 'collected'],
    ['2026-04-13', 127_400, 'failed'],
  ])
  assert.equal((await world.readLine(rich)).owed, 200_000)
  assert.deepEqual(
    (await world.loansOf(poor)).map(({ bucket, daysPastDue }) => [bucket, daysPastDue]),
    [
      ['M1', 2],
      ['M1', 2],
    ],
  )
  const { data } = await world.get<{ data: { source: string; amount: number; effectiveOn: string }[] }>(
    `/v1/repayments?lineId=${rich}`,
  )
  assert.deepEqual(
    data.map(({ source, amount, effectiveOn }) => [source, amount, effectiveOn]),
    [['autopay', 127_400, '2026-04-13']],
  )
  await world.booksAreTrue()
})

test('autopay takes only what is still missing: of the total, or of the minimum', async () => {
  const world = await sandbox('2026-03-06')
  const program = await world.program(cardTerms())
  const merchantId = await world.merchant()
  // Due on 25 April: 1,000.00, at least 100.00. Paid before: nothing, 30.00, 100.00, 150.00.
  const cases: [amount: string, paid: number, collected: number | null][] = [
    ['total', 3_000, 97_000],
    ['minimum', 0, 10_000],
    ['minimum', 3_000, 7_000],
    ['minimum', 10_000, null],
    ['minimum', 15_000, null],
  ]
  const lineIds: string[] = []
  for (const [amount] of cases) {
    const { id } = await world.line(program.id, { autopay: { token: 'tok_ok', amount } })
    await world.buy({ lineId: id, merchantId, amount: 100_000 })
    lineIds.push(id)
  }
  await world.advance('2026-04-10')
  for (const [index, [, paid]] of cases.entries()) if (paid > 0) await world.pay(lineIds[index]!, paid)
  await world.advance('2026-04-26')
  const events = await world.events('autopay.collected')
  const collected = lineIds.map((id) => events.find((event) => event.lineId === id)?.data.amount ?? null)
  assert.deepEqual(
    collected,
    cases.map(([, , amount]) => amount),
  )
  for (const id of lineIds.slice(1)) {
    assert.equal((await world.loansOf(id))[0]!.nextDueOn, '2026-05-25', 'the rest is carried over')
  }
  await world.booksAreTrue()
})

/** Two customers, one who pays and one who does not, over months of bills. */
async function household(): Promise<{ world: World; lineIds: string[] }> {
  const { world, customer, buy } = await shopping()
  const lineIds = [await customer({ token: 'tok_ok', amount: 'total' }), await customer()]
  for (const lineId of lineIds) {
    await buy(lineId, 399_900, '12x')
    await buy(lineId, 25_900)
  }
  return { world, lineIds }
}

async function outcome({ world, lineIds }: { world: World; lineIds: string[] }): Promise<unknown> {
  const of = await Promise.all(
    lineIds.map(async (lineId) => ({
      statements: (await world.statements(lineId)).map(({ number, closedOn, dueOn, total, minimum, items }) => [
        [number, closedOn, dueOn, total, minimum],
        ...items.map(({ instalment, kind, principal, interest, penalty }) => [
          instalment,
          kind,
          principal,
          interest,
          penalty,
        ]),
      ]),
      loans: (await world.loansOf(lineId)).map(({ status, bucket, payoff, instalments }) => ({
        status,
        bucket,
        payoff,
        instalments,
      })),
    })),
  )
  // A payout is paid in as many parts as shards have a part in it, which differs from one world to the other.
  const told = (await world.events()).filter(({ type }) => type !== 'payout.paid')
  const events = told.map(({ type, effectiveOn, bookedAt }) => [bookedAt, effectiveOn, type])
  return { of, events: events.toSorted() }
}

test('a jump over months closes each day in order: the same as going day by day', async () => {
  const [jumped, walked] = [await household(), await household()]
  const last = Temporal.PlainDate.from('2026-07-20')
  const jump = await jumped.world.advance(last.toString())
  let days = 0
  for (let day = Temporal.PlainDate.from('2026-03-06'); Temporal.PlainDate.compare(day, last) <= 0; ) {
    days += (await walked.world.advance(day.toString())).days
    day = day.add({ days: 1 })
  }
  assert.deepEqual([jump.days, days], [137, 137])
  assert.deepEqual(await outcome(jumped), await outcome(walked))
  for (const { world } of [jumped, walked]) await world.booksAreTrue()
})

test('closing days that are closed already does nothing more', async () => {
  const { world, lineIds } = await household()
  await world.post(`/v1/lines/${lineIds[1]}/autopay`, { autopay: { token: 'tok_insufficient', amount: 'total' } })
  await world.advance('2026-06-20')
  const before = await outcome({ world, lineIds })
  // As if the server had been stopped before it could write down that it was done.
  await db`
    update tenants set last_closed_on = '2026-04-01', clock_instant = '2026-04-01T16:00:00Z' where id = ${world.tenantId}`
  const again = await world.advance('2026-06-20')
  assert.equal(again.days, 79)
  assert.deepEqual([again.statements, again.autopaid, again.lateCharges, again.payouts], [0, 0, 0, 0])
  assert.deepEqual(await outcome({ world, lineIds }), before)
  await world.booksAreTrue()
})

test('a close that is cut off in the middle goes on where it was: no line twice, none forgotten', async () => {
  const { world, customer, buy } = await shopping()
  const [paying, failing, broken] = [
    await customer({ token: 'tok_ok', amount: 'total' }),
    await customer({ token: 'tok_insufficient', amount: 'total' }),
    await customer({ token: 'tok_ok', amount: 'total' }),
  ]
  for (const lineId of [paying, failing, broken]) await buy(lineId, 25_900)
  await world.advance('2026-04-13')
  // The database refuses one line's repayment, whatever else is in the batch.
  await db.unsafe(`
    create function refuse_repayment() returns trigger language plpgsql as $$
    begin raise exception 'no' using errcode = 'check_violation'; end $$;
    create trigger refuse before insert on repayments for each row when (new.line_id = '${broken}')
      execute function refuse_repayment()`)
  const cut = await world.call('POST', '/v1/clock/advance', { to: '2026-04-14' })
  assert.equal(cut.status, 500)
  assert.equal((await world.get<{ lastClosedOn: string }>('/v1/clock')).lastClosedOn, '2026-04-12')
  const debits = () => story(world, 'autopay.collected,autopay.failed', 'result')
  // Shards are closed one after the other; the refused line takes none of its own with it.
  const isDone = (lineId: string) => shardOf(lineId) <= shardOf(broken)
  assert.deepEqual((await debits()).toSorted(), [
    ...(isDone(paying) ? [['2026-04-13', 'collected']] : []),
    ...(isDone(failing) ? [['2026-04-13', 'failed']] : []),
  ])

  await db.unsafe('drop trigger refuse on repayments')
  const moved = await world.advance('2026-04-14')
  assert.deepEqual([moved.days, moved.autopaid], [1, isDone(paying) ? 1 : 2], 'only what was left out')
  assert.deepEqual((await debits()).toSorted(), [
    ['2026-04-13', 'collected'],
    ['2026-04-13', 'collected'],
    ['2026-04-13', 'failed'],
  ])
  const owed = await Promise.all([paying, failing, broken].map(async (id) => (await world.readLine(id)).owed))
  assert.deepEqual(owed, [0, 25_900, 0])
  await world.booksAreTrue()
})

test('the clock only moves forward, and counts what happened on the way', async () => {
  const { world, customer, buy } = await shopping()
  const lineId = await customer()
  await buy(lineId, 25_900)
  await world.buy({ lineId, merchantId: await world.merchant(), amount: 100, capture: false })
  const moved = await world.advance('2026-04-18')
  assert.deepEqual(
    [moved.today, moved.days, moved.expired, moved.statements, moved.lateCharges, moved.payouts],
    ['2026-04-18', 44, 1, 1, 1, 1],
  )
  assert.equal((await world.refusal('/v1/clock/advance', { to: '2026-04-17' })).code, 'date-in-past')
  assert.equal((await world.refusal('/v1/clock/advance', { to: '2036-05-01' })).code, 'clock-too-far')
  assert.equal((await world.advance('2026-04-18')).days, 0)
})
