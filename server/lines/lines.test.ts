import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { cardTerms } from '../demo-terms.ts'
import { type Line, type Loan, plainTerms, testCredit, type World } from '../testing.ts'

const { sandbox } = await testCredit({ after })

async function shopping(today = '2026-03-05') {
  const world = await sandbox(today)
  return { world, program: await world.program(plainTerms()), merchantId: await world.merchant() }
}

function order(line: Line, merchantId: string, amount: number) {
  return { lineId: line.id, merchantId, amount, currency: 'CNY', plan: 'pay-later' }
}

function setLimit(world: World, line: Line, limit: number): Promise<Line> {
  return world.post(`/v1/lines/${line.id}/limit`, { limit, reason: 'review' })
}

test('an approved line is active with its limit, its first statement day and the reason of the decision', async () => {
  const { world, program } = await shopping()
  const line = await world.line(program.id, { profile: { monthlyIncome: 1_000_000 } })
  assert.deepEqual(
    [line.status, line.limit, line.available, line.owed, line.nextStatementOn, line.openedOn],
    ['active', 500_000, 500_000, 0, '2026-04-03', '2026-03-05'],
  )
  assert.equal(line.decision.outcome, 'approve')
  assert.equal(line.decision.reasons[0]!.code, 'affordable')
})

test('a declined applicant is told why, can buy nothing, and may apply again', async () => {
  const { world, program, merchantId } = await shopping()
  const declined = await world.line(program.id, { profile: { age: 17, monthlyIncome: 0 } })
  assert.deepEqual([declined.status, declined.limit, declined.nextStatementOn], ['declined', 0, null])
  assert.deepEqual(
    declined.decision.reasons.map(({ code }) => code),
    ['under-age', 'no-income'],
  )
  assert.equal((await world.refusal('/v1/charges', order(declined, merchantId, 100))).code, 'line-not-active')
  assert.equal((await world.refusal('/v1/repayments', { lineId: declined.id, amount: 1 })).code, 'line-wrong-state')
  const again = { customerId: declined.customerId, programId: program.id, profile: { age: 18 } }
  assert.equal((await world.post<Line>('/v1/lines', again)).status, 'active')
})

test('a customer has one open line in a program, in each program one, and a new one after closing it', async () => {
  const { world, program } = await shopping()
  const first = await world.line(program.id)
  const application = { customerId: first.customerId, programId: program.id }
  const refusal = await world.refusal('/v1/lines', application)
  assert.deepEqual([refusal.code, refusal.lineId], ['line-exists', first.id])
  const card = await world.program(cardTerms())
  const other = await world.post<Line>('/v1/lines', { ...application, programId: card.id })
  await world.post(`/v1/lines/${first.id}/close`)
  const second = await world.post<Line>('/v1/lines', application)
  assert.notEqual(second.id, first.id)
  const { data } = await world.get<{ data: Line[] }>(`/v1/lines?customerId=${first.customerId}`)
  assert.deepEqual(
    data.map(({ id, status }) => [id, status]),
    [
      [first.id, 'closed'],
      [other.id, 'active'],
      [second.id, 'active'],
    ],
  )
})

test('a customer who is late on one line gets no other', async () => {
  const { world, program, merchantId } = await shopping()
  const line = await world.line(program.id)
  await world.buy({ lineId: line.id, merchantId, amount: 25_900 })
  await world.advance('2026-04-15')
  const card = await world.program(cardTerms())
  const other = await world.post<Line>('/v1/lines', { customerId: line.customerId, programId: card.id })
  assert.equal(other.status, 'declined')
  assert.equal(other.decision.reasons[0]!.code, 'past-due')
})

test('a raise frees more at once; a cut below what is used stops purchases and calls nothing back', async () => {
  const { world, program, merchantId } = await shopping()
  const line = await world.line(program.id)
  await world.buy({ lineId: line.id, merchantId, amount: 800_000 })
  assert.equal((await world.refusal('/v1/charges', order(line, merchantId, 1))).code, 'limit-exceeded')

  assert.equal((await setLimit(world, line, 900_000)).available, 100_000)
  const cut = await setLimit(world, line, 500_000)
  assert.deepEqual([cut.limit, cut.owed, cut.available], [500_000, 800_000, 0])
  assert.equal((await world.refusal('/v1/charges', order(line, merchantId, 1))).code, 'limit-exceeded')

  // 300,000 only bring the debt down to the limit; the cent after that can be spent again.
  await world.pay(line.id, 300_001)
  assert.equal((await world.readLine(line.id)).available, 1)
  await world.post('/v1/charges', order(line, merchantId, 1))

  const above = await world.refusal(`/v1/lines/${line.id}/limit`, { limit: 20_000_001 })
  assert.equal(above.code, 'limit-out-of-range')
  const changes = await world.events('line.limit-raised,line.limit-cut')
  assert.deepEqual(
    changes.map(({ type, data }) => [type, data.from, data.to, data.reason]),
    [
      ['line.limit-raised', 800_000, 900_000, 'review'],
      ['line.limit-cut', 900_000, 500_000, 'review'],
    ],
  )
  await world.booksAreTrue()
})

test('a frozen line buys nothing; what was held can be captured, and repayments and bills go on', async () => {
  const { world, program, merchantId } = await shopping()
  const line = await world.line(program.id)
  await world.buy({ lineId: line.id, merchantId, amount: 25_900 })
  const held = await world.buy({ lineId: line.id, merchantId, amount: 10_000, capture: false })
  const frozen = await world.post<Line>(`/v1/lines/${line.id}/freeze`, { reason: 'card lost' })
  assert.deepEqual([frozen.status, frozen.available], ['frozen', 0])
  assert.equal((await world.refusal('/v1/charges', order(line, merchantId, 100))).code, 'line-not-active')
  assert.equal((await world.refusal(`/v1/lines/${line.id}/freeze`)).code, 'line-wrong-state')

  await world.post(`/v1/charges/${held.id}/capture`)
  await world.advance('2026-04-04')
  assert.equal((await world.statements(line.id))[0]!.total, 35_900)
  await world.pay(line.id, 35_900)
  const active = await world.post<Line>(`/v1/lines/${line.id}/unfreeze`)
  assert.deepEqual([active.status, active.available], ['active', 800_000])
  assert.equal((await world.refusal(`/v1/lines/${line.id}/unfreeze`)).code, 'line-wrong-state')
  await world.booksAreTrue()
})

test('a line closes when nothing is held, owed or kept, and is then at rest', async () => {
  const { world, program, merchantId } = await shopping()
  const line = await world.line(program.id)
  const close = `/v1/lines/${line.id}/close`
  const inUse = async () => {
    const { code, held, owed, credit } = await world.refusal(close)
    return [code, held, owed, credit]
  }
  const held = await world.buy({ lineId: line.id, merchantId, amount: 10_000, capture: false })
  assert.deepEqual(await inUse(), ['line-in-use', 10_000, 0, 0])
  await world.post(`/v1/charges/${held.id}/capture`)
  assert.deepEqual(await inUse(), ['line-in-use', 0, 10_000, 0])
  await world.pay(line.id, 10_500)
  assert.deepEqual(await inUse(), ['line-in-use', 0, 0, 500])
  await world.post(`/v1/lines/${line.id}/pay-back`)

  const closed = await world.post<Line>(close, { reason: 'moved away' })
  assert.deepEqual([closed.status, closed.available, closed.nextStatementOn], ['closed', 0, null])
  assert.equal((await world.refusal(close)).code, 'line-wrong-state')
  assert.equal((await world.refusal('/v1/charges', order(line, merchantId, 100))).code, 'line-not-active')
  const moved = await world.advance('2026-06-04')
  assert.equal(moved.statements, 0)
  await world.booksAreTrue()
})

test('the journal says that autopay was changed, and keeps the bank’s token out', async () => {
  const { world, program } = await shopping()
  const line = await world.line(program.id)
  const autopay = { token: 'tok_secret_account', amount: 'total' }
  assert.deepEqual((await world.post<Line>(`/v1/lines/${line.id}/autopay`, { autopay })).autopay, autopay)
  assert.equal((await world.post<Line>(`/v1/lines/${line.id}/autopay`, { autopay: null })).autopay, null)
  const events = await world.events('line.autopay-changed')
  assert.deepEqual(
    events.map(({ data }) => data),
    [
      { enabled: true, amount: 'total' },
      { enabled: false, amount: null },
    ],
  )
})

test('lines and their loans are read many at once, in the order asked; those of others and those there are not are left out', async () => {
  const { world, program, merchantId } = await shopping()
  const lines = [await world.line(program.id), await world.line(program.id)]
  for (const line of lines) await world.buy({ lineId: line.id, merchantId, amount: 10_000 })
  const strange = await shopping()
  const [one, other] = lines.map((line) => line.id)
  const ids = [other, 'lin_0000000000000000000000000', (await strange.world.line(strange.program.id)).id, one].join(',')
  const shown = await world.get<{ data: Line[] }>(`/v1/lines?ids=${ids}`)
  assert.deepEqual(shown.data, [await world.readLine(other!), await world.readLine(one!)])
  const loans = await world.get<{ data: Loan[] }>(`/v1/loans?lineIds=${ids}`)
  assert.deepEqual(loans.data, [...(await world.loansOf(other!)), ...(await world.loansOf(one!))])
  assert.equal(loans.data.length, 2)
})

test('loans come in pages, line by line, those of one status if asked; a page begins after a loan of these lines', async () => {
  const { world, program, merchantId } = await shopping()
  const [one, other] = [await world.line(program.id), await world.line(program.id)]
  for (const [day, lineId] of [one.id, other.id, one.id, one.id, other.id].entries()) {
    await world.buy({ lineId, merchantId, amount: 1_000 })
    if (day === 2) await world.advance('2026-03-07')
  }
  await world.pay(one.id, 1_000)
  const all = [...(await world.loansOf(one.id)), ...(await world.loansOf(other.id))]
  assert.deepEqual([all.length, all[0]!.status], [5, 'paid'])
  const read = async (query: string, limit: number) => {
    const loans: Loan[] = []
    const sizes: number[] = []
    for (let after: string | null = ''; after !== null; ) {
      const page: { data: Loan[]; next: string | null } = await world.get(
        `/v1/loans?${query}&limit=${limit}&after=${after}`,
      )
      loans.push(...page.data)
      sizes.push(page.data.length)
      after = page.next
    }
    return { loans, sizes }
  }
  const both = `lineIds=${one.id},${other.id},${one.id}`
  assert.deepEqual(await read(both, 2), { loans: all, sizes: [2, 2, 1] })
  assert.deepEqual(await read(both, 1), { loans: all, sizes: [1, 1, 1, 1, 1, 0] })
  assert.deepEqual(await read(`lineId=${one.id}`, 2), { loans: all.slice(0, 3), sizes: [2, 1] })
  assert.deepEqual((await read(`${both}&status=active`, 3)).loans, all.slice(1))
  assert.deepEqual((await read(`${both}&status=paid`, 3)).loans, all.slice(0, 1))
  const strange = await shopping()
  const { id: strangeLine } = await strange.world.line(strange.program.id)
  await strange.world.buy({ lineId: strangeLine, merchantId: strange.merchantId, amount: 1_000 })
  const [strangers] = await strange.world.loansOf(strangeLine)
  for (const after of [strangers!.id, all[4]!.id, 'loa_none']) {
    const { status, body } = await world.call<{ code: string }>('GET', `/v1/loans?lineId=${one.id}&after=${after}`)
    assert.deepEqual([status, body.code], [400, 'invalid-request'], after)
  }
})

test('a list of lines or loans says by what it is chosen, once', async () => {
  const { world, program } = await shopping()
  const { id, customerId } = await world.line(program.id)
  const codes = ['lines', `lines?ids=${id}&customerId=${customerId}`, 'loans', `loans?lineId=${id}&lineIds=${id}`].map(
    async (path) => (await world.call<{ code: string }>('GET', `/v1/${path}`)).body.code,
  )
  assert.deepEqual(await Promise.all(codes), Array(4).fill('invalid-request'))
})

test('some who ask for the lines of one customer at the same moment are each told of every line once', async () => {
  const { world, program } = await shopping()
  const { id, customerId } = await world.line(program.id)
  const asked = Array.from({ length: 5 }, () => world.get<{ data: Line[] }>(`/v1/lines?customerId=${customerId}`))
  for (const { data } of await Promise.all(asked)) {
    assert.deepEqual(
      data.map((line) => line.id),
      [id],
    )
  }
})
