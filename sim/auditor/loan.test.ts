/** The auditor's own reckoning, on figures that can be checked by hand. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayOf, monthsLater, nearest, nextDayNumbered, percent, share, textOf } from './arithmetic.ts'
import { type Happening, type LoanFacts, type PlanFacts, partsOf, roomUnder, settles, tell } from './loan.ts'
import { unpaid } from './part.ts'

const plan: PlanFacts = {
  code: '3x',
  method: 'flat',
  instalments: 3,
  percent: '0.5',
  merchantPays: false,
  leastAmount: 0,
}
const dues = ['2026-04-13', '2026-05-13', '2026-06-13'].map(dayOf)
const phone: LoanFacts = { plan, price: 300_000, openedOn: dayOf('2026-03-05'), dues }

function asked(happenings: readonly Happening[]): number[][] {
  return partsOf(tell(phone, happenings)).map((part) => [part.principal, part.interest, part.penalty, unpaid(part)])
}

test('a half goes to the even digit, shares sum to the whole, dates keep their day', () => {
  assert.deepEqual([nearest(5n, 2n), nearest(7n, 2n), percent(399_900, '0.5')], [2, 4, 2_000])
  assert.deepEqual(share(100, [6_667, 3_333]), [67, 33])
  assert.deepEqual(share(2, [1, 1, 1]), [1, 1, 0])
  assert.equal(textOf(monthsLater(dayOf('2026-12-13'), 2)), '2027-02-13')
  assert.equal(textOf(nextDayNumbered(dayOf('2026-12-14'), 13)), '2027-01-13')
})

test('3,000.00 in three instalments at 0.5 % a bill: 1,015.00 each; settled after the first bill, the last charge is saved', () => {
  assert.deepEqual(asked([]), Array(3).fill([100_000, 1_500, 0, 101_500]))
  const paid: Happening = { what: 'paid', on: dues[0]!, amount: 101_500 }
  assert.equal(settles(tell(phone, [paid]), dues[0]! + 1), 201_500)
  const settled: Happening = { what: 'settled', on: dues[0]! + 1, amount: 201_500 }
  assert.equal(tell(phone, [paid, settled]).status, 'paid')
})

test('half of the goods back: the last principal goes, and coming bills bear half the charge', () => {
  assert.deepEqual(asked([{ what: 'refunded', on: dues[0]! - 5, amount: 150_000 }]), [
    [100_000, 750, 0, 100_750],
    [50_000, 750, 0, 50_750],
    [0, 0, 0, 0],
  ])
})

test('a late charge is asked for with the next bill, and money of earlier days is told in its place', () => {
  const late: Happening = { what: 'late-charge', on: dues[0]! + 4, amount: 5_075, missed: dues[0]! }
  const paid: Happening = { what: 'paid', on: dues[0]! + 1, amount: 101_500 }
  assert.deepEqual(asked([late, paid])[0], [100_000, 1_500, 0, 0])
  assert.deepEqual(asked([late, paid])[1], [100_000, 1_500, 5_075, 106_575])
})

test('a late charge keeps the loan under 24 % a year of what was outstanding', () => {
  // 3,000.00 × 43 days × 24 % / 365 = 84.82; the first bill's 15.00 is charged already.
  assert.equal(roomUnder(tell(phone, []), phone, '24', dayOf('2026-04-17')), 8_482 - 1_500)
})
