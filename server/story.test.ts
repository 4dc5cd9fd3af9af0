import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { baitiaoTerms } from './demo-terms.ts'
import { testApp } from './platform/testing.ts'
import { registerRoutes } from './routes.ts'

const { call } = await testApp({ after }, registerRoutes, { frozenAt: '2026-03-05T02:00:00Z' })

async function must(method: 'GET' | 'POST', path: string, body?: unknown): Promise<any> {
  const answer = await call<any>(method, path, body)
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body
}

test('a phone in 12 instalments and groceries on the bill, from the limit to the last cent', async () => {
  const f1 = await must('POST', '/v1/funders', { name: 'A' })
  const f2 = await must('POST', '/v1/funders', { name: 'B' })
  const terms = baitiaoTerms([{ funderId: f1.id, basisPoints: 7000 }, { funderId: f2.id, basisPoints: 3000 }])
  const program = await must('POST', '/v1/programs', { name: 'Baitiao', terms })
  console.log(JSON.stringify(program.review))
  await must('POST', `/v1/programs/${program.id}/activate`)
  const merchant = await must('POST', '/v1/merchants', { name: 'Phones' })
  const customer = await must('POST', '/v1/customers', { name: 'Lin', phone: '13800000000' })
  const line = await must('POST', '/v1/lines', { customerId: customer.id, programId: program.id })
  console.log(line)
  const q = await must('POST', '/v1/quotes', { lineId: line.id, amount: 399900 })
  console.log(q.plans.map((p: any) => [p.plan, p.total, p.irrPercent, p.schedule.length]))
  const phone = await must('POST', '/v1/charges', { lineId: line.id, merchantId: merchant.id, amount: 399900, currency: 'CNY', plan: '12x' })
  await must('POST', '/v1/charges', { lineId: line.id, merchantId: merchant.id, amount: 25900, currency: 'CNY', plan: 'pay-later' })
  const refund = await must('POST', `/v1/charges/${phone.id}/refunds`, { amount: 50000 })
  console.log(refund)
  console.log(await must('POST', '/v1/clock/advance', { to: '2026-04-04' }))
  const st = await must('GET', `/v1/statements?lineId=${line.id}`)
  console.log(JSON.stringify(st.data))
  await must('POST', `/v1/lines/${line.id}/autopay`, { autopay: { token: 'tok_ok', amount: 'total' } })
  console.log(await must('POST', '/v1/clock/advance', { to: '2026-04-14' }))
  await must('POST', `/v1/lines/${line.id}/autopay`, { autopay: { token: 'tok_insufficient', amount: 'total' } })
  console.log(await must('POST', '/v1/clock/advance', { to: '2026-05-20' }))
  const loans = (await must('GET', `/v1/loans?lineId=${line.id}`)).data
  console.log(loans.map((l: any) => [l.plan, l.status, l.principalOutstanding, l.payoff, l.bucket]))
  console.table(loans[0].instalments)
  const open = loans.find((l: any) => l.status === 'active')
  console.log(await must('POST', `/v1/loans/${open.id}/settle`))
  console.log((await must('GET', `/v1/lines/${line.id}`)))
  console.log(await must('POST', '/v1/payouts', { merchantId: merchant.id }).catch((e) => e.message))
  for (const f of [f1, f2]) console.log(await must('POST', '/v1/payouts', { funderId: f.id }))
  const tb = await must('GET', '/v1/trial-balance')
  console.table(tb.accounts)
  console.log(tb.totals)
  console.log(JSON.stringify(await must('GET', '/v1/audit'), null, 1))
  const ev = await must('GET', '/v1/events?limit=1000')
  console.table(ev.data.map((e: any) => ({ c: e.cursor, t: e.type, on: e.effectiveOn, legs: e.legs.length })))
})
