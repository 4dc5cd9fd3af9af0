/**
 * What tests of credit share: sandboxes with a clock of their own, and the few steps (product, shop, person, purchase)
 * that every story begins with. All of it goes through the HTTP API.
 */
import assert from 'node:assert/strict'
import type { ChargeView, RefundView } from './charges/types.ts'
import type { Advance } from './closing/clock.ts'
import { baitiaoTerms } from './demo-terms.ts'
import type { DisputeView } from './disputes/types.ts'
import type { Explanation } from './explain/types.ts'
import type { AccountView, EventView } from './journal/service.ts'
import type { LineView } from './lines/types.ts'
import type { LoanView } from './loans/types.ts'
import { type Call, type Cleanup, callerOf, type TestApp, type TestAppOptions, testApp } from './platform/testing.ts'
import type { ProgramTermsJson, ProgramView } from './programs/types.ts'
import type { RepaymentView } from './repayments/types.ts'
import { registerRoutes } from './routes.ts'
import type { PayoutView } from './settlement/types.ts'
import type { StatementView } from './statements/types.ts'

/** A view as it arrives: amounts are JSON integers. */
export type Sent<View> = View extends bigint
  ? number
  : View extends readonly (infer Item)[]
    ? Sent<Item>[]
    : View extends object
      ? { [Name in keyof View]: Sent<View[Name]> }
      : View

export type Charge = Sent<ChargeView>
export type Refund = Sent<RefundView>
export type Dispute = Sent<DisputeView>
export type Line = Sent<LineView>
export type Loan = Sent<LoanView>
export type Repayment = Sent<RepaymentView>
export type Statement = Sent<StatementView>
export type Payout = Sent<PayoutView>
export type Program = Sent<ProgramView>
export type Explained = Sent<Explanation>
export type Account = Sent<AccountView>
export type Event = Sent<EventView>
export type Moved = Sent<Advance>

/** A refusal as it arrives, with the further members of its kind. */
export interface Refusal extends Record<string, unknown> {
  readonly status: number
  readonly code: string
  readonly detail: string
}

export interface Purchase {
  readonly lineId: string
  readonly merchantId: string
  readonly amount: number
  readonly currency?: string
  readonly plan?: string
  readonly capture?: boolean
  readonly reference?: string
}

/** One sandbox and what can be done in it. */
export interface World {
  readonly call: Call
  readonly tenantId: string
  readonly key: string
  /** The body of an answer that must be a success. */
  post<Body>(path: string, body?: unknown): Promise<Body>
  get<Body>(path: string): Promise<Body>
  /** The problem of a request that must be refused. */
  refusal(path: string, body?: unknown): Promise<Refusal>
  advance(to: string): Promise<Moved>
  program(terms: ProgramTermsJson): Promise<Program>
  merchant(draft?: Record<string, unknown>): Promise<string>
  funder(name?: string): Promise<string>
  /** A new customer's line in a program. */
  line(programId: string, application?: Record<string, unknown>): Promise<Line>
  buy(purchase: Purchase): Promise<Charge>
  pay(lineId: string, amount: number, more?: Record<string, unknown>): Promise<Repayment>
  loan(id: string): Promise<Loan>
  loansOf(lineId: string): Promise<Loan[]>
  readLine(id: string): Promise<Line>
  statements(lineId: string): Promise<Statement[]>
  /** On the account's own side; 0 where nothing was ever booked. */
  balance(account: string): Promise<number>
  events(types?: string): Promise<Event[]>
  explain(id: string): Promise<Explained>
  /** Ends every story that moves money: all proofs over the books hold. */
  booksAreTrue(): Promise<void>
}

export interface Credit extends TestApp {
  /** A fresh sandbox, its clock standing at the first moment of a day in Shanghai. */
  sandbox(today: string): Promise<World>
}

export async function testCredit(t: Cleanup, options: TestAppOptions = {}): Promise<Credit> {
  const app = await testApp(t, registerRoutes, options)
  const sandbox = async (today: string) => {
    const draft = { name: 'Story', timeZone: 'Asia/Shanghai', now: today }
    const { body } = await app.call<{ tenantId: string; secretKey: string }>('POST', '/v1/sandboxes', draft)
    return worldOf(callerOf(app.app, body.secretKey), body.tenantId, body.secretKey)
  }
  return { ...app, sandbox }
}

function worldOf(call: Call, tenantId: string, key: string): World {
  const ask = async <Body>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Body> => {
    const answer = await call<Body>(method, path, body)
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  const post = <Body>(path: string, body?: unknown) => ask<Body>('POST', path, body)
  const get = <Body>(path: string) => ask<Body>('GET', path)
  const listed = async <Item>(path: string) => (await get<{ data: Item[] }>(path)).data
  let people = 0
  return {
    call,
    tenantId,
    key,
    post,
    get,
    refusal: async (path, body) => {
      const answer = await call<Refusal>('POST', path, body)
      assert.ok(answer.status >= 400, `POST ${path} should be refused: ${JSON.stringify(answer.body)}`)
      return answer.body
    },
    advance: (to) => post('/v1/clock/advance', { to }),
    program: async (terms) => {
      const draft = await post<Program>('/v1/programs', { name: 'Product', terms })
      return post<Program>(`/v1/programs/${draft.id}/activate`)
    },
    merchant: async (draft = {}) => (await post<{ id: string }>('/v1/merchants', { name: 'Shop', ...draft })).id,
    funder: async (name = 'Funder') => (await post<{ id: string }>('/v1/funders', { name })).id,
    line: async (programId, application = {}) => {
      const person = { name: 'Lin Xiaoyu', reference: `person-${++people}` }
      const customer = await post<{ id: string }>('/v1/customers', person)
      return post<Line>('/v1/lines', { customerId: customer.id, programId, ...application })
    },
    buy: (purchase) => post('/v1/charges', { currency: 'CNY', plan: 'pay-later', ...purchase }),
    pay: (lineId, amount, more = {}) => post('/v1/repayments', { lineId, amount, ...more }),
    loan: (id) => get(`/v1/loans/${id}`),
    loansOf: (lineId) => listed(`/v1/loans?limit=1000&lineId=${lineId}`),
    readLine: (id) => get(`/v1/lines/${id}`),
    statements: async (lineId) => (await listed<Statement>(`/v1/statements?lineId=${lineId}`)).toReversed(),
    balance: async (account) => {
      const found = await listed<Account>(`/v1/accounts?prefix=${account}`)
      return found.find((candidate) => candidate.account === account)?.balance ?? 0
    },
    events: (types) => listed(`/v1/events?limit=1000${types === undefined ? '' : `&types=${types}`}`),
    explain: (id) => get(`/v1/explain/${encodeURIComponent(id)}`),
    booksAreTrue: async () => {
      const { ok, proofs } = await get<{ ok: boolean; proofs: { name: string; failures: string[] }[] }>('/v1/audit')
      const failed = proofs.filter((proof) => proof.failures.length > 0)
      assert.deepEqual(failed, [])
      assert.equal(ok, true)
    },
  }
}

/** A product without funders: the demo's monthly bill (3rd, due on the 13th), changed where a story needs it. */
export function plainTerms(changes: Partial<ProgramTermsJson> = {}): ProgramTermsJson {
  return { ...baitiaoTerms([]), ...changes }
}

/** Several columns of a schedule, a row an instalment, for a table that a banker can check. */
export function rowsOf<Column extends keyof Loan['instalments'][number]>(
  loan: Loan,
  ...columns: Column[]
): unknown[][] {
  return loan.instalments.map((instalment) => columns.map((column) => instalment[column]))
}
