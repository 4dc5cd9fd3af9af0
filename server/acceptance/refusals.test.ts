import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { baitiaoTerms } from '../demo-terms.ts'
import { testApp } from '../platform/testing.ts'
import { registerRoutes } from '../routes.ts'
import type { Identified, ProblemDocument, Repayment } from './answers.ts'
import { disputeRefusals, type Refused } from './dispute-refusals.ts'
import { fingerprint } from './fingerprint.ts'
import { type Scene, setScene } from './requests.ts'
import {
  advance,
  assertBooksAreTrue,
  buy,
  customer,
  hold,
  line,
  loansOf,
  made,
  order,
  program,
  worldBeginsAt,
} from './world.ts'

const { db, call } = await testApp({ after }, registerRoutes, { frozenAt: worldBeginsAt })
const scene = await setScene(call)

async function frozen(): Promise<string> {
  const { id } = await line(scene)
  await made(call, `/v1/lines/${id}/freeze`)
  return id
}

async function closed(): Promise<string> {
  const { id } = await line(scene)
  await made(call, `/v1/lines/${id}/close`)
  return id
}

async function settled(): Promise<string> {
  const { id: lineId } = await line(scene)
  await buy(scene, lineId, 60_000, '3x')
  const [loan] = await loansOf(call, lineId)
  await made(call, `/v1/loans/${loan!.id}/settle`)
  return loan!.id
}

const terms = (changes: object) => ({ name: 'New', terms: { ...baitiaoTerms([]), ...changes } })
const unknown = (prefix: string) => `${prefix}_00${'0'.repeat(23)}`
const today = '2026-04-20'

/** A well-formed request that the state of things refuses, and how. */
const refusals: Record<string, (scene: Scene) => Promise<Refused>> = {
  ...disputeRefusals,
  'a purchase in another currency': async ({ lineId }) => [
    '/v1/charges',
    { ...order(scene, lineId, 500), currency: 'EUR' },
    422,
    'currency-mismatch',
  ],
  'a purchase under a plan that is not offered': async ({ lineId }) => [
    '/v1/charges',
    order(scene, lineId, 500, '5x'),
    422,
    'unknown-plan',
  ],
  'a purchase too small for its plan': async ({ lineId }) => [
    '/v1/charges',
    order(scene, lineId, 500, '12x'),
    422,
    'plan-not-offered',
  ],
  'a purchase above the limit': async ({ lineId }) => [
    '/v1/charges',
    order(scene, lineId, 90_000_000),
    422,
    'limit-exceeded',
  ],
  'the largest amount there is': async ({ lineId }) => [
    '/v1/charges',
    order(scene, lineId, 1_000_000_000_000_000, '24x'),
    422,
    'limit-exceeded',
  ],
  'a purchase on a frozen line': async () => ['/v1/charges', order(scene, await frozen(), 500), 409, 'line-not-active'],
  'a purchase on a closed line': async () => ['/v1/charges', order(scene, await closed(), 500), 409, 'line-not-active'],
  'a purchase by a customer long past due': async () => {
    const [loan] = [scene.overdueLoanId]
    const { body } = await call<{ lineId: string }>('GET', `/v1/loans/${loan}`)
    return ['/v1/charges', order(scene, body.lineId, 500), 422, 'charge-declined']
  },
  'a purchase at an unknown merchant': async ({ lineId }) => [
    '/v1/charges',
    { ...order(scene, lineId, 500), merchantId: unknown('mer') },
    404,
    'not-found',
  ],
  'a purchase on a merchant’s id as a line': async ({ merchantId }) => [
    '/v1/charges',
    order(scene, merchantId, 500),
    404,
    'not-found',
  ],
  'a capture above the hold': async ({ lineId }) => [
    `/v1/charges/${(await hold(scene, lineId, 500)).id}/capture`,
    { amount: 501 },
    422,
    'capture-above-held',
  ],
  'a capture of a purchase that is captured': async ({ lineId }) => [
    `/v1/charges/${(await buy(scene, lineId, 500)).id}/capture`,
    undefined,
    409,
    'charge-wrong-state',
  ],
  'a void of a purchase that is captured': async ({ lineId }) => [
    `/v1/charges/${(await buy(scene, lineId, 500)).id}/void`,
    undefined,
    409,
    'charge-wrong-state',
  ],
  'a refund above what was captured': async ({ lineId }) => [
    `/v1/charges/${(await buy(scene, lineId, 500)).id}/refunds`,
    { amount: 501 },
    422,
    'refund-above-captured',
  ],
  'a second refund above the rest': async ({ lineId }) => {
    const { id } = await buy(scene, lineId, 500)
    await made(call, `/v1/charges/${id}/refunds`, { amount: 300 })
    return [`/v1/charges/${id}/refunds`, { amount: 201 }, 422, 'refund-above-captured']
  },
  'a refund of a hold': async ({ lineId }) => [
    `/v1/charges/${(await hold(scene, lineId, 500)).id}/refunds`,
    { amount: 1 },
    422,
    'refund-above-captured',
  ],
  'a repayment in another currency': async ({ lineId }) => [
    '/v1/repayments',
    { lineId, amount: 5, currency: 'EUR' },
    422,
    'currency-mismatch',
  ],
  'a repayment of tomorrow': async ({ lineId }) => [
    '/v1/repayments',
    { lineId, amount: 5, effectiveOn: '2026-04-21' },
    422,
    'date-in-future',
  ],
  'a repayment from before the debt': async ({ lineId }) => [
    '/v1/repayments',
    { lineId, amount: 5, effectiveOn: '2026-04-01' },
    422,
    'date-before-debt',
  ],
  'a repayment for a line and a loan at once': async ({ lineId, overdueLoanId }) => [
    '/v1/repayments',
    { lineId, loanId: overdueLoanId, amount: 5 },
    400,
    'invalid-request',
  ],
  'a repayment for nothing': async () => ['/v1/repayments', { amount: 5 }, 400, 'invalid-request'],
  'a reversal of a reversed repayment': async () => {
    const { id: lineId } = await line(scene)
    const { id } = await made<Repayment>(call, '/v1/repayments', { lineId, amount: 500 })
    await made(call, `/v1/repayments/${id}/reverse`)
    return [`/v1/repayments/${id}/reverse`, undefined, 409, 'repayment-reversed']
  },
  'a prepayment above the payoff': async ({ overdueLoanId }) => [
    `/v1/loans/${overdueLoanId}/prepay`,
    { amount: 9_000_000 },
    422,
    'above-payoff',
  ],
  'a prepayment of a settled loan': async () => [
    `/v1/loans/${await settled()}/prepay`,
    { amount: 5 },
    409,
    'loan-wrong-state',
  ],
  'settling a settled loan': async () => [`/v1/loans/${await settled()}/settle`, undefined, 409, 'loan-wrong-state'],
  'rescheduling a settled loan': async () => [
    `/v1/loans/${await settled()}/reschedule`,
    { instalments: 3, firstDueOn: '2026-06-01' },
    409,
    'loan-wrong-state',
  ],
  'rescheduling to today': async ({ overdueLoanId }) => [
    `/v1/loans/${overdueLoanId}/reschedule`,
    { instalments: 3, firstDueOn: today },
    422,
    'date-in-past',
  ],
  'rescheduling at a higher rate': async ({ overdueLoanId }) => [
    `/v1/loans/${overdueLoanId}/reschedule`,
    { instalments: 3, firstDueOn: '2026-06-01', annualRatePercent: '99' },
    422,
    'rate-too-high',
  ],
  'waiving more than is owed': async ({ overdueLoanId }) => [
    `/v1/loans/${overdueLoanId}/waive`,
    { component: 'fee', amount: 9_000_000 },
    422,
    'loan-refuses',
  ],
  'writing off a loan that is not late': async () => {
    const { id: lineId } = await line(scene)
    await buy(scene, lineId, 60_000, '3x')
    const [loan] = await loansOf(call, lineId)
    return [`/v1/loans/${loan!.id}/write-off`, undefined, 409, 'write-off-too-early']
  },
  'a limit above the program’s': async ({ lineId }) => [
    `/v1/lines/${lineId}/limit`,
    { limit: 900_000_000 },
    422,
    'limit-out-of-range',
  ],
  'freezing a frozen line': async () => [`/v1/lines/${await frozen()}/freeze`, undefined, 409, 'line-wrong-state'],
  'unfreezing an active line': async ({ lineId }) => [
    `/v1/lines/${lineId}/unfreeze`,
    undefined,
    409,
    'line-wrong-state',
  ],
  'closing a closed line': async () => [`/v1/lines/${await closed()}/close`, undefined, 409, 'line-wrong-state'],
  'autopay on a closed line': async () => [
    `/v1/lines/${await closed()}/autopay`,
    { autopay: null },
    409,
    'line-wrong-state',
  ],
  'closing a line with credit': async () => {
    const { id: lineId } = await line(scene)
    await made(call, '/v1/repayments', { lineId, amount: 500 })
    return [`/v1/lines/${lineId}/close`, undefined, 409, 'line-in-use']
  },
  'paying back more than the credit': async ({ lineId }) => [
    `/v1/lines/${lineId}/pay-back`,
    { amount: 5 },
    422,
    'credit-insufficient',
  ],
  'a line in a draft': async ({ draftId }) => [
    '/v1/lines',
    { customerId: await customer(call), programId: draftId },
    409,
    'program-not-active',
  ],
  'a second line in one program': async ({ customerId, programId }) => [
    '/v1/lines',
    { customerId, programId },
    409,
    'line-exists',
  ],
  'a line of a customer who was erased': async ({ programId }) => {
    const customerId = await customer(call)
    await made(call, `/v1/customers/${customerId}/erase`)
    return ['/v1/lines', { customerId, programId }, 409, 'customer-erased']
  },
  'the same person entered again': async () => {
    await customer(call, { idNumber: 'A 12-34' })
    return ['/v1/customers', { name: 'Lin Lin', idNumber: 'a1234' }, 409, 'customer-exists']
  },
  'a merchant under a reference that is taken': async () => {
    await made(call, '/v1/merchants', { name: 'Grocer', reference: 'taken' })
    return ['/v1/merchants', { name: 'Baker', reference: 'taken' }, 409, 'merchant-exists']
  },
  'erasing a customer with a line': async ({ customerId }) => [
    `/v1/customers/${customerId}/erase`,
    undefined,
    409,
    'customer-has-open-lines',
  ],
  'a quote for a line and a program at once': async ({ lineId, programId }) => [
    '/v1/quotes',
    { lineId, programId, amount: 5 },
    400,
    'invalid-request',
  ],
  'terms in no currency': async () => ['/v1/programs', terms({ currency: 'ZZZ' }), 422, 'unknown-currency'],
  'terms with limits upside down': async () => [
    '/v1/programs',
    terms({ limit: { min: 5, max: 2, initial: 3 } }),
    422,
    'terms-invalid',
  ],
  'terms under no known law': async () => ['/v1/programs', terms({ rulePack: 'atlantis' }), 422, 'terms-invalid'],
  'terms at an absurd rate': async () => [
    '/v1/programs',
    terms({
      plans: [
        { code: 'a', method: 'flat', instalments: 12, rate: { per: 'period', percent: '99999' }, paidBy: 'customer' },
      ],
    }),
    422,
    'loan-refuses',
  ],
  'terms with a funder named twice': async ({ funderIds: [funderId] }) => [
    '/v1/programs',
    terms({
      funding: {
        shares: [
          { funderId, basisPoints: 5_000 },
          { funderId, basisPoints: 5_000 },
        ],
        serviceFeeBasisPoints: 0,
      },
    }),
    422,
    'terms-invalid',
  ],
  'terms in another currency than before': async () => [
    `/v1/programs/${await program(call, baitiaoTerms([]))}/terms`,
    { terms: { ...baitiaoTerms([]), currency: 'EUR' } },
    422,
    'terms-invalid',
  ],
  'activating terms against the rules': async () => {
    const plans = [
      { code: '12x', method: 'flat', instalments: 12, rate: { per: 'period', percent: '3' }, paidBy: 'customer' },
    ]
    const { id } = await made<Identified>(call, '/v1/programs', terms({ plans }))
    return [`/v1/programs/${id}/activate`, undefined, 422, 'program-breaks-rules']
  },
  'a payout of nothing': async () => {
    const { id } = await made<Identified>(call, '/v1/merchants', { name: 'Idle' })
    return ['/v1/payouts', { merchantId: id }, 409, 'nothing-to-pay-out']
  },
  'a payout to nobody': async () => ['/v1/payouts', {}, 400, 'invalid-request'],
  'a clock put back': async () => ['/v1/clock/advance', { to: '2026-04-01' }, 422, 'date-in-past'],
  'a clock moved by centuries': async () => ['/v1/clock/advance', { to: '2226-04-01' }, 422, 'clock-too-far'],
  'a clock moved to no date': async () => ['/v1/clock/advance', { to: '2026-02-30' }, 400, 'invalid-request'],
  'a sandbox at the beginning of the world': async () => [
    '/v1/sandboxes',
    { name: 'Eden', now: '-004004-10-23' },
    400,
    'invalid-request',
  ],
  'a sandbox on another planet': async () => [
    '/v1/sandboxes',
    { name: 'Trial', timeZone: 'Mars/Olympus' },
    400,
    'invalid-request',
  ],
}

for (const [name, prepare] of Object.entries(refusals)) {
  test(`${name}: refused with a code and a remedy, and nothing changes`, async () => {
    const [path, body, status, code] = await prepare(scene)
    const before = await fingerprint(db)
    const answer = await call<ProblemDocument>('POST', path, body)
    assert.deepEqual([answer.status, answer.body.code], [status, code], JSON.stringify(answer.body))
    assert.ok(answer.body.remedy.length > 10 && answer.body.detail.length > 10)
    assert.deepEqual(await fingerprint(db), before)
  })
}

test('a hold that ran out is given back and can’t be captured or voided', async () => {
  const { id: lineId } = await line(scene)
  const { id } = await hold(scene, lineId, 500)
  await advance(call, '2026-04-28')
  for (const verb of ['capture', 'void']) {
    const { status, body } = await call<ProblemDocument>('POST', `/v1/charges/${id}/${verb}`)
    assert.deepEqual([status, body.code], [409, 'charge-wrong-state'])
  }
  const { body } = await call('GET', `/v1/lines/${lineId}`)
  assert.deepEqual([body.held, body.owed], [0, 0])
  await assertBooksAreTrue(call)
})
