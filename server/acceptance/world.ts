/** A tenant's small world, made over HTTP as a client would: funders, programs, a merchant, customers with lines. */
import assert from 'node:assert/strict'
import { baitiaoTerms, cardTerms } from '../demo-terms.ts'
import type { ProgramTermsJson } from '../programs/types.ts'
import type { AuditReport, Charge, Event, EventPage, Identified, Line, ListOf, Loan, TrialBalance } from './answers.ts'

export interface Answer<Body> {
  readonly status: number
  readonly body: Body
  readonly headers: Readonly<Record<string, string | number | string[] | undefined>>
}

/** What `callerOf` of the platform's test support gives, or anything else that sends requests. */
export type Call = <Body = Record<string, unknown>>(
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
  options?: { key?: string | null; idempotencyKey?: string | null; headers?: Record<string, string> },
) => Promise<Answer<Body>>

export interface World {
  readonly call: Call
  readonly funderIds: readonly [string, string]
  /** Pay-later and instalments, with late charges. */
  readonly programId: string
  /** A card with a minimum payment: what is not paid is carried over with interest. */
  readonly cardId: string
  readonly merchantId: string
}

/** When every world begins, in Asia/Shanghai: two days after a statement day, so a whole cycle lies ahead. */
export const worldBeginsAt = '2026-03-05T02:00:00Z'

/** `changes` are made to the terms of the instalment program. */
export async function openWorld(call: Call, changes: Partial<ProgramTermsJson> = {}): Promise<World> {
  const first = await made<Identified>(call, '/v1/funders', { name: 'Harbour Bank' })
  const second = await made<Identified>(call, '/v1/funders', { name: 'Plum Finance' })
  // Thirds, so that nearly every amount leaves a cent over to be placed.
  const shares = [
    { funderId: first.id, basisPoints: 6_667 },
    { funderId: second.id, basisPoints: 3_333 },
  ]
  return {
    call,
    funderIds: [first.id, second.id],
    programId: await program(call, { ...baitiaoTerms(shares), ...changes }),
    cardId: await program(call, cardTerms()),
    merchantId: await merchant(call),
  }
}

/** Sends and expects a 2xx; the refusal is in the message otherwise. */
export async function made<Body = Record<string, unknown>>(call: Call, path: string, body?: unknown): Promise<Body> {
  return accepted(await call<Body>('POST', path, body), `POST ${path}`)
}

export async function read<Body = Record<string, unknown>>(call: Call, path: string): Promise<Body> {
  return accepted(await call<Body>('GET', path), `GET ${path}`)
}

function accepted<Body>({ status, body }: Answer<Body>, what: string): Body {
  assert.ok(status < 300, `${what} was answered ${status}: ${JSON.stringify(body)}`)
  return body
}

export async function program(call: Call, terms: ProgramTermsJson): Promise<string> {
  const { id } = await made<Identified>(call, '/v1/programs', { name: 'Baitiao', terms })
  await made(call, `/v1/programs/${id}/activate`)
  return id
}

export async function merchant(call: Call, settings: object = {}): Promise<string> {
  const { id } = await made<Identified>(call, '/v1/merchants', { name: 'Phones & More', ...settings })
  return id
}

export async function customer(call: Call, identity: object = {}): Promise<string> {
  const { id } = await made<Identified>(call, '/v1/customers', { name: 'Lin', ...identity })
  return id
}

/** A line of a new customer; with a limit, raised or cut to it. */
export async function line(world: World, limit: number | null = null, programId = world.programId): Promise<Line> {
  const customerId = await customer(world.call)
  const opened = await made<Line>(world.call, '/v1/lines', { customerId, programId })
  return limit === null ? opened : made<Line>(world.call, `/v1/lines/${opened.id}/limit`, { limit })
}

/** The body of a purchase, to send or to spoil. */
export function order(world: World, lineId: string, amount: number, plan = 'pay-later', capture = true) {
  return { lineId, merchantId: world.merchantId, amount, currency: 'CNY', plan, capture }
}

export function buy(world: World, lineId: string, amount: number, plan = 'pay-later'): Promise<Charge> {
  return made<Charge>(world.call, '/v1/charges', order(world, lineId, amount, plan))
}

export function hold(world: World, lineId: string, amount: number, plan = 'pay-later'): Promise<Charge> {
  return made<Charge>(world.call, '/v1/charges', order(world, lineId, amount, plan, false))
}

export async function loansOf(call: Call, lineId: string): Promise<readonly Loan[]> {
  return (await read<ListOf<Loan>>(call, `/v1/loans?limit=1000&lineId=${lineId}`)).data
}

/** Every event of the tenant, page after page. */
export async function eventsOf(call: Call, limit = 1_000): Promise<Event[]> {
  const events: Event[] = []
  for (let after = ''; ; ) {
    const page = await read<EventPage>(call, `/v1/events?limit=${limit}&after=${after}`)
    events.push(...page.data)
    if (page.data.length === 0) return events
    after = page.next
  }
}

export function advance(call: Call, to: string): Promise<Record<string, unknown>> {
  return made(call, '/v1/clock/advance', { to })
}

/** Every proof of the audit holds and the trial balance balances; what failed is in the message. */
export async function assertBooksAreTrue(call: Call): Promise<void> {
  const { ok, proofs } = await read<AuditReport>(call, '/v1/audit')
  const failed = proofs.filter((proof) => proof.failures.length > 0)
  assert.ok(ok, failed.map((proof) => `${proof.name}:\n  ${proof.failures.join('\n  ')}`).join('\n'))
  const { totals } = await read<TrialBalance>(call, '/v1/trial-balance')
  assert.deepEqual(
    totals.filter((total) => !total.balanced),
    [],
    'the trial balance must balance',
  )
}
