import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Account, type Event, plainTerms, testCredit } from '../testing.ts'

const { sandbox, db } = await testCredit({ after })

interface Page {
  readonly data: Event[]
  readonly next: string
  readonly more: boolean
}

/** 259.00 on 5 March, paid out on the 6th, paid back on the 10th. */
async function bookkeeping() {
  const world = await sandbox('2026-03-05')
  const program = await world.program(plainTerms())
  const merchantId = await world.merchant()
  const { id: lineId } = await world.line(program.id)
  const charge = await world.buy({ lineId, merchantId, amount: 25_900, reference: 'order-1' })
  await world.advance('2026-03-10')
  await world.pay(lineId, 25_900)
  return { world, program, merchantId, lineId, charge }
}

test('the feed tells everything once, in order, page after page, and goes on where a reader stopped', async () => {
  const { world, lineId, merchantId } = await bookkeeping()
  const all = await world.events()
  // What belongs to no customer may stand on another shard, and between shards there is no order.
  const byDay = all.toSorted((a, b) => (a.effectiveOn < b.effectiveOn ? -1 : Number(a.effectiveOn > b.effectiveOn)))
  assert.deepEqual(
    byDay.map(({ type, effectiveOn }) => [effectiveOn, type]),
    [
      ['2026-03-05', 'program.created'],
      ['2026-03-05', 'program.activated'],
      ['2026-03-05', 'merchant.created'],
      ['2026-03-05', 'customer.created'],
      ['2026-03-05', 'line.activated'],
      ['2026-03-05', 'charge.captured'],
      ['2026-03-06', 'payout.created'],
      ['2026-03-06', 'payout.paid'],
      ['2026-03-10', 'repayment.booked'],
    ],
  )
  const read: Event[] = []
  let page: Page = { data: [], next: '', more: true }
  while (page.more) {
    page = await world.get<Page>(`/v1/events?limit=2${page.next === '' ? '' : `&after=${page.next}`}`)
    read.push(...page.data)
  }
  assert.deepEqual(read, all)

  assert.deepEqual((await world.get<Page>(`/v1/events?after=${page.next}`)).data, [], 'up to date')
  await world.buy({ lineId, merchantId, amount: 100 })
  const later = await world.get<Page>(`/v1/events?after=${page.next}`)
  assert.deepEqual(
    later.data.map(({ type }) => type),
    ['charge.captured'],
  )
  assert.equal((await world.call('GET', '/v1/events?after=nonsense')).status, 400)
})

test('an event carries its legs, ids and actor, and those of another tenant are not seen', async () => {
  const { world, program, merchantId, lineId, charge } = await bookkeeping()
  const [captured] = await world.events('charge.captured')
  assert.deepEqual(captured!.legs, [
    { account: `asset:loans:${program.id}`, amount: 25_900 },
    { account: `income:merchant-fee:${program.id}`, amount: -207 },
    { account: `liability:merchant:${merchantId}:payable`, amount: -25_693 },
  ])
  assert.deepEqual(
    [captured!.lineId, captured!.chargeId, captured!.loanId, captured!.merchantId, captured!.currency],
    [lineId, charge.id, charge.loanIds[0], merchantId, 'CNY'],
  )
  assert.deepEqual([captured!.data.amount, captured!.data.fee, captured!.data.reference], [25_900, 207, 'order-1'])
  assert.match(captured!.actor, /^key_/)
  const closed = (await world.events('payout.paid'))[0]!
  assert.equal(closed.actor, 'system:close-day')
  const other = await sandbox('2026-03-05')
  assert.deepEqual(await other.events(), [])
})

test('legs and data of an event are told as they are kept, whatever names and texts they hold', async () => {
  const { tenantId, get } = await sandbox('2026-03-05')
  const names = ['asset:bank', 'a"b', 'c,d', 'e\\f', 'é{}', 'NULL', '', 'with space', 'tab\t']
  const legs = names.map((account, index) => ({ account, amount: index - 4 }))
  const data = { note: 'a "quoted" \\ text – 元', nothing: null, list: [1, { amount: 2 ** 53 - 1 }] }
  const kept: [legs: typeof legs, data: object][] = [
    [legs, data],
    [[], {}],
    [legs.slice(4, 5), {}],
  ]
  for (const [seq, [rows, document]] of kept.entries()) {
    await db`
      insert into journal (shard, tenant_id, seq, id, type, data, currency, accounts, amounts, effective_on, booked_at, actor)
      values (0, ${tenantId}, ${seq + 1}, ${`evt_${seq}`}, 'test.kept', ${JSON.stringify(document)}, 'CNY',
        ${db.typed.texts(rows.map(({ account }) => account))}, ${db.typed.bigints(rows.map(({ amount }) => BigInt(amount)))},
        '2026-03-05', now(), 'test')`
  }
  const { data: told } = await get<Page>('/v1/events')
  assert.deepEqual(
    told.map((event) => [event.legs, event.data]),
    kept,
  )
})

test('a trial balance stands on any day, past days included, and debits equal credits on each', async () => {
  const { world, program, merchantId } = await bookkeeping()
  const loans = `asset:loans:${program.id}`
  const fee = `income:merchant-fee:${program.id}`
  const payable = `liability:merchant:${merchantId}:payable`
  const days: [day: string, total: number, balances: Record<string, number>][] = [
    ['2026-03-04', 0, {}],
    ['2026-03-05', 25_900, { [loans]: 25_900, [fee]: 207, [payable]: 25_693 }],
    // The bank is overdrawn by the payout: it stands on the credit side.
    ['2026-03-06', 25_900, { [loans]: 25_900, [fee]: 207, 'asset:cash:bank': -25_693 }],
    ['2026-03-10', 207, { [fee]: 207, 'asset:cash:bank': 207 }],
  ]
  for (const [day, total, balances] of days) {
    const sheet = await world.get<{
      accounts: Account[]
      totals: { debits: number; credits: number; balanced: boolean }[]
    }>(`/v1/trial-balance?asOf=${day}`)
    const standing = sheet.accounts.filter((account) => account.balance !== 0)
    assert.deepEqual(Object.fromEntries(standing.map(({ account, balance }) => [account, balance])), balances, day)
    for (const { debits, credits, balanced } of sheet.totals) {
      assert.deepEqual([debits, credits, balanced], [total, total, true], day)
    }
  }
})

test('what is booked for an earlier day or a later one is in the balances from that day on, not before', async () => {
  const { tenantId, get } = await sandbox('2026-03-05')
  const booked: [day: string, account: string, amount: number][] = [
    ['2026-03-05', 'income:test', 100],
    ['2026-03-02', 'income:test', 30],
    ['2026-03-07', 'income:test', 7],
    ['2026-03-04', 'income:test', -9],
    ['2026-03-06', 'income:later', 50],
    ['2026-03-03', 'income:nothing', 0],
  ]
  for (const [index, [day, account, amount]] of booked.entries()) {
    const event = { id: `evt_${index}`, type: 'test', data: {}, currency: 'CNY', effective_on: day, actor: 'test' }
    const legs = { accounts: ['asset:cash:bank', account], amounts: [amount, -amount] }
    const row = { tenant_id: tenantId, booked_at: '2026-03-05T00:00:00Z', ...event, ...legs }
    await db`
      select * from commit_operations(0::smallint,
        array[jsonb_populate_record(null::operation, ${{ tenant_id: tenantId }}::jsonb)],
        array[jsonb_populate_record(null::journal, ${row}::jsonb)], array[1],
        null, null, null, null, null, null, null, null, null, null, null, null, null, null)`
  }
  for (const asOf of [
    '2026-03-01',
    '2026-03-02',
    '2026-03-03',
    '2026-03-04',
    '2026-03-05',
    '2026-03-06',
    '2026-03-07',
    null,
  ]) {
    const until = booked.filter(([day]) => asOf === null || day <= asOf)
    const expected = [...Map.groupBy(until, ([, account]) => account)]
      .map(([account, own]) => [account, own.reduce((sum, [, , amount]) => sum + amount, 0)])
      .toSorted()
    const { data } = await get<{ data: Account[] }>(`/v1/accounts?prefix=income${asOf === null ? '' : `&asOf=${asOf}`}`)
    assert.deepEqual(
      data.map(({ account, balance }) => [account, balance]),
      expected,
      String(asOf),
    )
  }
})

test('accounts are listed by the beginning of their path', async () => {
  const { world, merchantId } = await bookkeeping()
  const under = async (prefix: string) => {
    const { data } = await world.get<{ data: Account[] }>(`/v1/accounts?prefix=${prefix}`)
    return data.map(({ account, side, debits, credits, balance }) => [account, side, debits, credits, balance])
  }
  assert.deepEqual(await under(`liability:merchant:${merchantId}`), [
    [`liability:merchant:${merchantId}:payable`, 'credit', 25_693, 25_693, 0],
  ])
  assert.deepEqual(await under('asset:cash'), [['asset:cash:bank', 'debit', 25_900, 25_693, 207]])
  assert.deepEqual(await under('asset:cash:bank:nowhere'), [])
})

test('a column that is added under a running server is left empty by it, and loses no write', async () => {
  const { db, sandbox } = await testCredit({ after })
  const world = await sandbox('2026-03-05')
  const program = await world.program(plainTerms())
  const merchantId = await world.merchant()
  const { id: lineId } = await world.line(program.id)
  await world.buy({ lineId, merchantId, amount: 10_000, reference: 'before' })
  await db`alter table charges add column note text`
  // In one batch, so that their loans are told places of events in it, in bytes that are written anew.
  const { id: otherId } = await world.line(program.id)
  await Promise.all(
    [lineId, otherId].map((id) => world.buy({ lineId: id, merchantId, amount: 10_000, reference: 'after' })),
  )
  const rows = await db`select reference, note from charges order by reference desc`
  assert.deepEqual(
    [...rows],
    [
      { reference: 'before', note: null },
      { reference: 'after', note: null },
      { reference: 'after', note: null },
    ],
  )
  const misplaced = await db`
    select l.id from loans l join journal j on j.shard = l.shard and j.seq = l.event_seqs[1] where j.loan_id <> l.id`
  assert.deepEqual([...misplaced], [])
  await world.booksAreTrue()
})
