/**
 * Lives in which what an instalment asks for and what the nights come to part: the loan is then settled by the nights.
 * Late principal bears interest, money pays the interest to its day.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyEvent, foldLoan, owedOn, payoffOn } from './index.ts'
import { plainLoan } from './plain.test-support.ts'
import type { LoanEvent, LoanTerms } from './types.ts'

const loan: LoanTerms = { ...plainLoan, principal: 100_000n, dayCount: 'actual/365', disbursedOn: '2023-01-01' }

const paid = (id: string, on: string, amount: bigint) => ({ id, type: 'repayment', on, amount }) as const

test('a re-aged loan keeps the interest of the nights before, that of an earlier plan too, and counts what was paid of it', () => {
  const terms = { ...loan, annualRatePercent: '24', instalments: 6 }
  const state = foldLoan(terms, [
    { id: 'anew', type: 'reschedule', on: '2023-03-20', instalments: 6, firstDueOn: '2023-04-20' },
    paid('part', '2023-03-21', 40_000n),
    { id: 'aged', type: 're-age', on: '2023-03-25', instalments: 6, firstDueOn: '2023-04-25' },
  ])
  // 1,000.00 for 79 nights, 626.31 for 34 more, at 24 %: 65.95, of which 26.31 was paid, each plan rounded by itself.
  const quote = payoffOn(state, '2023-04-24')
  assert.deepEqual([quote.principal, quote.interest], [62_631n, 3_962n])
  const settled = applyEvent(state, { id: 'last', type: 'payoff', on: '2023-04-24', amount: quote.total })
  assert.equal(settled.status, 'paid')
})

test('money taken back asks for no interest again that an earlier plan had charged and that was paid', () => {
  for (const method of ['interest-only', 'bullet', 'equal-instalment'] as const) {
    const anew: LoanEvent = {
      id: 'anew',
      type: 'reschedule',
      on: '2023-03-20',
      instalments: 6,
      firstDueOn: '2023-04-20',
    }
    const planned = foldLoan({ ...loan, method, annualRatePercent: '24', instalments: 6 }, [anew])
    const settled = applyEvent(planned, {
      id: 'settled',
      type: 'payoff',
      on: '2023-03-25',
      amount: payoffOn(planned, '2023-03-25').total,
    })
    const state = applyEvent(settled, { id: 'back', type: 'chargeback', on: '2023-03-26', amount: 10_000n })
    // 100.00 for 25 nights.
    assert.equal(owedOn(state, '2023-03-26').total, 10_164n)
    assert.equal(payoffOn(state, '2023-04-20').total, 10_164n)
  }
})

test('money taken back is asked for with the instalment of its day, and those paid ahead stay paid', () => {
  const terms = { ...loan, annualRatePercent: '24', instalments: 12 }
  const before = foldLoan(terms, [paid('a', '2023-03-01', 52_674n), paid('b', '2023-03-15', 12_000n)])
  const state = applyEvent(before, { id: 'back', type: 'chargeback', on: '2023-04-13', amount: 100n })
  const asked = (n: number) => state.instalments[n - 1]!.principal - state.instalments[n - 1]!.principalPaid
  const askedBefore = (n: number) => before.instalments[n - 1]!.principal - before.instalments[n - 1]!.principalPaid
  assert.equal(asked(4) - askedBefore(4), 100n)
  for (const n of [5, 6]) assert.equal(asked(n), askedBefore(n))
})

test('interest of a day that was paid with a later instalment is not asked for by one that money taken back opens', () => {
  const terms = { ...loan, principal: 100_001n, annualRatePercent: '1', instalments: 7 }
  const state = foldLoan(terms, [
    paid('a', '2023-01-01', 14_400n),
    paid('b', '2023-01-02', 85n),
    { id: 'back', type: 'chargeback', on: '2023-01-02', amount: 85n },
  ])
  const { total } = payoffOn(state, '2023-01-02')
  assert.equal(payoffOn(applyEvent(state, paid('last', '2023-01-02', total - 1n)), '2023-01-02').total, 1n)
})

test('interest let go of an instalment to come is not taken off the nights until today', () => {
  const terms: LoanTerms = {
    ...loan,
    principal: 333_300n,
    annualRatePercent: '24',
    method: 'equal-principal',
    instalments: 12,
    every: { n: 2, unit: 'week' },
  }
  const waived = foldLoan(terms, [
    { id: 'given', type: 'waiver', component: 'interest', on: '2023-01-01', amount: 16_000n },
  ])
  const { total } = payoffOn(waived, '2023-03-22')
  const lacking = applyEvent(waived, paid('a', '2023-03-22', total - 10_000n))
  assert.equal(payoffOn(lacking, '2023-03-22').total, 10_000n)
})

test('money is no credit while principal is owed, though the interest of each instalment takes all of it', () => {
  const terms = {
    ...loan,
    principal: 100_001n,
    annualRatePercent: '32',
    instalments: 21,
    every: { n: 2, unit: 'month' } as const,
  }
  const state = foldLoan(terms, [
    { id: 'back', type: 'chargeback', on: '2023-06-10', amount: 79_364n },
    { ...paid('a', '2025-04-24', 207_656n), prepay: 'shorten' },
    { ...paid('b', '2025-04-26', 39_328n), prepay: 'shorten' },
  ])
  const { total } = payoffOn(state, '2025-04-26')
  const lacking = applyEvent(state, paid('last', '2025-04-26', total - 1_000n))
  assert.deepEqual([lacking.status, lacking.creditBalance], ['active', 0n])
  assert.equal(payoffOn(lacking, '2025-04-26').total, 1_000n)
})

test('interest that no instalment asks for any more is paid with the last one', () => {
  const terms: LoanTerms = { ...plainLoan, method: 'interest-only', disbursedOn: '2023-01-01' }
  const state = foldLoan(terms, [
    { id: 'more', type: 'disbursement', on: '2023-01-02', amount: 10_001n },
    paid('a', '2023-01-01', 10_001n),
    paid('b', '2023-01-01', 11n),
  ])
  const { total } = payoffOn(state, '2023-07-01')
  assert.equal(applyEvent(state, paid('last', '2023-07-01', total)).status, 'paid')
})

test('a termination makes due what a payoff costs where interest was paid with instalments that it ends', () => {
  const ended: LoanEvent = { id: 'ended', type: 'contract-termination', on: '2023-07-02' }
  const quarterly = { ...loan, dayCount: '30/360', every: { n: 3, unit: 'month' } } as const
  const first = foldLoan({ ...quarterly, principal: 37n, annualRatePercent: '16.97', instalments: 3 }, [
    paid('a', '2023-04-01', 1n),
    paid('b', '2023-01-18', 13n),
    paid('c', '2023-04-01', 9n),
    paid('d', '2023-01-03', 15n),
    { id: 'back', type: 'chargeback', on: '2023-04-01', amount: 1n },
  ])
  const due = payoffOn(first, ended.on).total
  const after = applyEvent(first, ended)
  assert.deepEqual([owedOn(after, ended.on).total, payoffOn(after, '2024-01-01').total], [due, due])
})

test('a re-aged loan is not asked again for late interest that another instalment had taken over and was paid', () => {
  const state = foldLoan({ ...loan, principal: 100_001n, annualRatePercent: '24', instalments: 2 }, [
    { ...paid('a', '2023-01-01', 51_600n), prepay: 'shorten' },
    paid('b', '2023-02-04', 10_000n),
    { id: 'aged', type: 're-age', on: '2023-02-04', instalments: 2, firstDueOn: '2023-03-04' },
  ])
  assert.equal(payoffOn(state, '2023-02-04').interest, 0n)
  // 394.83 for ten nights.
  assert.equal(payoffOn(state, '2023-02-14').interest, 260n)
})

test('interest that an old instalment had taken over and was not paid is not taken over again by each of the new ones', () => {
  for (const [method, due] of [
    ['equal-instalment', { principal: 8_686n, later: 280n }],
    ['equal-principal', { principal: 10_667n, later: 254n }],
  ] as const) {
    const shortened = foldLoan({ ...loan, method, annualRatePercent: '24', instalments: 3 }, [
      { ...paid('a', '2023-01-01', 36_000n), prepay: 'shorten' },
      // 640.00 for 69 nights are 29.04; the last of them, 4.21 of ten nights, are those of the instalment paid ahead.
      { id: 'aged', type: 're-age', on: '2023-03-11', instalments: 6, firstDueOn: '2023-03-21' },
      { ...paid('b', '2023-03-11', 34_000n), prepay: 'shorten' },
    ])
    assert.deepEqual([shortened.allocated[1]!.principal, shortened.allocated[1]!.interest], [34_000n, 0n])
    // With 300.00 for ten nights 31.01.
    assert.equal(payoffOn(shortened, '2023-03-21').interest, 3_101n)
    const state = applyEvent(shortened, paid('c', '2023-03-21', due.principal + 3_101n))
    assert.deepEqual([state.allocated[2]!.principal, state.allocated[2]!.interest], [due.principal, 3_101n])
    // Twenty nights of 213.14, or of 193.33.
    assert.equal(payoffOn(state, '2023-04-10').interest, due.later)
  }
})

test('interest that an old instalment had taken over and was let go is not asked for by a new one', () => {
  for (const method of ['equal-instalment', 'equal-principal'] as const) {
    const state = foldLoan({ ...loan, method, annualRatePercent: '24', instalments: 3 }, [
      { ...paid('a', '2023-01-01', 36_000n), prepay: 'shorten' },
      { id: 'reckoned', type: 'recalculate', on: '2023-03-11' },
      // Of 29.04 for 69 nights.
      { id: 'given', type: 'waiver', component: 'interest', on: '2023-03-11', amount: 2_700n },
      { id: 'aged', type: 're-age', on: '2023-03-11', instalments: 6, firstDueOn: '2023-03-21' },
    ])
    assert.equal(payoffOn(state, '2023-03-11').interest, 204n)
    // 640.00 for ten nights more.
    assert.equal(payoffOn(state, '2023-03-21').interest, 625n)
  }
})

test('what money short of a payoff leaves bears interest, though instalments to come had been paid interest of an earlier plan', () => {
  const terms = { ...loan, principal: 102_936n, annualRatePercent: '28', instalments: 4 }
  const state = foldLoan({ ...terms, every: { n: 3, unit: 'week' } }, [
    { ...paid('a', '2023-01-29', 44_056n), prepay: 'lower' },
    // 15.28 until here go to four instalments, 3.82 each.
    { id: 'anew', type: 'reschedule', on: '2023-02-19', instalments: 4, firstDueOn: '2023-03-15' },
    { ...paid('b', '2023-03-02', 48_121n), prepay: 'shorten' },
    paid('c', '2023-03-02', 13_241n),
    paid('short', '2023-03-16', 843n),
  ])
  assert.deepEqual([payoffOn(state, '2023-03-16').principal, payoffOn(state, '2023-03-16').interest], [381n, 0n])
  // 3.81 for 17 nights.
  assert.equal(payoffOn(state, '2023-04-02').interest, 5n)
})

test('re-amortised, an instalment that was paid in part leaves its interest to those to come, and the nights are counted once', () => {
  const again: LoanEvent = { id: 'again', type: 're-amortise', on: '2023-02-11' }
  const terms = { ...loan, method: 'equal-principal', annualRatePercent: '24' } as const
  const paidInPart = foldLoan({ ...terms, instalments: 3 }, [paid('a', '2023-01-01', 10_000n), again])
  // 900.00 for 31 nights are 18.35, and for 28 more 16.57.
  assert.deepEqual(
    paidInPart.instalments.map(({ interest }) => interest),
    [0n, 3_492n, 917n],
  )
  const ahead = { ...paid('a', '2023-01-01', 50_100n), prepay: 'shorten' } as const
  const paidAhead = foldLoan({ ...terms, instalments: 2 }, [ahead, again])
  // 499.00 for 41 nights, and for 51.
  assert.equal(payoffOn(paidAhead, '2023-02-11').interest, 1_345n)
  assert.equal(payoffOn(paidAhead, '2023-02-21').interest, 1_673n)
})

test('late interest that was paid is not asked for again by a re-amortised instalment; interest alone is not re-amortised', () => {
  const again = (on: string): LoanEvent => ({ id: 'again', type: 're-amortise', on })
  const state = foldLoan({ ...loan, annualRatePercent: '24', instalments: 2 }, [
    { ...paid('a', '2023-01-01', 51_800n), prepay: 'shorten' },
    // 482.00 for 41 nights are 12.99, so that 474.99 are left.
    paid('b', '2023-02-11', 2_000n),
    again('2023-02-11'),
  ])
  // 18 nights.
  assert.deepEqual([state.instalments[1]!.interest, payoffOn(state, '2023-03-01').interest], [562n, 562n])
  const repaid = foldLoan({ ...loan, annualRatePercent: '7', instalments: 12 }, [
    { ...paid('a', '2023-01-01', 66_200n), prepay: 'shorten' },
    paid('b', '2023-05-22', 3_539n),
    paid('c', '2023-08-04', 31_039n),
    again('2023-08-04'),
  ])
  // 338.00 for 141 nights, 304.62 for 74 at 7 %: 13.46, of which 7.78 were paid, each instalment rounded by itself.
  assert.deepEqual([repaid.principalOutstanding, payoffOn(repaid, '2023-08-04').interest], [0n, 569n])
})

test('what late interest leaves no room for in arrears is not in arrears at a new rate', () => {
  const state = foldLoan({ ...loan, annualRatePercent: '36', instalments: 12 }, [
    { id: 'later', type: 'deferral', on: '2023-06-10', interest: 'continues', periods: 1 },
    { id: 'reckoned', type: 'recalculate', on: '2023-12-20' },
    { id: 'rate', type: 'rate-change', on: '2023-12-20', annualRatePercent: '12' },
  ])
  const coming = state.instalments.filter(({ dueOn }) => dueOn > '2023-12-20')
  assert.deepEqual(
    coming.map(({ principal }) => principal),
    [8_217n, 22_868n],
  )
  // 352 nights at 36 %, 32 at 12 %: 357.70, each of 12 instalments rounded by itself.
  assert.equal(payoffOn(state, '2024-01-20').interest, 35_773n)
})

test('re-amortised after a re-age, an instalment asks for the interest of the nights before it, and those to come for theirs', () => {
  for (const [method, interest] of [
    ['equal-instalment', [965n, 137n]],
    ['equal-principal', [965n, 121n]],
  ] as const) {
    const state = foldLoan({ ...loan, method, annualRatePercent: '24' }, [
      { ...paid('a', '2023-02-24', 90_000n), prepay: 'shorten' },
      paid('b', '2023-04-02', 2_000n),
      { id: 'aged', type: 're-age', on: '2023-06-12', instalments: 3, firstDueOn: '2023-07-03' },
      { id: 'again', type: 're-amortise', on: '2023-07-21' },
    ])
    // 118.35 for the 124 nights since April began, and what the first of the two leaves of it for 31 more.
    assert.deepEqual(
      state.instalments.slice(4).map((row) => row.interest),
      interest,
    )
    assert.equal(payoffOn(state, '2023-08-03').interest, 965n)
  }
})

test('more that is lent in a period paid ahead asks for no interest again that a later instalment was paid', () => {
  const terms = { ...loan, annualRatePercent: '24', instalments: 4, every: { n: 2, unit: 'month' } } as const
  const lentLate = foldLoan({ ...terms, instalmentMultiple: 100n }, [
    paid('a', '2023-02-09', 90_000n),
    { id: 'back', type: 'merchant-refund', on: '2023-05-21', amount: 4_000n },
    { id: 'more', type: 'disbursement', on: '2023-05-31', amount: 8_000n },
  ])
  // 8.35 until the refund, 4.17 for 41 nights after it, and 1.94 for 17 nights of July.
  const third = lentLate.instalments[2]!
  assert.deepEqual([third.interest, third.interestPaid], [1_252n, 835n])
  assert.equal(payoffOn(lentLate, '2023-07-18').interest, 611n)
  const lentAtOnce = foldLoan({ ...loan, principal: 100_001n, annualRatePercent: '1', instalments: 4 }, [
    paid('a', '2023-01-01', 25_075n),
    paid('b', '2023-01-03', 39_113n),
    { id: 'more', type: 'disbursement', on: '2023-01-03', amount: 500n },
    paid('c', '2023-02-01', 36n),
  ])
  // Two nights of 749.26, of which 0.04 were paid, and 29 of 363.17.
  assert.deepEqual([lentAtOnce.allocated[2]!.interest, payoffOn(lentAtOnce, '2023-02-01').interest], [29n, 0n])
})

test('interest that was paid of what then came back pays the next nights', () => {
  const goods = foldLoan({ ...loan, annualRatePercent: '12', instalments: 3, every: { n: 2, unit: 'month' } }, [
    paid('a', '2023-04-26', 50_000n),
    { id: 'back', type: 'purchase-refund', on: '2023-04-29', amount: 9_000n },
  ])
  // 910.00 for 56 nights and 447.81 for five: 17.49 of the 18.41 that were paid.
  assert.deepEqual(
    goods.instalments.map(({ interest }) => interest),
    [1_940n, 1_841n, 419n],
  )
  const lacking = applyEvent(goods, paid('b', '2023-09-03', payoffOn(goods, '2023-09-03').total - 1_000n))
  assert.equal(payoffOn(lacking, '2023-09-03').total, 1_000n)
  const weeks = { ...loan, annualRatePercent: '24', instalments: 10, every: { n: 2, unit: 'week' } } as const
  const behind = foldLoan({ ...weeks, principalGrace: 2 }, [
    { id: 'money', type: 'merchant-refund', on: '2023-02-23', amount: 36_000n },
    { id: 'back', type: 'purchase-refund', on: '2023-02-23', amount: 59_000n },
    { id: 'reckoned', type: 'recalculate', on: '2023-05-21' },
  ])
  const dues = behind.instalments.reduce((sum, { interest, interestPaid }) => sum + interest - interestPaid, 0n)
  assert.deepEqual([dues, payoffOn(behind, '2023-05-21').interest], [58n, 58n])
})

test('interest paid with another instalment is not asked for again as more is lent or money is taken back, whatever the terms', () => {
  for (const overdueInterest of [true, false]) {
    for (const earlyInterest of ['to-day', 'to-due-date'] as const) {
      const terms: LoanTerms = { ...loan, annualRatePercent: '24', overdueInterest, earlyInterest }
      const lentMore = foldLoan(
        { ...terms, method: 'equal-principal', instalments: 6, every: { n: 3, unit: 'month' } },
        [
          paid('a', '2023-02-10', 70_000n),
          paid('b', '2023-12-31', 25_000n),
          { id: 'more', type: 'disbursement', on: '2023-12-31', amount: 10_000n },
        ],
      )
      assert.equal(payoffOn(lentMore, '2023-12-31').interest, 0n)
      const ahead = foldLoan({ ...terms, instalments: 4 }, [paid('a', '2023-01-15', 55_000n)])
      const { total } = payoffOn(ahead, '2023-02-15')
      const settled = applyEvent(ahead, { id: 'all', type: 'payoff', on: '2023-02-15', amount: total })
      const back = applyEvent(settled, { id: 'back', type: 'chargeback', on: '2023-02-20', amount: 500n })
      assert.equal(payoffOn(back, '2023-02-20').total, 500n)
    }
  }
})

test('instalments at a new rate are even though late interest was paid, and those of a re-age though more was paid than came up', () => {
  for (const lastInstalment of ['levelled', 'remainder'] as const) {
    const terms = { ...loan, annualRatePercent: '24', instalments: 6, lastInstalment } as const
    const newRate = foldLoan(terms, [
      paid('a', '2023-04-01', 40_000n),
      { id: 'rate', type: 'rate-change', on: '2023-04-02', annualRatePercent: '12' },
    ])
    const instalments = newRate.instalments.map(({ principal, interest }) => principal + interest)
    assert.deepEqual(instalments.slice(3), [17_815n, 17_815n, 17_816n])
  }
  const aged = foldLoan({ ...loan, annualRatePercent: '24', instalments: 6, every: { n: 2, unit: 'month' } }, [
    paid('a', '2023-02-27', 22_000n),
    { id: 'back', type: 'purchase-refund', on: '2023-02-28', amount: 50_000n },
    { id: 'aged', type: 're-age', on: '2023-02-28', instalments: 4, firstDueOn: '2023-03-28' },
  ])
  const instalments = aged.instalments.map(({ principal, interest }) => principal + interest)
  assert.deepEqual(instalments, [22_000n, 8_092n, 8_092n, 8_092n, 8_094n])
})

test('interest let go on the day a re-aged loan begins anew is let go at once', () => {
  const state = foldLoan({ ...loan, annualRatePercent: '24', instalments: 1 }, [
    { id: 'aged', type: 're-age', on: '2023-01-22', instalments: 1, firstDueOn: '2023-03-05' },
    { id: 'given', type: 'waiver', component: 'interest', on: '2023-01-22', amount: 900n },
  ])
  // 1,000.00 for 21 nights, 13.81.
  assert.equal(payoffOn(state, '2023-01-22').interest, 481n)
})

test('an instalment that repays more again at a new rate, or as more was lent, bears interest again', () => {
  const state = foldLoan(
    { ...loan, method: 'equal-principal', annualRatePercent: '1', instalments: 6, every: { n: 3, unit: 'month' } },
    [
      { ...paid('a', '2023-01-01', 16_700n), prepay: 'shorten' },
      { id: 'more', type: 'disbursement', on: '2023-01-01', amount: 51_000n },
      { id: 'reckoned', type: 'recalculate', on: '2024-04-16' },
      { id: 'rate', type: 'rate-change', on: '2024-04-17', annualRatePercent: '2' },
    ],
  )
  const { dueOn, principal, principalPaid } = state.instalments.at(-1)!
  assert.deepEqual([dueOn, principal - principalPaid], ['2024-07-01', 8_498n])
  // 1,343.01 for 471 nights and one at the new rate: 17.40, each instalment rounded by itself.
  assert.equal(payoffOn(state, '2024-04-17').interest, 1_742n)
})

test('charged back after maturity, then re-aged: it bears interest from its own day', () => {
  const state = foldLoan({ ...loan, annualRatePercent: '24', instalments: 1 }, [
    { id: 'back', type: 'chargeback', on: '2025-03-01', amount: 10_000n },
    { id: 'aged', type: 're-age', on: '2025-03-28', instalments: 1, firstDueOn: '2025-05-03' },
  ])
  // 1,000.00 for 853 nights, 100.00 for 63.
  assert.equal(state.instalments.at(-1)!.interest, 56_502n)
})
