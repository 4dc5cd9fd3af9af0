import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { baitiaoTerms } from '../demo-terms.ts'
import { type Payout, plainTerms, type Repayment, testCredit, type World } from '../testing.ts'

const { sandbox } = await testCredit({ after }, { config: { logLevel: 'fatal' } })

/** Payouts over several shards are written down first and booked after; with one shard nothing can come between. */
const sharded = await testCredit({ after }, { config: { logLevel: 'fatal', shards: 4 } })

/** Merchants pay 0.8 %: of 259.00 they get 256.93, of 100.00 99.20, of 200.00 198.40. */
async function selling(payoutTiming: string, credit = { sandbox }) {
  const world = await credit.sandbox('2026-03-05')
  const program = await world.program(plainTerms())
  const merchantId = await world.merchant({ payoutTiming })
  const { id: lineId } = await world.line(program.id)
  const sell = (amount: number) => world.buy({ lineId, merchantId, amount })
  const owed = () => world.balance(`liability:merchant:${merchantId}:payable`)
  const payouts = async () =>
    (await payoutsOf(world)).map(({ amount, throughOn, direction }) => [direction, amount, throughOn])
  return { world, merchantId, lineId, sell, owed, payouts }
}

async function payoutsOf(world: World): Promise<Payout[]> {
  return (await world.get<{ data: Payout[] }>('/v1/payouts')).data.toReversed()
}

test('T+1 pays on the day after, T+0 at the end of the day, at once with the capture, manual when asked', async () => {
  // Sold 259.00 on 5 March and 100.00 on 6 March; what was paid out during the two days and until 7 March.
  const cases: [timing: string, onFifth: number[], untilSeventh: unknown[][]][] = [
    ['T+1', [], [['pay', 25_693, '2026-03-05']]],
    [
      'T+0',
      [],
      [
        ['pay', 25_693, '2026-03-05'],
        ['pay', 9_920, '2026-03-06'],
      ],
    ],
    [
      'at-once',
      [25_693],
      [
        ['pay', 25_693, '2026-03-05'],
        ['pay', 9_920, '2026-03-06'],
      ],
    ],
    ['manual', [], []],
  ]
  for (const [timing, onFifth, untilSeventh] of cases) {
    const { world, merchantId, sell, owed, payouts } = await selling(timing)
    await sell(25_900)
    assert.deepEqual(
      (await payouts()).map(([, amount]) => amount),
      onFifth,
      timing,
    )
    await world.advance('2026-03-06')
    await sell(10_000)
    await world.advance('2026-03-07')
    assert.deepEqual(await payouts(), untilSeventh, timing)
    const paid = untilSeventh.reduce((sum, [, amount]) => sum + Number(amount), 0)
    assert.equal(await owed(), 35_613 - paid)
    assert.equal(await world.balance('asset:cash:bank'), 0 - paid)
    if (timing === 'manual') {
      assert.equal((await world.post<Payout>('/v1/payouts', { merchantId })).amount, 35_613)
      assert.equal((await world.refusal('/v1/payouts', { merchantId })).code, 'nothing-to-pay-out')
    }
    await world.booksAreTrue()
  }
})

test('T+1 holds back the sales of the day, but not its refunds', async () => {
  const { world, merchantId, sell } = await selling('manual')
  const sold = await sell(25_900)
  await world.advance('2026-03-06')
  await sell(10_000)
  await world.post(`/v1/charges/${sold.id}/refunds`, { amount: 5_000 })
  // 256.93 less 50.00, of which the fee of 0.40 comes back.
  const payout = await world.post<Payout>('/v1/payouts', { merchantId, timing: 'T+1' })
  assert.deepEqual([payout.amount, payout.throughOn], [25_693 - 4_960, '2026-03-05'])
  assert.equal((await world.post<Payout>('/v1/payouts', { merchantId })).amount, 9_920)
  await world.booksAreTrue()
})

test('a merchant that was paid for what came back waits until its sales have made it good', async () => {
  const { world, sell, owed, payouts } = await selling('T+0')
  const sold = await sell(25_900)
  await world.advance('2026-03-06')
  await world.post(`/v1/charges/${sold.id}/refunds`, { amount: 25_900 })
  assert.equal(await owed(), -25_693)
  await sell(10_000)
  await world.advance('2026-03-07')
  assert.equal((await payouts()).length, 1, '99.20 do not cover 256.93')
  await sell(20_000)
  await world.advance('2026-03-08')
  assert.deepEqual((await payouts()).at(-1), ['pay', 9_920 + 19_840 - 25_693, '2026-03-07'])
  assert.equal(await owed(), 0)
  await world.booksAreTrue()
})

test('the bank’s file has a header, a line per payment and a trailer with count and sum', async () => {
  const { world, merchantId, sell } = await selling('manual')
  await sell(25_900)
  const payout = await world.post<Payout>('/v1/payouts', { merchantId })
  const lines = [
    'H,2026-03-05,CNY,chit',
    `D,${payout.id},pay,merchant,${merchantId},256.93,2026-03-05`,
    'T,1,256.93',
    '',
  ]
  assert.equal(payout.file, lines.join('\n'))
  const sent = await world.call('GET', `/v1/payouts/${payout.id}/file`)
  assert.match(String(sent.headers['content-type']), /^text\/csv/)
  assert.equal(String(sent.body), payout.file)
})

test('funders pay in what is lent in their name, and get what comes back with their part of the charges', async () => {
  const world = await sandbox('2026-03-05')
  const [bank, trust] = [await world.funder('Bank'), await world.funder('Trust')]
  const shares = [
    { funderId: bank, basisPoints: 7_000 },
    { funderId: trust, basisPoints: 3_000 },
  ]
  const program = await world.program(baitiaoTerms(shares))
  const merchantId = await world.merchant({ payoutTiming: 'manual' })
  const { id: lineId } = await world.line(program.id)
  const charge = await world.buy({ lineId, merchantId, amount: 300_000, plan: '3x' })
  const settle = async (funderId: string) => {
    const { direction, amount } = await world.post<Payout>('/v1/payouts', { funderId })
    return [direction, amount]
  }
  assert.deepEqual(await settle(bank), ['collect', 210_000])
  assert.deepEqual(await settle(trust), ['collect', 90_000])
  assert.equal((await world.refusal('/v1/payouts', { funderId: bank })).code, 'nothing-to-pay-out')

  await world.advance('2026-04-13')
  await world.pay(lineId, 101_500)
  // 1,000.00 of principal, and of 15.00 four fifths: 8.40 and 3.60; 3.00 are the operator's for its service.
  assert.deepEqual(await settle(bank), ['pay', 70_840])
  assert.deepEqual(await settle(trust), ['pay', 30_360])
  assert.equal(await world.balance(`income:interest:${program.id}`), 300)
  const loan = await world.loan(charge.loanIds[0]!)
  assert.deepEqual(
    loan.funders.map(({ funderId, principalOutstanding }) => [funderId, principalOutstanding]),
    [
      [bank, 140_000],
      [trust, 60_000],
    ],
  )
  assert.equal(await world.balance(`liability:funder:${bank}:principal`), 140_000)

  // A debit that bounces is the funders' to give back.
  const { data } = await world.get<{ data: Repayment[] }>(`/v1/repayments?lineId=${lineId}`)
  await world.post(`/v1/repayments/${data[0]!.id}/reverse`)
  assert.deepEqual(await settle(bank), ['collect', 70_840])
  await world.booksAreTrue()
})

/** The database refuses a kind of write until the test lets it through: a server that was cut off there. */
async function refusing(table: 'journal' | 'payouts', when: string, work: () => Promise<void>): Promise<void> {
  await sharded.db.unsafe(`
    create or replace function refuse() returns trigger language plpgsql as $$
    begin raise exception 'no' using errcode = 'check_violation'; end $$;
    create trigger refuse before insert or update on ${table} for each row when (${when}) execute function refuse()`)
  await work()
  await sharded.db.unsafe(`drop trigger refuse on ${table}`)
}

test('a payout that was cut off before it was booked is finished by the next one, once', async () => {
  const { world, merchantId, sell, owed, payouts } = await selling('manual', sharded)
  await sell(25_900)
  await refusing('journal', `new.type = 'payout.paid'`, async () => {
    assert.equal((await world.call('POST', '/v1/payouts', { merchantId })).status, 500)
  })
  const [pending] = await payoutsOf(world)
  assert.deepEqual([pending!.status, await owed()], ['pending', 25_693])
  await world.booksAreTrue()

  await sell(10_000)
  const next = await world.post<Payout>('/v1/payouts', { merchantId })
  assert.equal(next.amount, 9_920)
  assert.deepEqual(
    (await payoutsOf(world)).map(({ status, amount }) => [status, amount]),
    [
      ['paid', 25_693],
      ['paid', 9_920],
    ],
  )
  assert.deepEqual(await payouts(), [
    ['pay', 25_693, '2026-03-05'],
    ['pay', 9_920, '2026-03-05'],
  ])
  assert.equal(await owed(), 0)
  await world.booksAreTrue()
})

test('a payout that was booked but not marked as paid is not booked again, and the books are true meanwhile', async () => {
  const { world, merchantId, sell, owed } = await selling('manual', sharded)
  await sell(25_900)
  await refusing('payouts', `new.status = 'paid'`, async () => {
    assert.equal((await world.call('POST', '/v1/payouts', { merchantId })).status, 500)
  })
  assert.deepEqual([(await payoutsOf(world))[0]!.status, await owed()], ['pending', 0])
  await world.booksAreTrue()
  await world.advance('2026-03-06')
  assert.equal((await payoutsOf(world))[0]!.status, 'paid')
  assert.equal(await world.balance('asset:cash:bank'), -25_693)
  await world.booksAreTrue()
})

test('a merchant of two currencies is paid in each: a debt in one does not hold back the other', async () => {
  const world = await sandbox('2026-03-05')
  const merchantId = await world.merchant({ payoutTiming: 'T+0' })
  const terms = { rulePack: 'none', plans: [plainTerms().plans[0]!] }
  const lines: Record<string, string> = {}
  for (const currency of ['CNY', 'EUR']) {
    const program = await world.program(plainTerms({ ...terms, currency }))
    lines[currency] = (await world.line(program.id)).id
  }
  const sell = (currency: string, amount: number) =>
    world.buy({ lineId: lines[currency]!, merchantId, amount, currency })
  const paid = async () => (await payoutsOf(world)).map(({ currency, amount }) => [currency, amount])
  const returned = await sell('CNY', 10_000)
  await sell('EUR', 10_000)
  await world.advance('2026-03-06')
  assert.deepEqual(await paid(), [
    ['CNY', 9_920],
    ['EUR', 9_920],
  ])
  await world.post(`/v1/charges/${returned.id}/refunds`, { amount: 10_000 })
  await sell('EUR', 20_000)
  await world.advance('2026-03-07')
  assert.deepEqual((await paid()).slice(2), [['EUR', 19_840]])
  await world.booksAreTrue()
})
