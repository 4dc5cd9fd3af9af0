/**
 * One good request for every operation of the API, on things made for it alone. Tests spoil them one part at a time; the
 * list must be complete, so a new route needs an entry here.
 */
import { baitiaoTerms } from '../demo-terms.ts'
import type { Charge, Dispute, Identified, ListOf, Loan, Payout, Repayment, Statement } from './answers.ts'
import {
  advance,
  buy,
  type Call,
  customer,
  hold,
  line,
  loansOf,
  made,
  openWorld,
  order,
  read,
  type World,
} from './world.ts'

export interface GoodRequest {
  readonly method: 'GET' | 'POST'
  /** Fills `{id}` of the path. */
  readonly id?: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: Readonly<Record<string, unknown>>
}

/** A tenant in which one of everything exists. */
export interface Scene extends World {
  /** Owes nothing. */
  readonly customerId: string
  readonly lineId: string
  /** Overdue since the 13th of April; a second one of the same line is not. */
  readonly overdueLoanId: string
  readonly statement: Statement
  readonly repaymentId: string
  readonly payoutId: string
  readonly draftId: string
}

/** Today is 2026-04-20: the first bill was due a week ago. */
export async function setScene(call: Call): Promise<Scene> {
  const world = await openWorld(call, { writeOffAfterDays: 5 })
  const debtor = await line(world)
  await buy(world, debtor.id, 120_000, '12x')
  await advance(call, '2026-04-20')
  const [loan] = await loansOf(call, debtor.id)
  const { data: statements } = await read<ListOf<Statement>>(call, `/v1/statements?lineId=${debtor.id}`)
  const { data: payouts } = await read<ListOf<Payout>>(call, '/v1/payouts')
  const repayment = await made<Repayment>(call, '/v1/repayments', { lineId: debtor.id, amount: 50 })
  const draft = await made<Identified>(call, '/v1/programs', { name: 'New', terms: baitiaoTerms([]) })
  const idle = await line(world)
  return {
    ...world,
    customerId: idle.customerId,
    lineId: idle.id,
    overdueLoanId: loan!.id,
    statement: statements[0]!,
    repaymentId: repayment.id,
    payoutId: payouts[0]!.id,
    draftId: draft.id,
  }
}

type Prepare = (scene: Scene) => Promise<Omit<GoodRequest, 'method'>>

const nothing: Prepare = async () => ({})
const ofLine: Prepare = async ({ lineId }) => ({ query: { lineId } })
const byId =
  (id: (scene: Scene) => string): Prepare =>
  async (scene) => ({ id: id(scene) })

/** A loan in instalments on a line of its own, paid for none of them. */
async function freshLoan(scene: Scene): Promise<Loan> {
  const { id } = await line(scene)
  await buy(scene, id, 60_000, '12x-daily')
  return (await loansOf(scene.call, id))[0]!
}

async function lineWithCredit(scene: Scene, amount: number): Promise<string> {
  const { id: lineId } = await line(scene)
  await made(scene.call, '/v1/repayments', { lineId, amount })
  return lineId
}

async function freshHold(scene: Scene): Promise<Charge> {
  return hold(scene, (await line(scene)).id, 5_000)
}

async function freshDispute(scene: Scene): Promise<Dispute> {
  const { id } = await buy(scene, (await line(scene)).id, 5_000)
  return made<Dispute>(scene.call, `/v1/charges/${id}/disputes`, { reason: 'unauthorized' })
}

const prepared: Record<string, Prepare> = {
  'POST /v1/customers': async () => ({
    body: {
      kind: 'consumer',
      name: 'Lin',
      idNumber: `id-${Math.random()}`,
      phone: '13800000000',
      reference: `r-${Math.random()}`,
    },
  }),
  'GET /v1/customers': async () => ({ query: { phone: '13800000000' } }),
  'GET /v1/customers/{id}': byId((scene) => scene.customerId),
  'POST /v1/customers/{id}/erase': async ({ call }) => ({ id: await customer(call) }),
  'POST /v1/merchants': async () => ({
    body: { name: 'Grocer', reference: `shop-${Math.random()}`, payoutTiming: 'T+0', feePercent: '0.5' },
  }),
  'GET /v1/merchants': async () => ({ query: { limit: '10' } }),
  'GET /v1/merchants/{id}': byId((scene) => scene.merchantId),
  'POST /v1/funders': async () => ({ body: { name: 'Bank' } }),
  'GET /v1/funders': nothing,
  'GET /v1/funders/{id}': byId((scene) => scene.funderIds[0]),
  'POST /v1/api-keys': async () => ({ body: { label: 'till', role: 'reader' } }),
  'GET /v1/api-keys': nothing,
  'POST /v1/api-keys/{id}/revoke': async ({ call }) => ({
    id: (await made<Identified>(call, '/v1/api-keys', { label: 'old till' })).id,
  }),
  'POST /v1/staff': async () => ({ body: { name: 'Wu', role: 'operator' } }),
  'GET /v1/staff': nothing,
  'POST /v1/sandboxes': async () => ({ body: { name: 'Trial', timeZone: 'Asia/Shanghai', now: '2026-05-01' } }),
  'POST /v1/programs': async ({ funderIds }) => ({ body: { name: 'Mall', terms: someTerms(funderIds[0]) } }),
  'GET /v1/programs': nothing,
  'GET /v1/programs/{id}': byId((scene) => scene.programId),
  'POST /v1/programs/{id}/terms': async ({ programId, funderIds }) => ({
    id: programId,
    body: { terms: someTerms(funderIds[0]) },
  }),
  'POST /v1/programs/{id}/activate': byId((scene) => scene.draftId),
  'POST /v1/lines': async ({ call, programId }) => ({
    body: {
      customerId: await customer(call),
      programId,
      profile: { monthlyIncome: 900_000, monthlySpend: 200_000, ordersLastYear: 12, age: 30 },
      autopay: { token: 'tok_ok', amount: 'total' },
    },
  }),
  'GET /v1/lines': async ({ customerId }) => ({ query: { customerId } }),
  'GET /v1/lines/{id}': byId((scene) => scene.lineId),
  'POST /v1/lines/{id}/limit': async (scene) => ({
    id: (await line(scene)).id,
    body: { limit: 70_000, reason: 'asked' },
  }),
  'POST /v1/lines/{id}/autopay': async (scene) => ({
    id: (await line(scene)).id,
    body: { autopay: { token: 'tok_ok', amount: 'minimum' } },
  }),
  'POST /v1/lines/{id}/freeze': async (scene) => ({ id: (await line(scene)).id, body: { reason: 'lost phone' } }),
  'POST /v1/lines/{id}/unfreeze': async (scene) => {
    const { id } = await line(scene)
    await made(scene.call, `/v1/lines/${id}/freeze`)
    return { id, body: { reason: 'found' } }
  },
  'POST /v1/lines/{id}/close': async (scene) => ({ id: (await line(scene)).id, body: { reason: 'moved' } }),
  'POST /v1/lines/{id}/pay-back': async (scene) => ({
    id: await lineWithCredit(scene, 5_000),
    body: { amount: 2_000 },
  }),
  'POST /v1/quotes': async ({ lineId }) => ({ body: { lineId, amount: 50_000 } }),
  'POST /v1/charges': async (scene) => ({
    body: { ...order(scene, (await line(scene)).id, 5_000), reference: 'order-1' },
  }),
  'GET /v1/charges': ofLine,
  'GET /v1/charges/{id}': async (scene) => ({ id: (await freshHold(scene)).id }),
  'POST /v1/charges/{id}/capture': async (scene) => ({
    id: (await freshHold(scene)).id,
    body: { amount: 2_000, final: true },
  }),
  'POST /v1/charges/{id}/void': async (scene) => ({ id: (await freshHold(scene)).id, body: {} }),
  'POST /v1/charges/{id}/refunds': async (scene) => ({
    id: (await buy(scene, (await line(scene)).id, 5_000)).id,
    body: { amount: 2_000, reference: 'return-1' },
  }),
  'POST /v1/charges/{id}/disputes': async (scene) => ({
    id: (await buy(scene, (await line(scene)).id, 5_000)).id,
    body: { amount: 2_000, reason: 'not-received', reference: 'letter-1' },
  }),
  'POST /v1/disputes/{id}/resolve': async (scene) => ({
    id: (await freshDispute(scene)).id,
    body: { outcome: 'upheld', amount: 1_500, note: 'parcel lost' },
  }),
  'GET /v1/disputes': async (scene) => ({ query: { lineId: (await freshDispute(scene)).lineId } }),
  'GET /v1/disputes/{id}': async (scene) => ({ id: (await freshDispute(scene)).id }),
  'GET /v1/loans/{id}': byId((scene) => scene.overdueLoanId),
  'GET /v1/loans': ofLine,
  'GET /v1/loans/{id}/payoff': async ({ overdueLoanId }) => ({ id: overdueLoanId, query: { on: '2026-04-25' } }),
  'POST /v1/loans/{id}/reschedule': async (scene) => ({
    id: (await freshLoan(scene)).id,
    body: { instalments: 18, firstDueOn: '2026-06-13', annualRatePercent: '5', reason: 'hardship' },
  }),
  'POST /v1/loans/{id}/waive': async ({ overdueLoanId }) => ({
    id: overdueLoanId,
    body: { component: 'penalty', amount: 1 },
  }),
  'POST /v1/loans/{id}/write-off': async ({ overdueLoanId }) => ({ id: overdueLoanId, body: { reason: 'gone' } }),
  'POST /v1/loans/{id}/prepay': async (scene) => ({
    id: (await freshLoan(scene)).id,
    body: { amount: 9_000, effect: 'lower' },
  }),
  'POST /v1/loans/{id}/settle': async (scene) => ({ id: (await freshLoan(scene)).id, body: {} }),
  'POST /v1/repayments': async (scene) => ({
    body: {
      lineId: (await freshLoan(scene)).lineId,
      amount: 2_000,
      currency: 'CNY',
      source: 'partner',
      effectiveOn: '2026-04-20',
      reference: 'transfer-1',
    },
  }),
  'GET /v1/repayments': ofLine,
  'GET /v1/repayments/{id}': byId((scene) => scene.repaymentId),
  'POST /v1/repayments/{id}/reverse': async (scene) => {
    const { lineId } = await freshLoan(scene)
    const { id } = await made<Repayment>(scene.call, '/v1/repayments', { lineId, amount: 2_000 })
    return { id, body: { reason: 'bounced' } }
  },
  'GET /v1/statements': ofLine,
  'GET /v1/statements/{id}': byId((scene) => scene.statement.id),
  'POST /v1/payouts': async (scene) => {
    await buy(scene, (await line(scene)).id, 5_000)
    return { body: { merchantId: scene.merchantId, timing: 'T+0' } }
  },
  'GET /v1/payouts': async ({ merchantId }) => ({ query: { payeeId: merchantId } }),
  'GET /v1/payouts/{id}': byId((scene) => scene.payoutId),
  'GET /v1/payouts/{id}/file': byId((scene) => scene.payoutId),
  'GET /v1/payouts/batch': async () => ({ query: { on: '2026-04-20' } }),
  'GET /v1/events': async () => ({ query: { limit: '10', types: 'charge.captured' } }),
  'GET /v1/accounts': async () => ({ query: { prefix: 'asset:', asOf: '2026-04-01' } }),
  'GET /v1/trial-balance': async () => ({ query: { asOf: '2026-04-01' } }),
  'GET /v1/clock': nothing,
  'POST /v1/clock': async () => ({ body: { mode: 'frozen' } }),
  'POST /v1/clock/advance': async () => ({ body: { to: '2026-04-21' } }),
  'GET /v1/audit': nothing,
  'GET /v1/explain/{id}': byId((scene) => scene.statement.items[0]!.id),
}

function someTerms(funderId: string) {
  const terms = baitiaoTerms([{ funderId, basisPoints: 5_000 }])
  return {
    ...terms,
    minimumPayment: null,
    allocation: ['penalty', 'fee', 'interest', 'principal'],
    rounding: 'half-even',
  }
}

export const listedOperations: readonly string[] = Object.keys(prepared)

export async function goodRequest(operation: string, scene: Scene): Promise<GoodRequest> {
  const method = operation.startsWith('GET ') ? 'GET' : 'POST'
  return { method, ...(await prepared[operation]!(scene)) }
}

export function pathOf(operation: string, { id = '', query = {} }: Pick<GoodRequest, 'id' | 'query'>): string {
  const path = operation.split(' ')[1]!.replace('{id}', encodeURIComponent(id))
  const search = new URLSearchParams(query).toString()
  return search === '' ? path : `${path}?${search}`
}
