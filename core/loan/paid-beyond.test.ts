/** What interest pays that was paid beyond what came up, or with another instalment, once the plan becomes another. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyEvent, foldLoan, owedOn, payoffOn } from './index.ts'
import { plainLoan } from './plain.test-support.ts'
import type { LoanEvent, LoanState, LoanTerms } from './types.ts'

const loan: LoanTerms = { ...plainLoan, principal: 100_000n, dayCount: 'actual/365', disbursedOn: '2023-01-01' }

const paid = (id: string, on: string, amount: bigint) => ({ id, type: 'repayment', on, amount }) as const

test('interest paid beyond the nights pays those of a new plan, whose instalments are smaller for it', () => {
  const terms = { ...loan, annualRatePercent: '24', instalments: 2, every: { n: 2, unit: 'month' } } as const
  const anew = (id: string, on: string): LoanEvent => {
    return { id, type: 'reschedule', on, instalments: 2, firstDueOn: '2023-04-30' }
  }
  const paidAhead = foldLoan(terms, [
    paid('a', '2023-02-27', 55_000n),
    { id: 'back', type: 'purchase-refund', on: '2023-02-28', amount: 20_000n },
  ])
  const once = applyEvent(paidAhead, anew('anew', '2023-02-28'))
  const twice = applyEvent(once, anew('again', '2023-03-15'))
  for (const [state, interest] of [
    [once, 441n],
    [twice, 442n],
  ] as const) {
    const ahead = payoffOn(state, '2023-03-31')
    assert.deepEqual([ahead.principal, ahead.interest], [28_748n, 0n])
    // 800.00 for 57 nights and 287.48 for 63, at 24 %: 41.89, of which 37.48 was paid; each period rounded by itself.
    assert.equal(payoffOn(state, '2023-05-01').interest, interest)
  }
  const instalments = once.instalments.filter(({ dueOn }) => dueOn === '2023-04-30' || dueOn === '2023-06-30')
  const totals = instalments.map(({ principal, interest }) => principal + interest)
  assert.deepEqual(totals, [14_872n, 14_871n])
})

const interestDue = (state: LoanState, on: string) =>
  state.instalments
    .filter(({ dueOn }) => dueOn <= on)
    .reduce((sum, row) => sum + row.interest - row.interestPaid - row.interestWaived, 0n)

const newRate = (id: string, on: string, annualRatePercent: string): LoanEvent => {
  return { id, type: 'rate-change', on, annualRatePercent }
}

test('interest that was paid with another instalment is not due with one that a new rate opens again', () => {
  const late = foldLoan({ ...loan, annualRatePercent: '0', instalments: 3 }, [
    { id: 'back', type: 'purchase-refund', on: '2023-01-01', amount: 66_667n },
    newRate('up', '2023-02-02', '2'),
    paid('a', '2023-02-03', 33n),
    newRate('none', '2023-02-04', '0'),
  ])
  assert.deepEqual([interestDue(late, '2023-04-01'), payoffOn(late, '2023-04-01').interest], [0n, 0n])
  const ahead = foldLoan({ ...loan, annualRatePercent: '1', instalments: 4, every: { n: 2, unit: 'week' } }, [
    { id: 'aged', type: 're-age', on: '2023-01-16', instalments: 3, firstDueOn: '2023-02-24' },
    paid('a', '2023-01-17', 33_415n),
    paid('b', '2023-01-20', 22_322n),
    newRate('up', '2023-01-22', '23'),
    newRate('none', '2023-02-25', '0'),
  ])
  assert.equal(interestDue(ahead, '2023-02-25'), payoffOn(ahead, '2023-02-25').interest)
})

test('interest paid beyond what came up pays that of periods in which nothing more falls due', () => {
  const state = foldLoan({ ...loan, annualRatePercent: '1', instalments: 21, every: { n: 2, unit: 'month' } }, [
    { id: 'put off', type: 'deferral', on: '2023-07-02', interest: 'continues', until: '2024-08-26' },
    paid('a', '2023-09-15', 26_485n),
    { id: 'back', type: 'purchase-refund', on: '2023-09-15', amount: 66_204n },
    paid('b', '2023-09-16', 537n),
    { id: 'reckoned', type: 'recalculate', on: '2025-06-29' },
  ])
  assert.deepEqual([interestDue(state, '2025-06-29'), payoffOn(state, '2025-06-29').interest], [0n, 0n])
})

test('what is lent later is asked for by instalments to come, not by one that is late', () => {
  const more = (on: string): LoanEvent => ({ id: 'more', type: 'disbursement', on, amount: 100n })
  const back: LoanEvent = { id: 'back', type: 'chargeback', on: '2023-01-01', amount: 15_801n }
  const lent = [
    foldLoan({ ...loan, annualRatePercent: '17', instalments: 17 }, [
      back,
      paid('a', '2023-02-01', 48_751n),
      { ...paid('b', '2023-08-06', 16_727n), prepay: 'shorten' },
      more('2024-05-04'),
    ]),
    foldLoan({ ...loan, annualRatePercent: '18', instalments: 19 }, [
      { ...back, amount: 17_561n },
      paid('a', '2023-03-06', 50_206n),
      { ...paid('b', '2023-09-11', 17_401n), prepay: 'shorten' },
      { ...paid('c', '2024-06-01', 62_369n), prepay: 'lower' },
      more('2024-07-09'),
    ]),
  ]
  const late = lent.map(({ instalments }) => instalments.at(-2)!).map((row) => row.principal + row.interest)
  assert.deepEqual(late, [6_658n, 11_193n])
})

test('interest that was taken over and paid stays with its instalment when a new rate lowers it', () => {
  const state = foldLoan({ ...loan, annualRatePercent: '0', instalments: 10 }, [
    { ...paid('a', '2023-01-01', 70_000n), prepay: 'shorten' },
    newRate('up', '2023-02-02', '24'),
    paid('b', '2023-05-31', 31_184n),
    newRate('down', '2023-05-31', '1'),
  ])
  // One night of 11.45.
  assert.deepEqual([payoffOn(state, '2023-06-01').principal, payoffOn(state, '2023-06-01').interest], [1_145n, 0n])
})

test('what is not due yet stays with the instalment that asks for it when a new rate asks for less', () => {
  const terms = {
    ...loan,
    principal: 100_001n,
    annualRatePercent: '11',
    instalments: 15,
    every: { n: 2, unit: 'month' },
  } as const
  const state = foldLoan(terms, [
    { id: 'back', type: 'chargeback', on: '2023-01-01', amount: 14_301n },
    { ...paid('a', '2023-07-01', 77_384n), prepay: 'shorten' },
    { id: 'reckoned', type: 'recalculate', on: '2024-07-13' },
    newRate('down', '2024-07-15', '1'),
  ])
  const rows = state.instalments.filter(({ dueOn }) => dueOn === '2024-07-01' || dueOn === '2024-09-01')
  assert.deepEqual(
    rows.map(({ principal, principalPaid }) => principal - principalPaid),
    [6_892n, 1_800n],
  )
})

test('instalments of a new plan are even however much interest was paid beyond, and stay so when they are made anew', () => {
  const planned = (goods: bigint, ...more: LoanEvent[]) => {
    const { instalments } = foldLoan({ ...loan, annualRatePercent: '24', instalments: 12 }, [
      paid('a', '2023-01-30', 50_000n),
      { id: 'back', type: 'purchase-refund', on: '2023-01-31', amount: goods },
      { id: 'anew', type: 'reschedule', on: '2023-01-31', instalments: 12, firstDueOn: '2023-03-15' },
      ...more,
    ])
    const asked = instalments.filter(({ dueOn }) => dueOn.endsWith('-15')).map((row) => row.principal + row.interest)
    return { asked: new Set(asked.slice(0, -1)), last: asked.at(-1) }
  }
  // 19.07 and 12.07 are owed, on which what was paid beyond covers all interest to come: a twelfth each, rounded up.
  assert.deepEqual(planned(50_000n), { asked: new Set([159n]), last: 158n })
  assert.deepEqual(planned(50_700n), { asked: new Set([101n]), last: 96n })
  const before = planned(40_000n)
  assert.equal(before.asked.size, 1)
  for (const on of ['2023-02-10', '2023-05-20']) {
    assert.deepEqual(planned(40_000n, newRate('same', on, '24')), before)
  }
  // The one that the money lowers the others with asks for it besides.
  const lowered = planned(44_000n, { ...paid('b', '2023-02-10', 10n), prepay: 'lower' })
  assert.deepEqual(lowered, { asked: new Set([689n, 679n]), last: 680n })
})

test('a deferral plans what is not due yet, and arrears stay due', () => {
  const state = foldLoan({ ...loan, annualRatePercent: '24', instalments: 6 }, [
    { id: 'later', type: 'deferral', on: '2023-03-10', interest: 'continues', periods: 1 },
  ])
  const instalments = state.instalments.map(({ principal, interest }) => principal + interest)
  // Two of 178.40 are late. The last also takes what those bear meanwhile.
  assert.deepEqual(instalments, [17_840n, 17_840n, 18_190n, 18_190n, 18_190n, 18_713n])
})

test('an attempt at levelling that is taken back leaves no trace', () => {
  const terms = {
    ...loan,
    principal: 7_612n,
    annualRatePercent: '36',
    instalments: 23,
    lastInstalment: 'levelled',
  } as const
  const state = foldLoan({ ...terms, interestRecalculation: 'none', overdueInterest: false }, [
    { ...paid('a', '2023-02-10', 5_851n), prepay: 'lower' },
  ])
  assert.equal(payoffOn(state, '2023-02-10').interest, 944n)
})

test('an instalment that a new plan gives principal again asks for its interest', () => {
  const terms = { ...loan, method: 'equal-principal', annualRatePercent: '24', instalments: 3 } as const
  const state = foldLoan(terms, [
    { ...paid('a', '2023-01-06', 45_000n), prepay: 'shorten' },
    { id: 'spread', type: 're-amortise', on: '2023-03-20' },
  ])
  const quote = payoffOn(state, '2023-04-01')
  const { principal, interest, principalPaid } = state.instalments.at(-1)!
  assert.deepEqual([principal - principalPaid, interest], [quote.principal, quote.interest])
})

test('interest paid beyond pays under a new plan of charges alone, and what was waived is not handed on', () => {
  const charged = foldLoan({ ...loan, annualRatePercent: '24', instalments: 3 }, [
    paid('a', '2023-01-30', 50_000n),
    { id: 'fee', type: 'fee', on: '2023-01-31', amount: 700n },
    { id: 'back', type: 'purchase-refund', on: '2023-01-31', amount: 51_907n },
    { id: 'anew', type: 'reschedule', on: '2023-02-02', instalments: 3, firstDueOn: '2023-03-02' },
    { id: 'again', type: 'chargeback', on: '2023-02-03', amount: 30_000n },
  ])
  assert.equal(payoffOn(charged, '2023-02-20').interest, 0n)
  const waived = foldLoan({ ...loan, annualRatePercent: '24', instalments: 3, every: { n: 2, unit: 'week' } }, [
    { id: 'w', type: 'waiver', component: 'interest', on: '2023-01-07', amount: 800n },
    { id: 'x', type: 'waiver', component: 'interest', on: '2023-01-17', amount: 800n },
    { ...paid('a', '2023-01-19', 90_000n), prepay: 'shorten' },
    { id: 'reckoned', type: 'recalculate', on: '2023-02-12' },
  ])
  assert.equal(payoffOn(waived, '2023-02-12').total, owedOn(waived, '2023-02-12').total)
})

/** Of 1,000.00 and 36.5 % a year, 100.00 bears 0.10 a night. */
const toDueDate: LoanTerms = { ...loan, annualRatePercent: '36.5', earlyInterest: 'to-due-date' }

test('where settling money pays to the due date, late interest paid with one instalment is not asked for with another', () => {
  // 100.00 of the first is late, and its 2.00 of February are paid with it, beside 3.10 of January and 50.00.
  const late = [{ ...paid('a', '2023-01-01', 110_000n), prepay: 'shorten' } as const, paid('b', '2023-02-21', 5_510n)]
  const then = (method: LoanTerms['method'], event: LoanEvent) =>
    foldLoan({ ...toDueDate, principal: 120_000n, method, instalments: 4 }, [...late, event])
  const on = '2023-03-11'
  const short = (state: LoanState) =>
    payoffOn(applyEvent(state, paid('short', on, payoffOn(state, on).total - 100n)), on)
  const more = { id: 'more', on, amount: 10_000n }
  for (const method of ['equal-principal', 'equal-instalment'] as const) {
    for (const type of ['disbursement', 'chargeback'] as const) {
      const state = then(method, { ...more, type })
      // 50.00 for 8 nights of February and 10 of March are 0.90, 100.00 for the other 21 nights 2.10.
      assert.equal(state.instalments[2]!.interest, 300n)
      // And 50.00 for these 21 nights, and with 100.00 for April.
      assert.deepEqual([payoffOn(state, on).interest, payoffOn(state, '2023-05-01').interest], [405n, 855n])
      assert.equal(short(state).total, 100n)
    }
    const spread = then(method, { id: 'again', type: 're-amortise', on })
    assert.deepEqual([payoffOn(spread, on).interest, payoffOn(spread, '2023-05-01').interest], [195n, 345n])
    const aged = then(method, { id: 'aged', type: 're-age', on, instalments: 2, firstDueOn: '2023-04-11' })
    assert.deepEqual([payoffOn(aged, on).interest, payoffOn(aged, '2023-04-11').interest], [90n, 245n])
    for (const state of [spread, aged]) assert.equal(short(state).total, 100n)
  }
})

test('lent more in two periods paid ahead, each asks for its own interest', () => {
  const more = (id: string, on: string): LoanEvent => ({ id, type: 'disbursement', on, amount: 10_000n })
  const state = foldLoan({ ...toDueDate, principal: 120_000n, method: 'equal-principal', instalments: 4 }, [
    { ...paid('a', '2023-01-01', 110_000n), prepay: 'shorten' },
    paid('b', '2023-02-21', 5_510n),
    more('once', '2023-03-11'),
    more('twice', '2023-04-11'),
  ])
  // The third: 50.00 late since 21 February, 1.95, and 100.00 for 21 nights. The last: 100.00 late until 11 April, 50.00 for all of
  // its nights, 100.00 for 20.
  const interest = state.instalments.map((row) => row.interest)
  assert.deepEqual(interest, [510n, 0n, 405n, 450n])
})

test('interest that comes up in periods whose instalments ask for it again is not taken over from them', () => {
  const terms: LoanTerms = { ...toDueDate, principal: 100_001n, annualRatePercent: '2', instalments: 13 }
  const state = foldLoan(terms, [
    { ...paid('a', '2023-01-01', 35_600n), prepay: 'shorten' },
    { id: 'again', type: 're-amortise', on: '2023-03-01' },
    { id: 'more', type: 'disbursement', on: '2023-10-03', amount: 100n },
    paid('b', '2023-12-05', 65n),
  ])
  assert.ok(interestDue(state, '2023-12-05') <= payoffOn(state, '2023-12-05').interest)
})

test('what money short of a payoff leaves bears interest with an instalment that was completed early', () => {
  const state = foldLoan({ ...toDueDate, method: 'equal-principal', instalments: 2 }, [
    { ...paid('a', '2023-01-01', 50_000n), prepay: 'shorten' },
    // 500.00 and 15.50 until it is due would settle the loan.
    paid('short', '2023-01-11', 50_550n),
  ])
  assert.equal(payoffOn(state, '2023-01-11').total, 1_000n)
  // 28 nights.
  assert.deepEqual([state.instalments[1]!.interest, payoffOn(state, '2023-04-01').interest], [28n, 28n])
})
