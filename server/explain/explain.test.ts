import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { baitiaoTerms, cardTerms } from '../demo-terms.ts'
import { type Explained, type Payout, plainTerms, testCredit, type World } from '../testing.ts'

const { sandbox } = await testCredit({ after }, { config: { logLevel: 'fatal' } })
/** Only between its shards can a payout be cut off. */
const sharded = await testCredit({ after }, { config: { logLevel: 'fatal', shards: 4 } })

/** An explanation whose parts do not make the amount explains nothing. */
async function explained(world: World, id: string, amount: number): Promise<Explained> {
  const explanation = await world.explain(id)
  assert.equal(explanation.amount, amount, `${explanation.title}: the amount`)
  const sum = explanation.parts.reduce((total, part) => total + part.amount, 0)
  assert.equal(sum, amount, `${explanation.title}: its parts ${JSON.stringify(explanation.parts)}`)
  assert.equal(explanation.id, id)
  assert.notEqual(explanation.formula, '')
  return explanation
}

function partsOf(explanation: Explained): Record<string, number> {
  return Object.fromEntries(explanation.parts.map(({ title, amount }) => [title, amount]))
}

/** A phone of 3,999.00 in 12 parts (500.00 came back) and groceries of 259.00, bought on 5 March, funded 70/30. */
async function household(credit = { sandbox }) {
  const world = await credit.sandbox('2026-03-05')
  const [bank, trust] = [await world.funder('Bank'), await world.funder('Trust')]
  const program = await world.program(
    baitiaoTerms([
      { funderId: bank, basisPoints: 7_000 },
      { funderId: trust, basisPoints: 3_000 },
    ]),
  )
  const merchantId = await world.merchant()
  const { id: lineId } = await world.line(program.id)
  const phone = await world.buy({ lineId, merchantId, amount: 399_900, plan: '12x' })
  await world.buy({ lineId, merchantId, amount: 25_900 })
  await world.post(`/v1/charges/${phone.id}/refunds`, { amount: 50_000 })
  return { world, bank, program, merchantId, lineId, phoneLoan: phone.loanIds[0]! }
}

test('an instalment is its principal and its charge, each with the formula that makes it and the events behind it', async () => {
  const { world, phoneLoan, program } = await household()
  const first = await explained(world, `${phoneLoan}.1`, 35_075)
  assert.match(first.title, /Instalment 1 of 12, due 2026-04-13/)
  assert.deepEqual(partsOf(first), { Principal: 33_325, Interest: 1_750 })
  assert.match(first.parts[0]!.formula, /333\.25 = the level instalment 350\.75 less its flat charge/)
  assert.match(first.parts[1]!.formula, /17\.50 = 3499\.00 × 6 % a year × 1\/12 for one bill, rounded half-even/)
  assert.deepEqual(
    first.events.map(({ type }) => type),
    ['charge.captured', 'charge.refunded'],
  )
  assert.deepEqual(
    [first.terms.programId, first.terms.plan, first.terms.method, first.terms.disbursedOn],
    [program.id, '12x', 'flat', '2026-03-05'],
  )

  // Paid in part and late, what is left is explained: 1.00 paid on the charge, 17.49 late charge in the next instalment.
  await world.advance('2026-04-14')
  await world.post('/v1/repayments', { loanId: phoneLoan, amount: 100 })
  await world.advance('2026-04-18')
  const late = await explained(world, `${phoneLoan}.1`, 34_975)
  assert.match(late.parts[1]!.formula, /less 1\.00 paid/)
  const next = await explained(world, `${phoneLoan}.2`, 35_075 + 1_749)
  assert.match(next.parts.at(-1)!.formula, /17\.49 on 2026-04-17 \(late-2026-04-13\)/)
})

test('interest by days is explained by the balance, the rate and the days', async () => {
  const world = await sandbox('2026-03-05')
  const plan = { code: 'by-day', method: 'equal-principal' as const, instalments: 3, paidBy: 'customer' as const }
  const plans = [{ ...plan, rate: { per: 'year' as const, percent: '10.95' } }]
  const program = await world.program(plainTerms({ plans }))
  const { id: lineId } = await world.line(program.id)
  const merchantId = await world.merchant()
  const { loanIds } = await world.buy({ lineId, merchantId, amount: 365_000, plan: 'by-day' })
  const second = await explained(world, `${loanIds[0]}.2`, 121_667 + 2_190)
  assert.match(
    second.parts[1]!.formula,
    /21\.90 = .*2433\.33 .* 10\.95 % a year from 2026-04-13 to 2026-05-13, actual\/365/,
  )
})

test('after money ahead, goods returned and a settlement the formulas are those of what is asked for then', async () => {
  const world = await sandbox('2026-03-05')
  const plan = { code: 'by-day', method: 'equal-principal' as const, instalments: 3, paidBy: 'customer' as const }
  const plans = [...plainTerms().plans, { ...plan, rate: { per: 'year' as const, percent: '10.95' } }]
  const program = await world.program(plainTerms({ plans }))
  const { id: lineId } = await world.line(program.id)
  const merchantId = await world.merchant()
  const formulas = async (loanId: string, n: number) =>
    (await world.explain(`${loanId}.${n}`)).parts.map(({ formula }) => formula)

  // 100.00 of 1,200.00 are returned, 200.00 paid at once: 900.00 bear 10.95 % for 39 of 365 days.
  const byDay = await world.buy({ lineId, merchantId, amount: 120_000, plan: 'by-day' })
  const [loanId] = byDay.loanIds
  await world.post(`/v1/charges/${byDay.id}/refunds`, { amount: 10_000 })
  await world.post('/v1/repayments', { loanId, amount: 20_000 })
  assert.equal(
    (await formulas(loanId!, 1))[1],
    '10.53 CNY = sum of balance × factor, rounded once: 900.00 CNY × 8541/730000 (2026-03-05 to 2026-04-13, 39 days, actual/365, 10.95 %), rounded half-even',
  )
  assert.equal((await formulas(loanId!, 3))[0], '300.00 CNY: planned')
  await world.post('/v1/repayments', { loanId, amount: (await world.loan(loanId!)).payoff })
  assert.deepEqual(await formulas(loanId!, 3), ['300.00 CNY: planned; less 300.00 paid', '0.00 CNY: no balance'])

  // Settled within the first bill, a loan with a charge per bill owes the charges of later ones no more.
  const [flat] = (await world.buy({ lineId, merchantId, amount: 120_000, plan: '3x' })).loanIds
  await world.advance('2026-03-10')
  await world.post('/v1/repayments', { loanId: flat, amount: (await world.loan(flat!)).payoff })
  assert.match((await formulas(flat!, 1))[1]!, /^6\.00 = 1200\.00 × 6 % a year × 1\/12 for one bill/)
  assert.equal((await formulas(flat!, 2))[1], '0.00 CNY: what is left of the flat charge')

  // Of 500.00 returned all of the last of three instalments is cut, and a part of the second.
  const returned = await world.buy({ lineId, merchantId, amount: 120_000, plan: '3x' })
  await world.post(`/v1/charges/${returned.id}/refunds`, { amount: 50_000 })
  const principals = [1, 2, 3].map(async (n) => (await formulas(returned.loanIds[0]!, n))[0])
  assert.deepEqual(await Promise.all(principals), [
    '400.00 = the level instalment 403.50 less its flat charge',
    '300.00 CNY = instalment − interest − beyond the balance: 403.50 CNY, 3.50 CNY, 100.00 CNY',
    '0.00 CNY = instalment − beyond the balance: 403.50 CNY, 403.50 CNY',
  ])
})

test('a bill is the sum of its lines, and each line is explained as it was known when the bill closed', async () => {
  const { world, lineId } = await household()
  await world.advance('2026-04-04')
  const [bill] = await world.statements(lineId)
  const whole = await explained(world, bill!.id, 60_975)
  assert.deepEqual(
    whole.parts.map((part) => [part.id, part.amount]),
    [
      [`${bill!.id}.1`, 35_075],
      [`${bill!.id}.2`, 25_900],
    ],
  )
  // Paid afterwards, the line of the bill stays what it was.
  await world.pay(lineId, 60_975)
  for (const { id, total } of bill!.items) await explained(world, id, total)
  await explained(world, `${bill!.items[0]!.loanId}.1`, 0)
})

test('a carried-over purchase is explained with its revolving rate', async () => {
  const world = await sandbox('2026-03-06')
  const program = await world.program(cardTerms())
  const { id: lineId } = await world.line(program.id)
  await world.buy({ lineId, merchantId: await world.merchant(), amount: 100_000 })
  await world.advance('2026-04-20')
  await world.pay(lineId, 10_000)
  await world.advance('2026-05-06')
  const bill = (await world.statements(lineId)).at(-1)!
  assert.equal(bill.total, 91_350)
  const item = await explained(world, bill.items[0]!.id, 91_350)
  assert.match(item.parts[1]!.formula, /13\.50 = .*900\.00.* 18\.25 % a year from 2026-04-25 to 2026-05-25/)
  await world.booksAreTrue()
})

test('a repayment is what each loan got and what was kept', async () => {
  const { world, lineId, phoneLoan } = await household()
  await world.advance('2026-04-13')
  const paid = await world.pay(lineId, 60_975)
  const whole = await explained(world, paid.id, 60_975)
  assert.equal(partsOf(whole)[`Loan ${phoneLoan}`], 35_075)
  const { payoff } = await world.loan(phoneLoan)
  const more = await world.pay(lineId, payoff + 500)
  assert.equal(partsOf(await explained(world, more.id, payoff + 500))['Kept as credit'], 500)
})

test('a payout is what was added for the payee up to its day, less what was taken before', async () => {
  const { world, bank, merchantId, lineId } = await household()
  await world.advance('2026-03-07')
  const [toMerchant] = (await world.get<{ data: Payout[] }>('/v1/payouts')).data
  // 3,999.00 less 31.99 and 259.00 less 2.07; 500.00 less 4.00 that came back.
  const first = await explained(world, toMerchant!.id, 372_794)
  assert.deepEqual(partsOf(first), { 'charge.captured': 422_394, 'charge.refunded': -49_600 })

  await world.buy({ lineId, merchantId, amount: 10_000 })
  const second = await world.post<Payout>('/v1/payouts', { merchantId, timing: 'T+0' })
  await explained(world, second.id, 9_920)

  // 70 % of 3,758.00 less 350.00 and 100.00 is collected; then a repayment's share is paid.
  const collected = await world.post<Payout>('/v1/payouts', { funderId: bank })
  assert.equal(collected.direction, 'collect')
  await explained(world, collected.id, ((399_900 + 25_900 - 50_000 + 10_000) * 7) / 10)
  await world.advance('2026-04-13')
  await world.pay(lineId, 60_975)
  const paid = await world.post<Payout>('/v1/payouts', { funderId: bank })
  assert.equal(paid.direction, 'pay')
  // 70 % of 333.25 (the half cent is the first funder's) and of 259.00, and of 17.50 interest 9.80.
  await explained(world, paid.id, 23_328 + 18_130 + 980)
  await world.booksAreTrue()
})

test('a payout that was cut off is explained by what was known when it was made', async () => {
  const { world, merchantId } = await household(sharded)
  const more = await world.line((await world.program(plainTerms())).id)
  await sharded.db.unsafe(`
    create function refuse() returns trigger language plpgsql as $$
    begin raise exception 'no' using errcode = 'check_violation'; end $$;
    create trigger refuse before insert on journal for each row when (new.type = 'payout.paid') execute function refuse()`)
  assert.equal((await world.call('POST', '/v1/payouts', { merchantId, timing: 'T+0' })).status, 500)
  await world.buy({ lineId: more.id, merchantId, amount: 10_000 })
  await sharded.db.unsafe('drop trigger refuse on journal')
  await world.advance('2026-03-06')
  const { data } = await world.get<{ data: Payout[] }>('/v1/payouts')
  assert.deepEqual(
    data.map(({ status, amount }) => [status, amount]),
    [['paid', 372_794]],
  )
  await explained(world, data[0]!.id, 372_794)
})

test('every balance is the sum of the kinds of events that moved it, in its own currency', async () => {
  const { world, lineId, merchantId } = await household()
  await world.advance('2026-04-18')
  await world.pay(lineId, 10_000)
  const plans = [plainTerms().plans[0]!]
  const euro = await world.program(plainTerms({ currency: 'EUR', rulePack: 'none', plans }))
  const line = await world.line(euro.id)
  await world.buy({ lineId: line.id, merchantId, amount: 500_000, currency: 'EUR' })
  await world.pay(line.id, 500_000)
  const { data } = await world.get<{ data: { account: string; currency: string; balance: number }[] }>('/v1/accounts')
  assert.ok(data.length > 12)
  for (const { account, currency, balance } of data) {
    const explanation = await world.get<Explained>(`/v1/explain/${encodeURIComponent(account)}?currency=${currency}`)
    assert.deepEqual([explanation.amount, explanation.currency], [balance, currency], account)
    const sum = explanation.parts.reduce((total, part) => total + part.amount, 0)
    assert.equal(sum, balance, `${account} ${currency}: ${JSON.stringify(explanation.parts)}`)
    assert.ok(explanation.events.length > 0)
  }
  await world.booksAreTrue()
})

test('what is none of these, or not there, is not found', async () => {
  const { world, phoneLoan } = await household()
  for (const id of [`${phoneLoan}.13`, phoneLoan, 'asset:nowhere', 'nonsense', 'stm_0000000000000000000000000']) {
    const answer = await world.call('GET', `/v1/explain/${encodeURIComponent(id)}`)
    assert.equal(answer.status, 404, id)
  }
})
