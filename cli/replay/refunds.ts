/** Which earlier purchases a refund takes back, and why a part of it can't be. Nothing is sent here. */
import { type Minor, minMinor } from '../../core/money.ts'
import { roundQuotient } from '../../core/rounding.ts'
import type { Entry, Order } from './orders.ts'

/** An accepted purchase and what of it has not been refunded. */
export interface Purchase {
  readonly order: Order
  readonly chargeId: string
  readonly items: Item[]
}

interface Item {
  readonly entry: Entry
  pieces: bigint
  refunded: Minor
}

export function purchaseOf(order: Order, chargeId: string): Purchase {
  return { order, chargeId, items: order.items.map((entry) => ({ entry, pieces: entry.quantity, refunded: 0n })) }
}

export interface Matching {
  readonly refunds: readonly { readonly chargeId: string; readonly amount: Minor }[]
  readonly unmatched: readonly { readonly reason: string; readonly amount: Minor }[]
}

/** What a customer bought and did not return, with the orders that were not accepted. */
export interface History {
  readonly purchases: readonly Purchase[]
  readonly declined: readonly Order[]
}

/** Takes the pieces or amounts off the purchases, the latest first. */
export function matchRefund(refund: Order, history: History): Matching {
  const amounts = new Map<string, Minor>()
  const unmatched: { reason: string; amount: Minor }[] = []
  const take = (purchase: Purchase, amount: Minor) =>
    amounts.set(purchase.chargeId, (amounts.get(purchase.chargeId) ?? 0n) + amount)
  for (const entry of refund.items) {
    const { left, dearer } =
      entry.article === null ? takeAmount(entry, history, take) : takePieces(entry, history, take)
    if (dearer > 0n) unmatched.push({ reason: 'asked at more than the price paid', amount: dearer })
    if (left > 0n) unmatched.push({ reason: reasonFor(entry, history), amount: left })
  }
  const refunds = [...amounts].map(([chargeId, amount]) => ({ chargeId, amount })).filter(({ amount }) => amount > 0n)
  return { refunds, unmatched }
}

type Take = (purchase: Purchase, amount: Minor) => void

/**
 * Pieces of one article at the lower of the two prices. What is given back, what was asked above the price paid and what
 * could not be taken back sum to the amount asked for.
 */
function takePieces(refund: Entry, { purchases }: History, take: Take): { left: Minor; dearer: Minor } {
  let done = 0n
  let asked = 0n
  let taken = 0n
  for (const purchase of purchases.toReversed()) {
    for (const item of purchase.items) {
      const back = minMinor(refund.quantity - done, item.pieces)
      if (item.entry.article !== refund.article || back === 0n) continue
      done += back
      const part = roundQuotient(refund.amount * done, refund.quantity) - asked
      const amount = minMinor(part, shareOf(item, item.entry.quantity - item.pieces + back) - item.refunded)
      item.pieces -= back
      item.refunded += amount
      asked += part
      taken += amount
      take(purchase, amount)
    }
  }
  return { left: refund.amount - asked, dearer: asked - taken }
}

/** What the first `pieces` of a line cost; the last piece takes what rounding left. */
function shareOf({ entry }: Item, pieces: bigint): Minor {
  return roundQuotient(entry.amount * pieces, entry.quantity)
}

function takeAmount(refund: Entry, { purchases }: History, take: Take): { left: Minor; dearer: Minor } {
  let left = refund.amount
  for (const purchase of purchases.toReversed()) {
    if (!isFor(refund, purchase.order)) continue
    for (const item of purchase.items) {
      const amount = minMinor(left, item.entry.amount - item.refunded)
      if (amount <= 0n) continue
      item.refunded += amount
      left -= amount
      take(purchase, amount)
    }
  }
  return { left, dearer: 0n }
}

function isFor(refund: Entry, order: Order): boolean {
  return refund.refundOf === null ? order.merchant === refund.merchant : order.id === refund.refundOf
}

function reasonFor(refund: Entry, { purchases, declined }: History): string {
  const holds = (order: Order) =>
    refund.article === null
      ? isFor(refund, order)
      : order.items.some((item) => item.article === refund.article && item.quantity > 0n)
  if (purchases.some(({ order }) => holds(order))) return 'more than was bought'
  if (declined.some(holds)) return 'bought on an order that was declined'
  return purchases.length + declined.length === 0 ? 'no earlier order of this customer' : 'not bought before'
}
