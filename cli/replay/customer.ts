/** What one customer does, one thing after the other: first order, orders, refunds, repayments. */
import type { Minor } from '../../core/money.ts'
import type * as api from '../http/api.ts'
import { ApiProblem } from '../http/client.ts'
import { minor } from '../http/money.ts'
import { type Habit, habitOf, type Intent, planFor } from './behaviour.ts'
import type { Order } from './orders.ts'
import { matchRefund, type Purchase, purchaseOf } from './refunds.ts'
import { add, addTo, type Tally } from './tally.ts'
import { keyOf, type World } from './world.ts'

export interface Customer {
  readonly name: string
  readonly habit: Habit
  readonly line: api.Line
  readonly purchases: Purchase[]
  readonly declined: Order[]
}

export interface Scene {
  readonly world: World
  readonly tally: Tally
  readonly seed: number
}

export async function activate({ world, tally, seed }: Scene, name: string): Promise<Customer> {
  const habit = habitOf(seed, name)
  const line = await world.openLine(name, habit)
  addTo(tally.customersByHabit, habit, 0n)
  if (line.status !== 'active') {
    for (const { code } of line.decision.reasons) addTo(tally.linesDeclined, code, 0n)
  }
  return { name, habit, line, purchases: [], declined: [] }
}

export async function buy({ world, tally, seed }: Scene, customer: Customer, order: Order): Promise<void> {
  const plan = planFor(seed, order.id, order.amount, world.currency)
  const request = {
    lineId: customer.line.id,
    merchantId: await world.merchantId(order.merchant),
    amount: order.amount,
    currency: world.currency,
    plan,
    reference: order.id.slice(0, 200),
  }
  add(tally.sent, order.amount)
  try {
    const charge = await world.client.post<api.Charge>('/v1/charges', request, keyOf('order', order.id))
    customer.purchases.push(purchaseOf(order, charge.id))
    add(tally.accepted, order.amount)
    addTo(tally.acceptedByPlan, plan, order.amount)
  } catch (error) {
    customer.declined.push(order)
    addTo(tally.declined, refusalOf(error), order.amount)
  }
}

/** The codes that a customer could be told; anything else ends the replay, because it would hide a fault. */
function refusalOf(error: unknown): string {
  if (!(error instanceof ApiProblem) || error.status >= 500 || ![409, 422].includes(error.status)) throw error
  const { reasons } = error.document
  if (!Array.isArray(reasons)) return error.code
  return reasons.map((reason: { code?: unknown }) => String(reason.code)).join(' and ')
}

export async function giveBack({ world, tally }: Scene, customer: Customer | null, order: Order): Promise<void> {
  add(tally.refundsAsked, order.amount)
  const matching = matchRefund(order, customer ?? { purchases: [], declined: [] })
  for (const { reason, amount } of matching.unmatched) addTo(tally.unmatched, reason, amount)
  for (const { chargeId, amount } of matching.refunds) {
    const request = { amount, reference: order.id.slice(0, 200) }
    const key = keyOf('refund', order.id, chargeId)
    try {
      await world.client.post<api.Refund>(`/v1/charges/${chargeId}/refunds`, request, key)
      add(tally.refunded, amount)
    } catch (error) {
      addTo(tally.unmatched, `refused: ${refusalOf(error)}`, amount)
    }
  }
}

/** Pays what is still open of a bill, or half of it. */
export async function repay(
  { world, tally }: Scene,
  customer: Customer,
  statementId: string,
  intent: Intent,
): Promise<void> {
  const bill = await world.client.get<api.Statement>(`/v1/statements/${statementId}`)
  const amount = partOf(minor(bill.outstanding), intent.part)
  if (amount <= 0n) return
  const request = { lineId: bill.lineId, amount, currency: world.currency, reference: statementId }
  await world.client.post<api.Repayment>('/v1/repayments', request, keyOf('repayment', statementId, intent.on))
  addTo(tally.repayments, customer.habit, amount)
}

function partOf(outstanding: Minor, part: Intent['part']): Minor {
  return part === 'half' ? outstanding / 2n : outstanding
}
