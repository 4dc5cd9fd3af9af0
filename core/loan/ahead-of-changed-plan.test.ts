/** Money ahead of its time after the plan has changed: by new instalments, by goods returned. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { duesOn, foldLoan, openLoan, payoffOn } from './index.ts'
import { plainLoan } from './plain.test-support.ts'
import type { LoanEvent, LoanTerms } from './types.ts'

const terms: LoanTerms = {
  ...plainLoan,
  principal: 120_000n,
  instalments: 12,
  disbursedOn: '2026-01-01',
  dayCount: 'actual/365',
  overdueInterest: false,
}

test('an instalment of a new plan that is paid ahead, with its part of the interest charged before, asks for no more', () => {
  // 15 days at 12 % are 5.92, in three parts 1.98, 1.97 and 1.97 besides 400.00 each.
  const free: LoanEvent = {
    id: 'new',
    type: 'reschedule',
    on: '2026-01-16',
    instalments: 3,
    firstDueOn: '2026-03-01',
    annualRatePercent: '0',
  }
  const ahead: LoanEvent = { id: 'ahead', type: 'repayment', on: '2026-01-20', amount: 40_198n + 40_197n }
  const state = foldLoan(terms, [free, ahead])
  assert.deepEqual(
    state.instalments.map(({ principal, interest, principalPaid, interestPaid }) => [
      principal,
      interest,
      principalPaid,
      interestPaid,
    ]),
    [
      [40_000n, 198n, 40_000n, 198n],
      [40_000n, 197n, 40_000n, 197n],
      [40_000n, 197n, 0n, 0n],
    ],
  )
  assert.equal(duesOn(state, '2026-01-20').nextDueOn, '2026-05-01')
})

test('after goods are returned, money ahead that lowers the instalments lowers all of them, the last one too', () => {
  const events: LoanEvent[] = [
    { id: 'first', type: 'repayment', on: '2026-02-01', amount: 10_700n },
    { id: 'returned', type: 'purchase-refund', on: '2026-02-10', amount: 30_000n },
    { id: 'ahead', type: 'repayment', on: '2026-02-12', amount: 5_000n, prepay: 'lower' },
  ]
  const coming = foldLoan(terms, events).instalments.slice(2)
  const asked = coming.map(({ principal, interest }) => principal + interest)
  assert.deepEqual(asked.slice(0, -1), Array(9).fill(7_287n))
  assert.equal(
    asked.at(-1),
    7_280n,
    'the days before the money came are in all of them, what ten roundings leave in the last',
  )
})

test('a prepayment a cent short of settling leaves that cent open, whatever it does to the rest', () => {
  const { total } = payoffOn(openLoan(terms), '2026-01-20')
  assert.equal(total, 120_750n, '19 days at 12 % are 7.50')
  for (const prepay of ['shorten', 'lower'] as const) {
    const state = foldLoan(terms, [{ id: 'ahead', type: 'repayment', on: '2026-01-20', amount: total - 1n, prepay }])
    assert.deepEqual(
      [state.status, state.creditBalance, payoffOn(state, '2026-01-20').total],
      ['active', 0n, 1n],
      prepay,
    )
  }
})

test('paid ahead principal first, an instalment with interest of an earlier plan is paid whole all the same', () => {
  // 1,200.00 in eleven parts are 109.09 each and a cent, which falls to the last that is open; 5.92 of interest beside.
  const free: LoanEvent = {
    id: 'new',
    type: 'reschedule',
    on: '2026-01-16',
    instalments: 11,
    firstDueOn: '2026-03-01',
    annualRatePercent: '0',
  }
  const ahead: LoanEvent = { id: 'a', type: 'repayment', on: '2026-01-20', amount: 10_909n + 53n + 5_000n }
  const rows = foldLoan(terms, [free, { ...ahead, prepay: 'shorten' }]).instalments
  assert.deepEqual(
    rows.slice(-2).map((row) => [row.principal, row.interest, row.principalPaid, row.interestPaid]),
    [
      [10_910n, 53n, 5_000n, 0n],
      [10_909n, 53n, 10_909n, 53n],
    ],
  )
})

test('paid ahead principal first, an instalment whose interest was waived is paid whole all the same', () => {
  // Seven instalments of 178.29, the last a cent more with 1.80 of interest in it.
  const waived: LoanEvent = { id: 'w', type: 'waiver', on: '2026-01-01', component: 'interest', amount: 4_804n }
  const ahead: LoanEvent = { id: 'a', type: 'repayment', on: '2026-01-20', amount: 17_649n + 5_000n, prepay: 'shorten' }
  const rows = foldLoan({ ...terms, instalments: 7 }, [waived, ahead]).instalments
  assert.deepEqual(
    rows.slice(-2).map((row) => [row.principal, row.principalPaid, row.interest, row.interestWaived]),
    [
      [17_483n, 5_000n, 347n, 347n],
      [17_649n, 17_649n, 180n, 180n],
    ],
  )
})

test('instalments lowered to less than the interest of the days gone by still ask for all of it, with the last', () => {
  const events: LoanEvent[] = [
    { id: 'shorter', type: 'repayment', on: '2026-02-02', amount: 31_648n, prepay: 'shorten' },
    { id: 'lower', type: 'repayment', on: '2026-03-12', amount: 90n, prepay: 'lower' },
    { id: 'nearly all', type: 'repayment', on: '2026-04-16', amount: 91_108n, prepay: 'lower' },
  ]
  const state = foldLoan(terms, events)
  const asked = state.instalments.reduce(
    (sum, row) => sum + row.principal + row.interest - row.principalPaid - row.interestPaid,
    0n,
  )
  assert.equal(payoffOn(state, '2026-04-16').total, 366n)
  assert.equal(asked, payoffOn(state, '2027-01-01').total)
  assert.ok(asked >= 366n, String(asked))
})

/** 200.00 a month and interest at 1 %: 207.06 each. Of them the second and the third are paid with the first. */
const half: LoanTerms = {
  ...plainLoan,
  principal: 120_000n,
  instalments: 6,
  disbursedOn: '2026-01-01',
  overdueInterest: false,
}
const threePaid: LoanEvent = { id: 'three', type: 'repayment', on: '2026-02-01', amount: 3n * 20_706n }

function askedAfter(loan: LoanTerms, ...events: readonly LoanEvent[]): string[] {
  return foldLoan(loan, events).instalments.map((row) => {
    const open = row.principal + row.interest - row.principalPaid - row.interestPaid
    return `${row.principal}+${row.interest} ${open}`
  })
}

test('lowered after two were paid ahead, those stand, and the others bear the time that passed in equal instalments', () => {
  // 10 of 28 days on 590.82, 18 on 390.82 and two months more on that: 12.44, and each month after 1 %.
  assert.deepEqual(
    askedAfter(half, threePaid, { id: 'lower', type: 'repayment', on: '2026-02-11', amount: 20_000n, prepay: 'lower' }),
    ['19506+1200 0', '40706+0 0', '20706+0 0', '12332+1244 13576', '13308+268 13576', '13442+134 13576'],
  )
})

test('lowered after half of the next was paid ahead, that half counts towards it', () => {
  const part: LoanEvent = { id: 'part', type: 'repayment', on: '2026-02-01', amount: 2n * 20_706n + 8_588n }
  // 15,449 each; of the third 85.88 are there.
  assert.deepEqual(
    askedAfter(half, part, { id: 'lower', type: 'repayment', on: '2026-02-11', amount: 20_000n, prepay: 'lower' }),
    ['19506+1200 0', '40706+0 0', '14354+1095 6861', '14995+454 15449', '15145+304 15449', '15294+153 15447'],
  )
})

test('lowered twice in one period is lowered once by both sums', () => {
  const first: LoanEvent = { id: 'one', type: 'repayment', on: '2026-01-11', amount: 30_000n, prepay: 'lower' }
  const second: LoanEvent = { id: 'two', type: 'repayment', on: '2026-01-11', amount: 10_000n, prepay: 'lower' }
  assert.deepEqual(askedAfter(half, first, second), askedAfter(half, { ...first, amount: 40_000n }))
})

test('lowered during the grace, its instalments stay interest alone', () => {
  const lower: LoanEvent = { id: 'lower', type: 'repayment', on: '2026-02-11', amount: 30_000n, prepay: 'lower' }
  // On 912.00 after 288.00 of principal and the second month's 12.00: 10 of 28 days on 1,200.00, 18 on 912.00.
  const rows = askedAfter({ ...half, principalGrace: 3 }, lower)
  assert.deepEqual(rows.slice(0, 3), ['0+1200 0', '28800+1015 1015', '0+912 912'])
  assert.equal(new Set(rows.slice(3).map((row) => row.split(' ')[1])).size, 1)
})

test('a new rate or re-amortising during the grace leaves its instalments interest alone', () => {
  const changes: LoanEvent[] = [
    { id: 'c', type: 'rate-change', on: '2026-02-11', annualRatePercent: '24' },
    { id: 'c', type: 're-amortise', on: '2026-02-11' },
  ]
  for (const change of changes) {
    const rows = askedAfter({ ...half, principalGrace: 3 }, change)
    for (const row of rows.slice(0, 3)) assert.match(row, /^0\+/, change.type)
    const open = rows.slice(3).map((row) => Number(row.split(' ')[1]))
    // The overdue interest of January, and what it bears, is asked for by the last.
    const arrears = change.type === 're-amortise' ? 1_224 : 0
    assert.ok(open[0]! > 40_000 && Math.abs(open[2]! - open[0]! - arrears) <= 3, `${change.type}: ${open}`)
  }
})

test('a new rate, re-amortising and a deferral leave instalments standing that were paid before, and the rest is level', () => {
  const changes: LoanEvent[] = [
    { id: 'c', type: 'rate-change', on: '2026-02-11', annualRatePercent: '24' },
    { id: 'c', type: 're-amortise', on: '2026-02-11' },
    { id: 'c', type: 'deferral', on: '2026-02-11', interest: 'continues', periods: 1 },
  ]
  for (const change of changes) {
    const rows = askedAfter(half, threePaid, change)
    assert.deepEqual(rows.slice(0, 3), ['19506+1200 0', '20706+0 0', '20706+0 0'], change.type)
    const open = rows.slice(3).map((row) => Number(row.split(' ')[1]))
    assert.ok(Math.max(...open) - Math.min(...open) <= 3, `${change.type}: ${open}`)
  }
})

test('lowered instalments stay lowered at a new rate, whether the money came on a due date or after it', () => {
  const first: LoanEvent = { id: 'first', type: 'repayment', on: '2026-02-01', amount: 20_706n }
  const higher: LoanEvent = { id: 'rate', type: 'rate-change', on: '2026-02-12', annualRatePercent: '12.1' }
  for (const on of ['2026-02-01', '2026-02-11']) {
    const lower: LoanEvent = { id: 'lower', type: 'repayment', on, amount: 50_000n, prepay: 'lower' }
    const open = (events: readonly LoanEvent[]) =>
      askedAfter(half, ...events)
        .slice(1)
        .map((row) => Number(row.split(' ')[1]))
    const before = open([first, lower])
    for (const [at, asked] of open([first, lower, higher]).entries()) {
      assert.ok(asked > before[at]! && asked < before[at]! + 10, `${on}: ${asked} instead of ${before[at]}`)
    }
  }
})
