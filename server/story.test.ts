/** One customer from the first limit to the last cent, with every figure worked out by hand. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { baitiaoTerms } from './demo-terms.ts'
import { type Account, type Payout, type Repayment, rowsOf, testCredit } from './testing.ts'

const { sandbox } = await testCredit({ after })

test('a phone in 12 instalments and groceries on the bill, from the limit to the last cent', async (t) => {
  const world = await sandbox('2026-03-05')
  const [bank, trust] = [await world.funder('Harbour Bank'), await world.funder('Plum Consumer Finance')]
  const shares = [
    { funderId: bank, basisPoints: 7_000 },
    { funderId: trust, basisPoints: 3_000 },
  ]
  const program = await world.program(baitiaoTerms(shares))
  const merchantId = await world.merchant({ name: 'Phones & More' })
  const { id: lineId } = await world.line(program.id)
  const usage = async () => {
    const { owed, available, credit } = await world.readLine(lineId)
    return [owed, available, credit]
  }
  const autopay = (token: string) => world.post(`/v1/lines/${lineId}/autopay`, { autopay: { token, amount: 'total' } })
  const payable = `liability:merchant:${merchantId}:payable`

  await t.test('5 March: a limit of 8,000.00; a phone for 3,999.00, groceries for 259.00', async () => {
    assert.equal(program.review.interestFreeDaysMax, 40)
    assert.deepEqual(await usage(), [0, 800_000, 0])
  })
  const phone = await world.buy({ lineId, merchantId, amount: 399_900, plan: '12x' })
  const phoneLoan = () => world.loan(phone.loanIds[0]!)
  await world.buy({ lineId, merchantId, amount: 25_900 })

  await t.test(
    'twelve times 333.25 and 20.00: 0.5 % of the price is 19.995, a half, which goes to the even cent',
    async () => {
      assert.deepEqual(await usage(), [425_800, 374_200, 0])
      assert.deepEqual(rowsOf(await phoneLoan(), 'principal', 'interest'), Array(12).fill([33_325, 2_000]))
      // Less fees of 0.8 %: 31.99 and 2.07.
      assert.equal(await world.balance(payable), 422_394)
    },
  )

  await t.test('500.00 of the phone order come back: the last instalments go, the charge falls to 17.50', async () => {
    await world.post(`/v1/charges/${phone.id}/refunds`, { amount: 50_000 })
    assert.deepEqual(rowsOf(await phoneLoan(), 'dueOn', 'total').slice(9), [
      ['2027-01-13', 35_075],
      ['2027-02-13', 16_650 + 1_750],
      ['2027-03-13', 0],
    ])
    // The merchant gives 500.00 back and gets 4.00 of its fee.
    assert.equal(await world.balance(payable), 372_794)
  })

  await t.test('6 March: the merchant is paid for the day before', async () => {
    await world.advance('2026-03-07')
    const { data } = await world.get<{ data: Payout[] }>(`/v1/payouts?payeeId=${merchantId}`)
    assert.deepEqual(
      data.map(({ amount, timing, throughOn, status }) => [amount, timing, throughOn, status]),
      [[372_794, 'T+1', '2026-03-05', 'paid']],
    )
    assert.equal(await world.balance(payable), 0)
  })

  await t.test('3 April: the bill, 350.75 and 259.00; 13 April: autopay pays it', async () => {
    await world.advance('2026-04-04')
    const [bill] = await world.statements(lineId)
    assert.deepEqual(
      [bill!.closedOn, bill!.dueOn, bill!.total, bill!.items.map((item) => item.total)],
      ['2026-04-03', '2026-04-13', 60_975, [35_075, 25_900]],
    )
    await autopay('tok_ok')
    assert.equal((await world.advance('2026-04-14')).autopaid, 1)
    assert.deepEqual(await usage(), [316_575, 483_425, 0])
    assert.equal((await world.statements(lineId))[0]!.status, 'paid')
  })

  await t.test(
    '13 May is missed: 17.54 late charge on 17 May, 5 % of 350.75, and no purchase until it is paid',
    async () => {
      await autopay('tok_insufficient')
      const moved = await world.advance('2026-05-20')
      assert.deepEqual([moved.statements, moved.autopaid, moved.lateCharges], [1, 0, 1])
      const late = await phoneLoan()
      assert.deepEqual([late.daysPastDue, late.bucket], [7, 'M1'])
      assert.deepEqual(rowsOf(late, 'interest', 'penalty', 'status').slice(0, 3), [
        [1_750, 0, 'paid'],
        [1_750, 0, 'past-due'],
        [1_750, 1_754, 'upcoming'],
      ])
      const order = { lineId, merchantId, amount: 1_000, currency: 'CNY', plan: 'pay-later' }
      assert.equal((await world.refusal('/v1/charges', order)).code, 'charge-declined')
    },
  )

  await t.test('20 May: the rest is settled; the charges of the eight bills not begun are saved', async () => {
    const settled = await world.post<Repayment>(`/v1/loans/${phone.loanIds[0]}/settle`)
    const [part] = settled.allocations
    assert.deepEqual([part!.principal, part!.interest, part!.penalty], [316_575, 2 * 1_750, 1_754])
    assert.equal(settled.amount, 321_829)
    assert.equal((await phoneLoan()).status, 'paid')
    assert.deepEqual(await usage(), [0, 800_000, 0])
  })

  await t.test('the funders get four fifths of 52.50 and of 17.54, 70 to 30, to the cent', async () => {
    // 29.40 and 12.60 of interest; of the late charge 9.8224, 4.2096 and 3.508: 9.82, 4.21 and 3.51 for the service.
    const amounts = []
    for (const funderId of [bank, trust]) {
      const { direction, amount } = await world.post<Payout>('/v1/payouts', { funderId })
      amounts.push([direction, amount])
    }
    assert.deepEqual(amounts, [
      ['pay', 2_940 + 982],
      ['pay', 1_260 + 421],
    ])
  })

  await t.test(
    'what is left is the operator’s: 10.50, 3.51 and the merchant’s fee of 30.06, and it is in the bank',
    async () => {
      const { accounts, totals } = await world.get<{ accounts: Account[]; totals: unknown[] }>('/v1/trial-balance')
      assert.deepEqual(
        Object.fromEntries(
          accounts.filter(({ balance }) => balance !== 0).map((entry) => [entry.account, entry.balance]),
        ),
        {
          'asset:cash:bank': 4_407,
          [`income:interest:${program.id}`]: 1_050,
          [`income:penalties:${program.id}`]: 351,
          [`income:merchant-fee:${program.id}`]: 3_006,
        },
      )
      assert.deepEqual(totals, [{ currency: 'CNY', debits: 4_407, credits: 4_407, balanced: true }])
      await world.booksAreTrue()
    },
  )
})
