import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Loan, plainTerms, type Repayment, rowsOf, testCredit } from '../testing.ts'

const { sandbox } = await testCredit({ after })

const plans = plainTerms().plans.concat(
  {
    code: '3x-bill',
    method: 'equal-instalment',
    instalments: 3,
    rate: { per: 'period', percent: '1' },
    paidBy: 'customer',
  },
  {
    code: '3x-principal',
    method: 'equal-principal',
    instalments: 3,
    rate: { per: 'year', percent: '10.95' },
    paidBy: 'customer',
  },
  {
    code: '3x-interest-only',
    method: 'interest-only',
    instalments: 3,
    rate: { per: 'period', percent: '1' },
    paidBy: 'customer',
  },
)

async function shop() {
  const world = await sandbox('2026-03-05')
  const program = await world.program(plainTerms({ plans, rulePack: 'none' }))
  return { world, program, merchantId: await world.merchant() }
}

async function owing(amount: number, plan: string) {
  const { world, program, merchantId } = await shop()
  const { id: lineId } = await world.line(program.id)
  const { loanIds } = await world.buy({ lineId, merchantId, amount, plan })
  const loanId = loanIds[0]!
  const loan = () => world.loan(loanId)
  const act = <Answer = Loan>(verb: string, body: object = {}) =>
    world.post<Answer>(`/v1/loans/${loanId}/${verb}`, body)
  return { world, program, lineId, loanId, loan, act }
}

test('every method, paid on its due days, ends at exactly zero', async () => {
  // By hand: the same plans are worked out in core/program/plan.test.ts. Interest by days counts 39, 30 and 31 of them.
  // Merchant fees of 0.8 %; of 3x-free the merchant bears the three charges of 15.00 too.
  const cases: [plan: string, amount: number, totals: number[], merchantFee: number][] = [
    ['pay-later', 25_900, [25_900], 207],
    ['3x', 300_000, [101_500, 101_500, 101_500], 2_400],
    ['3x-free', 300_000, [100_000, 100_000, 100_000], 2_400 + 4_500],
    ['3x-bill', 300_000, [102_007, 102_007, 102_006], 2_400],
    ['3x-principal', 365_000, [125_937, 123_857, 122_797], 2_920],
    ['3x-interest-only', 300_000, [3_000, 3_000, 303_000], 2_400],
  ]
  const { world, program, merchantId } = await shop()
  const bought: { plan: string; lineId: string; loanId: string; totals: number[] }[] = []
  for (const [plan, amount, totals, merchantFee] of cases) {
    const { id: lineId } = await world.line(program.id)
    const charge = await world.buy({ lineId, merchantId, amount, plan })
    const loanId = charge.loanIds[0]!
    assert.deepEqual([plan, charge.merchantFee], [plan, merchantFee])
    assert.deepEqual([plan, rowsOf(await world.loan(loanId), 'total').flat()], [plan, totals])
    bought.push({ plan, lineId, loanId, totals })
  }
  for (const [index, day] of ['2026-04-13', '2026-05-13', '2026-06-13'].entries()) {
    await world.advance(day)
    for (const { plan, lineId, loanId, totals } of bought.filter((purchase) => index < purchase.totals.length)) {
      assert.equal((await world.loan(loanId)).instalments[index]!.status, 'due', plan)
      assert.equal((await world.pay(lineId, totals[index]!)).credited, 0, plan)
      assert.equal((await world.loan(loanId)).instalments[index]!.status, 'paid', plan)
    }
  }
  for (const { plan, lineId, loanId } of bought) {
    const { status, principalOutstanding, payoff } = await world.loan(loanId)
    assert.deepEqual([plan, status, principalOutstanding, payoff], [plan, 'paid', 0, 0])
    const { owed, available } = await world.readLine(lineId)
    assert.deepEqual([plan, owed, available], [plan, 0, 800_000])
  }
  assert.equal(await world.balance(`asset:loans:${program.id}`), 0)
  assert.equal(await world.balance(`asset:interest:${program.id}`), 0)
  assert.equal(await world.balance(`income:interest:${program.id}`), 4_500 + 6_020 + 7_591 + 9_000)
  await world.booksAreTrue()
})

test('interest by days: settled after 20 of 39 days, 20 of them are paid', async () => {
  const { world, loan, act } = await owing(365_000, '3x-principal')
  await world.advance('2026-03-25')
  // 3,650.00 × 0.03 % × 20 days = 21.90.
  assert.equal((await loan()).payoff, 365_000 + 2_190)
  const quoted = await world.get<{ interest: number; total: number }>(
    `/v1/loans/${(await loan()).id}/payoff?on=2026-03-26`,
  )
  assert.deepEqual([quoted.interest, quoted.total], [2_300, 367_300], 'a day later 21.90 + 1.095, to the even cent')
  const settled = await act<Repayment>('settle')
  assert.deepEqual([settled.amount, settled.allocations[0]!.interest], [367_190, 2_190])
  assert.deepEqual([(await loan()).status, (await loan()).payoff], ['paid', 0])
  assert.equal((await world.refusal(`/v1/loans/${settled.loanId}/settle`)).code, 'loan-wrong-state')
  await world.booksAreTrue()
})

test('a charge per bill: settled within a bill, that bill is paid whole and the later ones are saved', async () => {
  const cases: [plan: string, first: number, principal: number, charge: number][] = [
    // 1 % of 2,009.93; 0.5 % of 3,000.00.
    ['3x-bill', 102_007, 200_993, 2_010],
    ['3x', 101_500, 200_000, 1_500],
  ]
  for (const [plan, first, principal, charge] of cases) {
    const { world, lineId, loan, act } = await owing(300_000, plan)
    await world.advance('2026-04-13')
    await world.pay(lineId, first)
    await world.advance('2026-04-20')
    assert.equal((await loan()).payoff, principal + charge)
    const settled = await act<Repayment>('settle')
    assert.deepEqual([settled.allocations[0]!.principal, settled.allocations[0]!.interest], [principal, charge])
    assert.equal((await loan()).status, 'paid')
    await world.booksAreTrue()
  }
})

test('money ahead makes the term shorter or the instalments lower, as asked', async () => {
  // On 14 April 433.33 of the 2,433.33 left come back. Until 13 May one day on 2,433.33 and 29 on 2,000.00: 18.13.
  const cases: [effect: string, second: number[], third: number[]][] = [
    // The last instalment of 1,216.66 loses it: 31 days on 783.33 are 7.28.
    ['shorten', [1_813, 121_667 + 1_813], [728, 78_333 + 728]],
    // Two parts of 1,000.00: 31 days on the last are 9.30.
    ['lower', [1_813, 100_000 + 1_813], [930, 100_000 + 930]],
  ]
  for (const [effect, second, third] of cases) {
    const { world, lineId, loan, act } = await owing(365_000, '3x-principal')
    await world.advance('2026-04-13')
    await world.pay(lineId, 125_937)
    await world.advance('2026-04-14')
    await act('prepay', { amount: 43_333, effect })
    assert.deepEqual(rowsOf(await loan(), 'interest', 'outstanding').slice(1), [second, third], effect)
    await world.booksAreTrue()
  }
})

test('more than settles a loan can’t be paid ahead; exactly that settles it', async () => {
  const { world, loan, loanId, act } = await owing(365_000, '3x-principal')
  await world.advance('2026-03-25')
  const above = await world.refusal(`/v1/loans/${loanId}/prepay`, { amount: 367_191 })
  assert.deepEqual([above.code, above.payoff], ['above-payoff', 367_190])
  await act('prepay', { amount: 367_190 })
  assert.equal((await loan()).status, 'paid')
  await world.booksAreTrue()
})

test('hardship: arrears and rest go into new instalments at no higher rate, and nobody is late any more', async () => {
  const { world, lineId, loan, loanId, act } = await owing(300_000, '3x')
  await world.advance('2026-05-20')
  const late = await loan()
  assert.deepEqual([late.daysPastDue, late.bucket], [37, 'M2'])
  const owed = late.payoff
  const plan = { instalments: 6, firstDueOn: '2026-06-13', reason: 'illness' }
  const dearer = await world.refusal(`/v1/loans/${loanId}/reschedule`, { ...plan, annualRatePercent: '6.01' })
  assert.equal(dearer.code, 'rate-too-high')
  const past = await world.refusal(`/v1/loans/${loanId}/reschedule`, { ...plan, firstDueOn: '2026-05-20' })
  assert.equal(past.code, 'date-in-past')

  const helped = await act('reschedule', { ...plan, annualRatePercent: '0' })
  assert.deepEqual([helped.daysPastDue, helped.bucket, helped.nextDueOn], [0, 'current', '2026-06-13'])
  const coming = helped.instalments.filter((instalment) => instalment.outstanding > 0)
  assert.deepEqual(
    coming.map(({ dueOn, principal }) => [dueOn, principal]),
    ['2026-06', '2026-07', '2026-08', '2026-09', '2026-10', '2026-11'].map((month) => [`${month}-13`, 50_000]),
  )
  assert.ok(helped.payoff <= owed, 'it costs no more than before')
  for (const { dueOn, outstanding } of coming) {
    await world.advance(dueOn)
    await world.pay(lineId, outstanding)
  }
  assert.equal((await loan()).status, 'paid')
  await world.booksAreTrue()
})

test('a waived late charge is no longer owed, and its cost is in the books', async () => {
  const { world, program, loan, loanId, act } = await owing(25_900, 'pay-later')
  await world.advance('2026-04-18')
  // Of 12.95 (5 %) no rule pack takes anything off.
  assert.equal((await loan()).payoff, 25_900 + 1_295)
  const above = await world.refusal(`/v1/loans/${loanId}/waive`, { component: 'penalty', amount: 1_296 })
  assert.deepEqual([above.code, above.reason], ['loan-refuses', 'waiver-exceeds-owed'])
  await act('waive', { component: 'penalty', amount: 295 })
  assert.equal((await act('waive', { component: 'penalty', amount: 1_000 })).payoff, 25_900)
  assert.equal(await world.balance(`expense:waivers:${program.id}`), 1_295)
  assert.equal(await world.balance(`income:penalties:${program.id}`), 1_295)
  await world.pay((await loan()).lineId, 25_900)
  assert.equal((await loan()).status, 'paid')
  await world.booksAreTrue()
})

test('a loan is written off when it is old enough, frees nothing of the limit twice, and what comes later is recovered', async () => {
  const { world, program, lineId, loan, loanId, act } = await owing(300_000, '3x')
  await world.advance('2026-10-09')
  const early = await world.refusal(`/v1/loans/${loanId}/write-off`)
  assert.equal(early.code, 'write-off-too-early')
  assert.match(early.detail, /179 days past due; the program writes off after 180/)

  await world.advance('2026-10-10')
  const before = await loan()
  assert.deepEqual([before.daysPastDue, before.bucket], [180, 'M6'])
  const lost = await act('write-off', { reason: 'untraceable' })
  assert.deepEqual([lost.status, lost.principalOutstanding, lost.payoff], ['charged-off', 0, 0])
  // Three late charges of 5 % of 1,015.00: 50.75 each. Lost are 3,000.00, 45.00 and 152.25.
  assert.equal(await world.balance(`expense:write-offs:${program.id}`), 300_000 + 4_500 + 15_225)
  assert.equal((await world.readLine(lineId)).owed, 0)
  assert.equal((await world.refusal(`/v1/loans/${loanId}/write-off`)).code, 'loan-wrong-state')
  assert.equal((await world.refusal(`/v1/loans/${loanId}/settle`)).code, 'loan-wrong-state')

  const some = await world.pay(lineId, 100_000)
  assert.equal(some.credited, 0)
  assert.equal(await world.balance(`income:recoveries:${program.id}`), 100_000)
  const rest = await world.pay(lineId, 300_000)
  assert.equal(rest.credited, 300_000 - 219_725, 'no more than was lost is recovered')
  await world.post(`/v1/repayments/${some.id}/reverse`)
  assert.equal(await world.balance(`income:recoveries:${program.id}`), 219_725)
  await world.booksAreTrue()
})

test('money that was there before a loan was written off, and is booked after, is recovered and not refused', async () => {
  const { world, program, lineId, loanId, act } = await owing(300_000, '3x')
  await world.advance('2026-10-10')
  await act('write-off', { reason: 'untraceable' })
  for (const whose of [{ lineId }, { loanId }]) {
    const money = { ...whose, amount: 50_000, effectiveOn: '2026-10-07' }
    const booked = await world.post<Repayment>('/v1/repayments', money)
    assert.deepEqual([booked.effectiveOn, booked.credited, booked.allocations[0]!.amount], ['2026-10-07', 0, 50_000])
  }
  assert.equal(await world.balance(`income:recoveries:${program.id}`), 100_000)
  await world.booksAreTrue()
})
