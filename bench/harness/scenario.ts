/** What one simulated caller does, again and again. Each step is one request and one measured time. */
import type { Answer, RequestPrinter } from './connection.ts'
import { pick, type Source } from './random.ts'

export type ScenarioName =
  | 'charges'
  | 'authorize-capture-refund'
  | 'repayments'
  | 'events'
  | 'quotes'
  | 'clock'
  | 'empty'

/** Sends one request and notes how long it took. */
export type Send = (request: string) => Promise<Answer>

export interface Caller {
  readonly send: Send
  readonly print: RequestPrinter
  readonly source: Source
  readonly lines: readonly string[]
  /** The first takes half the traffic. */
  readonly merchants: readonly string[]
  readonly programId: string
  /** A fresh idempotency key. */
  nextKey(): string
  /** Where a follower of the feed has come to. */
  cursor: string
  /** Events a follower has received. */
  followed: number
}

export type Scenario = (caller: Caller) => Promise<void>

export function purchase(
  { source, lines, merchants }: Pick<Caller, 'source' | 'lines' | 'merchants'>,
  capture: boolean,
): string {
  const merchantId = source() < 0.5 ? merchants[0]! : pick(source, merchants)
  const plan = source() < 0.5 ? 'pay-later' : '12x'
  // 100.00 to 500.00 CNY: what a plan of 12 starts at, and what a phone bill, shoes or a week's food cost.
  const amount = 10_000 + Math.floor(source() * 40_000)
  const order = { lineId: pick(source, lines), merchantId, amount, currency: 'CNY', plan }
  return JSON.stringify(capture ? order : { ...order, capture: false })
}

const charges: Scenario = async (caller) => {
  await caller.send(caller.print.post('/v1/charges', purchase(caller, true), caller.nextKey()))
}

const authorizeCaptureRefund: Scenario = async (caller) => {
  const { send, print, nextKey } = caller
  const held = await send(print.post('/v1/charges', purchase(caller, false), nextKey()))
  if (held.status !== 201) return
  const { id, amount } = JSON.parse(held.body) as { id: string; amount: number }
  await send(print.post(`/v1/charges/${id}/capture`, '{}', nextKey()))
  const half = JSON.stringify({ amount: Math.floor(amount / 2) })
  await send(print.post(`/v1/charges/${id}/refunds`, half, nextKey()))
}

const repayments: Scenario = async (caller) => {
  const { send, print, source, lines, nextKey } = caller
  const money = { lineId: pick(source, lines), amount: 1_000 + Math.floor(source() * 4_000) }
  await send(print.post('/v1/repayments', JSON.stringify(money), nextKey()))
}

/** 1,000.00 to 9,999.99, as prices are. */
function quoteOf({ source, programId }: Caller): string {
  return JSON.stringify({ programId, amount: 100_000 + Math.floor(source() * 900_000) })
}

const quotes: Scenario = async (caller) => {
  await caller.send(caller.print.post('/v1/quotes', quoteOf(caller), caller.nextKey()))
}

/** The same request, to who does nothing with it. */
const empty: Scenario = async (caller) => {
  await caller.send(caller.print.post('/empty', quoteOf(caller), caller.nextKey()))
}

/** The least that a request with a key can ask. */
const clock: Scenario = async (caller) => {
  await caller.send(caller.print.get('/v1/clock'))
}

const idleMilliseconds = 20

const events: Scenario = async (caller) => {
  const page = await caller.send(caller.print.get(`/v1/events?limit=1000&after=${caller.cursor}`))
  const { data, next, more } = JSON.parse(page.body) as { data: unknown[]; next: string; more: boolean }
  caller.cursor = next
  caller.followed += data.length
  if (!more) await new Promise((resolve) => setTimeout(resolve, idleMilliseconds))
}

export const scenarios: Readonly<Record<ScenarioName, Scenario>> = {
  charges,
  'authorize-capture-refund': authorizeCaptureRefund,
  repayments,
  events,
  quotes,
  clock,
  empty,
}
