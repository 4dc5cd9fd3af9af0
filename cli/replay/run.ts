/** The replay itself: day after day, the clock first, then what customers do on that day. */
import { setTimeout as delay } from 'node:timers/promises'
import type * as api from '../http/api.ts'
import { type Client, createClient } from '../http/client.ts'
import { minor } from '../http/money.ts'
import { openSandbox } from '../http/sandbox.ts'
import type { ServerAddress } from '../http/server.ts'
import { type Intent, intentsFor, shifted } from './behaviour.ts'
import { activate, buy, type Customer, giveBack, repay, type Scene } from './customer.ts'
import type { Order } from './orders.ts'
import type { Progress } from './progress.ts'
import { add, addTo, createTally, type Tally } from './tally.ts'
import { makeWorld, type World } from './world.ts'

export interface ReplayPlan {
  readonly orders: readonly Order[]
  readonly currency: string
  readonly timeZone: string
  readonly limit: bigint
  readonly seed: number
  readonly concurrency: number
  /** How many times as fast as life; null: as fast as it goes. */
  readonly speed: number | null
  readonly tailMonths: number
}

export interface Replayed {
  readonly tally: Tally
  readonly names: ReadonlyMap<string, string>
  readonly firstDay: string
  readonly lastOrderDay: string
  readonly lastDay: string
  /** Outstanding principal on the day of the last order and at the end. */
  readonly outstandingThen: number
  readonly outstandingNow: number
  /** Late loans by bucket on the day of the last order. */
  readonly lateThen: ReadonlyMap<string, { count: number; amount: bigint }>
  readonly trialBalance: api.TrialBalance
  readonly audit: api.AuditReport
  readonly retries: number
  readonly seconds: { readonly orders: number; readonly tail: number; readonly audit: number }
}

/** A day's closing and the audit may take long on a large book; giving up early would only ask for them again. */
const patientMilliseconds = 30 * 60_000

interface Stage extends Scene {
  readonly plan: ReplayPlan
  readonly patient: Client
  readonly progress: Progress
  readonly customers: Map<string, Customer>
  readonly customerOfLine: Map<string, Customer>
  /** Repayments by the day on which they are made. */
  readonly agenda: Map<string, { customer: Customer; statementId: string; intent: Intent }[]>
  readonly lateLines: Set<string>
  cursor: string
}

export async function replay(server: ServerAddress, plan: ReplayPlan, progress: Progress): Promise<Replayed> {
  const firstDay = dayOf(plan.orders[0]!)
  const order = { name: 'Replay of orders', timeZone: plan.timeZone, now: firstDay }
  const { address } = await openSandbox(server, order)
  const client = createClient({ ...address, connections: plan.concurrency })
  const patient = createClient({ ...address, timeoutMilliseconds: patientMilliseconds })
  try {
    const world = await makeWorld(client, plan.currency, plan.limit)
    return await perform(stageFor(world, plan, patient, progress), firstDay)
  } finally {
    client.close()
    patient.close()
  }
}

function stageFor(world: World, plan: ReplayPlan, patient: Client, progress: Progress): Stage {
  return {
    world,
    plan,
    patient,
    progress,
    seed: plan.seed,
    tally: createTally(),
    customers: new Map(),
    customerOfLine: new Map(),
    agenda: new Map(),
    lateLines: new Set(),
    cursor: '',
  }
}

async function perform(stage: Stage, firstDay: string): Promise<Replayed> {
  const startedAt = performance.now()
  const lastOrderDay = await replayOrders(stage, firstDay)
  const thenAt = performance.now()
  const outstandingThen = await outstanding(stage)
  const lateThen = await lateLoans(stage)
  const lastDay = await runOut(stage, lastOrderDay)
  const lastAt = performance.now()
  const trialBalance = await stage.patient.get<api.TrialBalance>('/v1/trial-balance')
  const audit = await stage.patient.get<api.AuditReport>('/v1/audit')
  const auditedAt = performance.now()
  stage.progress.stop()
  return {
    tally: stage.tally,
    names: stage.world.names,
    firstDay,
    lastOrderDay,
    lastDay,
    outstandingThen,
    outstandingNow: await outstanding(stage),
    lateThen,
    trialBalance,
    audit,
    retries: stage.world.client.retries() + stage.patient.retries(),
    seconds: {
      orders: (thenAt - startedAt) / 1000,
      tail: (lastAt - thenAt) / 1000,
      audit: (auditedAt - lastAt) / 1000,
    },
  }
}

function dayOf(order: Order): string {
  return order.at.slice(0, 10)
}

async function replayOrders(stage: Stage, firstDay: string): Promise<string> {
  const { plan, progress } = stage
  const ordersOn = Map.groupBy(plan.orders, dayOf)
  const lastDay = dayOf(plan.orders.at(-1)!)
  const startedAt = performance.now()
  progress.start('orders', plan.orders.length)
  for (let day = firstDay, passed = 0; day <= lastDay; day = shifted(day, 1), passed++) {
    if (plan.speed !== null) await delay(startedAt + (passed * 86_400_000) / plan.speed - performance.now())
    await turnTo(stage, day)
    await playDay(stage, day, ordersOn.get(day) ?? [])
  }
  return lastDay
}

async function turnTo({ patient, tally, progress }: Stage, day: string): Promise<void> {
  progress.day(day)
  const moved = await patient.post<api.Advanced>('/v1/clock/advance', { to: day })
  tally.statements += moved.statements
  tally.autopaid += moved.autopaid
  tally.payouts += moved.payouts
}

async function playDay(stage: Stage, day: string, orders: readonly Order[]): Promise<void> {
  await heed(stage)
  const repayments = stage.agenda.get(day) ?? []
  stage.agenda.delete(day)
  // One customer's doings go one after the other, and different customers' at the same time.
  const doings = new Map<string, (() => Promise<void>)[]>()
  const enqueue = (customer: string, doing: () => Promise<void>) => {
    const own = doings.get(customer)
    if (own === undefined) doings.set(customer, [doing])
    else own.push(doing)
  }
  for (const { customer, statementId, intent } of repayments) {
    enqueue(customer.name, () => repay(stage, customer, statementId, intent))
  }
  for (const order of orders) {
    const doing = doingFor(stage, order)
    if (doing === null) stage.progress.done()
    else enqueue(order.customer!, () => doing().finally(() => stage.progress.done()))
  }
  await inParallel([...doings.values()], stage.plan.concurrency)
}

/** Null where there is nothing to send. */
function doingFor(stage: Stage, order: Order): (() => Promise<void>) | null {
  const { tally, customers } = stage
  const name = order.customer
  if (name === null) {
    if (order.kind === 'purchase') add(tally.guests, order.amount)
    else {
      add(tally.refundsAsked, order.amount)
      addTo(tally.unmatched, 'a guest’s', order.amount)
    }
    return null
  }
  if (order.kind === 'refund') return () => giveBack(stage, customers.get(name) ?? null, order)
  if (order.amount <= 0n) {
    add(tally.empty, order.amount)
    return null
  }
  return async () => buy(stage, await customerFor(stage, name), order)
}

async function customerFor(stage: Stage, name: string): Promise<Customer> {
  const known = stage.customers.get(name)
  if (known !== undefined) return known
  const customer = await activate(stage, name)
  stage.customers.set(name, customer)
  stage.customerOfLine.set(customer.line.id, customer)
  return customer
}

async function inParallel(queues: readonly (readonly (() => Promise<void>)[])[], atOnce: number): Promise<void> {
  const waiting = queues.values()
  const work = async () => {
    for (const queue of waiting) for (const doing of queue) await doing()
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, queues.length) }, work))
}

/** Reads on in the feed of events: who has a new bill, which loan is late, what that cost. */
async function heed(stage: Stage): Promise<void> {
  for (;;) {
    const query = `types=statement.closed,loan.delinquency-changed,loan.late-charged&limit=1000&after=${stage.cursor}`
    const page = await stage.world.client.get<api.EventPage>(`/v1/events?${query}`)
    for (const event of page.data) await react(stage, event)
    stage.cursor = page.next
    if (!page.more) return
  }
}

async function react(stage: Stage, event: api.JournalEvent): Promise<void> {
  const lineId = event.lineId!
  if (event.type === 'statement.closed') {
    planRepayments(stage, stage.customerOfLine.get(lineId)!, String(event.data.statementId), String(event.data.dueOn))
    return
  }
  if (event.type === 'loan.late-charged') {
    add(stage.tally.lateCharges, minor(Number(event.data.amount)))
    return
  }
  const bucket = String(event.data.to)
  if (bucket === 'current') return
  stage.lateLines.add(lineId)
  addTo(stage.tally.reached, bucket, 0n)
  if (bucket === 'M7+') await writeOff(stage, event.loanId!)
}

function planRepayments({ agenda, seed }: Stage, customer: Customer, statementId: string, dueOn: string): void {
  for (const intent of intentsFor(seed, customer.habit, customer.name, dueOn)) {
    const own = agenda.get(intent.on) ?? []
    agenda.set(intent.on, own)
    own.push({ customer, statementId, intent })
  }
}

/** A loan that came to the last bucket is given up, as its terms allow from that day. */
async function writeOff({ world, tally }: Stage, loanId: string): Promise<void> {
  const loan = await world.client.get<api.Loan>(`/v1/loans/${loanId}`)
  if (loan.status !== 'active') return
  await world.client.post(`/v1/loans/${loanId}/write-off`, {}, `write-off-${loanId}`)
  add(tally.writtenOff, minor(loan.principalOutstanding))
}

async function outstanding({ patient }: Stage): Promise<number> {
  const { data } = await patient.get<api.Listed<api.Account>>('/v1/accounts?prefix=asset:loans')
  return data.reduce((sum, account) => sum + account.balance, 0)
}

async function lateLoans({ world, lateLines }: Stage): Promise<Replayed['lateThen']> {
  const late = new Map<string, { count: number; amount: bigint }>()
  for (const lineId of lateLines) {
    for await (const loan of loansOf(world.client, lineId)) {
      if (loan.bucket !== 'current') addTo(late, loan.bucket, minor(loan.principalOutstanding))
    }
  }
  return late
}

/** Page after page. */
async function* loansOf(client: Client, lineId: string): AsyncGenerator<api.Loan> {
  for (let after: string | null = ''; after !== null; ) {
    const page: api.Page<api.Loan> = await client.get(`/v1/loans?limit=1000&lineId=${lineId}&after=${after}`)
    yield* page.data
    after = page.next
  }
}

/** Everything customers still owe, charges too. */
async function receivables({ patient }: Stage): Promise<number> {
  const { data } = await patient.get<api.Listed<api.Account>>('/v1/accounts?prefix=asset:')
  return data
    .filter(({ account }) => !account.startsWith('asset:cash:'))
    .reduce((sum, account) => sum + account.balance, 0)
}

/** After the last order days go on until nothing is owed, or for as many months as asked. */
async function runOut(stage: Stage, lastOrderDay: string): Promise<string> {
  const end = Temporal.PlainDate.from(lastOrderDay).add({ months: stage.plan.tailMonths }).toString()
  const days = Temporal.PlainDate.from(lastOrderDay).until(end, { largestUnit: 'day' }).days
  stage.progress.start('days', days)
  let day = lastOrderDay
  while (day < end) {
    day = shifted(day, 1)
    await turnTo(stage, day)
    await playDay(stage, day, [])
    stage.progress.done()
    if (day.endsWith('-01') && (await receivables(stage)) === 0) break
  }
  return day
}
