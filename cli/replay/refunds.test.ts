import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Entry, Order } from './orders.ts'
import { matchRefund, purchaseOf } from './refunds.ts'

const entry: Entry = {
  order: 'o1',
  kind: 'purchase',
  customer: 'x',
  merchant: 'Shop',
  at: '2026-01-02T00:00:00',
  article: 'MUG',
  quantity: 3n,
  amount: 1_000n,
  refundOf: null,
}

function order(id: string, ...items: Partial<Entry>[]): Order {
  const entries = items.map((item) => ({ ...entry, order: id, ...item }))
  const { kind, customer, merchant, at, refundOf } = entries[0]!
  const amount = entries.reduce((sum, item) => sum + item.amount, 0n)
  return { id, kind, customer, merchant, at, amount, items: entries, refundOf }
}

function refund(...items: Partial<Entry>[]): Order {
  return order('r1', ...items.map((item) => ({ kind: 'refund' as const, ...item })))
}

test('pieces come back from the latest order first, and what is left from the one before', () => {
  const purchases = [
    purchaseOf(order('o1', {}), 'chg_1'),
    purchaseOf(order('o2', { quantity: 2n, amount: 700n }), 'chg_2'),
  ]
  const { refunds, unmatched } = matchRefund(refund({ quantity: 3n, amount: 1_050n }), { purchases, declined: [] })
  assert.deepEqual(refunds, [
    { chargeId: 'chg_2', amount: 700n },
    { chargeId: 'chg_1', amount: 333n },
  ])
  assert.deepEqual(unmatched, [{ reason: 'asked at more than the price paid', amount: 17n }])
})

test('thirds of 10.00 returned one by one sum to 10.00, and a fourth is more than was bought', () => {
  const history = { purchases: [purchaseOf(order('o1', {}), 'chg_1')], declined: [] }
  const amounts = [1, 2, 3].map(() => matchRefund(refund({ quantity: 1n, amount: 400n }), history).refunds[0]!.amount)
  assert.deepEqual(amounts, [333n, 334n, 333n])
  assert.deepEqual(matchRefund(refund({ quantity: 1n, amount: 400n }), history), {
    refunds: [],
    unmatched: [{ reason: 'more than was bought', amount: 400n }],
  })
})

test('the lower of the two prices is given back', () => {
  const history = { purchases: [purchaseOf(order('o1', {}), 'chg_1')], declined: [] }
  assert.deepEqual(matchRefund(refund({ quantity: 3n, amount: 600n }), history).refunds, [
    { chargeId: 'chg_1', amount: 600n },
  ])
})

test('each reason why nothing comes back has its name', () => {
  const declined = [order('o1', {})]
  const other = [purchaseOf(order('o2', { article: 'BOWL' }), 'chg_2')]
  const reasonOf = (history: Parameters<typeof matchRefund>[1]) => matchRefund(refund({}), history).unmatched[0]?.reason
  assert.equal(reasonOf({ purchases: [], declined: [] }), 'no earlier order of this customer')
  assert.equal(reasonOf({ purchases: other, declined: [] }), 'not bought before')
  assert.equal(reasonOf({ purchases: other, declined }), 'bought on an order that was declined')
})

test('without articles a refund is for the order it names, else for the latest at the merchant, up to what was paid', () => {
  const amounts = { article: null, quantity: 0n }
  const purchases = [
    purchaseOf(order('o1', { ...amounts, amount: 500n }), 'chg_1'),
    purchaseOf(order('o2', { ...amounts, amount: 300n }), 'chg_2'),
  ]
  const named = matchRefund(refund({ ...amounts, amount: 200n, refundOf: 'o1' }), { purchases, declined: [] })
  assert.deepEqual(named.refunds, [{ chargeId: 'chg_1', amount: 200n }])
  const unnamed = matchRefund(refund({ ...amounts, amount: 700n }), { purchases, declined: [] })
  assert.deepEqual(unnamed.refunds, [
    { chargeId: 'chg_2', amount: 300n },
    { chargeId: 'chg_1', amount: 300n },
  ])
  assert.deepEqual(unnamed.unmatched, [{ reason: 'more than was bought', amount: 100n }])
})
