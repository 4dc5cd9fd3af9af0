/** The auditor's own reckoning, on figures that can be checked by hand. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dayOf, monthsLater, nearest, nextDayNumbered, percent, share, textOf, yearly } from './arithmetic.ts'
import { roomUnder, settles, tell } from './loan.ts'
import { unpaid } from './part.ts'
import { type Happening, type LoanFacts, type PlanFacts, partsOf } from './state.ts'

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

const byDays: LoanFacts = {
  plan: { ...plan, code: '3x-daily', method: 'level', percent: '10.95' },
  price: 300_000,
  openedOn: dayOf('2026-03-14'),
  dues,
}

function askedByDays(happenings: readonly Happening[]): number[][] {
  return partsOf(tell(byDays, happenings)).map((part) => [part.principal, part.interest, unpaid(part)])
}

test('3,000.00 by days at 10.95 %, 0.03 % a day: 30 days of interest first, then of what is left', () => {
  // 27.00 for 30 days; 999.99 repaid after, 18.00 on 2,000.01; 1,008.99 repaid after, 9.22 for 31 days on 991.02.
  const rows = askedByDays([])
  assert.deepEqual(rows[0]!.slice(1), [2_700, rows[1]![2]])
  const afterFirst = 300_000 - rows[0]![0]!
  assert.equal(rows[1]![1], Math.round((afterFirst * 30 * 3) / 10_000))
  assert.equal(rows[2]![1], Math.round(((afterFirst - rows[1]![0]!) * 31 * 3) / 10_000))
})

test('money ten days early saves ten days of interest on it; late, it saves and costs nothing', () => {
  const early: Happening = { what: 'paid', on: dues[0]! - 10, amount: 51_800 }
  // 20 days on 3,000.00 are 18.00, so 500.00 is repaid; ten days on 2,500.00 are 7.50 more, instead of 9.00.
  const [first, second] = askedByDays([early])
  assert.equal(first![1], 1_800 + 750)
  assert.equal(settles(tell(byDays, [early]), dues[0]! - 10), 250_000)
  assert.equal(settles(tell(byDays, [early]), dues[0]!), 250_750)
  const late: Happening = { what: 'paid', on: dues[0]! + 5, amount: askedByDays([])[0]![2]! }
  assert.deepEqual(askedByDays([late])[1], askedByDays([])[1])
  assert.ok(second![1]! < askedByDays([])[1]![1]!)
})

test('goods back for what had been paid out and was not there bear nothing, as they were not lent in that time', () => {
  const day = (text: string) => dayOf(text)
  const loan: LoanFacts = {
    plan: { ...byDays.plan, code: '6x-daily', instalments: 6 },
    price: 116_078,
    openedOn: day('2026-04-01'),
    dues: Array.from({ length: 6 }, (_, place) => monthsLater(day('2026-05-10'), place)),
  }
  // 38.92 are left and 7.19 of interest; the debit that paid them has bounced.
  const told: Happening[] = [
    { what: 'prepaid', on: day('2026-04-21'), amount: 112_186, effect: 'shorten' },
    { what: 'refunded', on: day('2026-05-12'), amount: 103_919 },
    { what: 'given-back', on: day('2026-05-12'), amount: 103_919 },
  ]
  // 1,039.19 are lent again, and of them the credit of 1,039.19 - 38.92 - 7.19 pays all but 46.11: ten days are 0.14.
  assert.equal(settles(tell(loan, told), day('2026-05-22')), 4_611 + 14)
  const back = tell(loan, [...told, { what: 'refunded', on: day('2026-05-22'), amount: 12_159 }])
  assert.deepEqual([back.status, back.credit, settles(back, day('2026-05-22'))], ['overpaid', 12_159 - 4_611, 0])
})

test('bought for 1,000.00 and 900.00 of it carried over for 30 days at 0.05 % a day: 13.50, and none before', () => {
  const carried: LoanFacts = {
    plan: { ...byDays.plan, code: 'pay-later', method: 'carried', percent: '0' },
    price: 100_000,
    openedOn: dayOf('2026-03-14'),
    dues: dues.slice(0, 1),
  }
  assert.equal(yearly('0.05'), '18.25')
  const minimum: Happening = { what: 'paid', on: dues[0]!, amount: 10_000 }
  const over: Happening = {
    what: 'new-plan',
    on: dues[0]!,
    instalments: 1,
    firstDue: dues[1]!,
    percent: yearly('0.05'),
  }
  const [old, next] = partsOf(tell(carried, [minimum, over]))
  assert.deepEqual([old!.principal, old!.interest, unpaid(old!)], [10_000, 0, 0])
  assert.deepEqual([next!.principal, next!.interest, unpaid(next!)], [90_000, 1_350, 91_350])
  assert.equal(settles(tell(carried, [minimum, over]), dues[0]! + 10), 90_450)
})

test('ahead of its time: the term gets shorter from its end, or the instalments less', () => {
  const shorter = askedByDays([{ what: 'prepaid', on: byDays.openedOn, amount: 150_000, effect: 'shorten' }])
  const cheaper = askedByDays([{ what: 'prepaid', on: byDays.openedOn, amount: 150_000, effect: 'lower' }])
  assert.equal(shorter[0]![2], askedByDays([])[0]![2])
  assert.equal(shorter[2]![2], 0)
  assert.ok(
    cheaper.every((row) => row[2]! > 50_000 && row[2]! < 51_000),
    String(cheaper),
  )
})
