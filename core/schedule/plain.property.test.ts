import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { holds, someTerms } from '../loan/arbitrary.test-support.ts'
import { openLoan } from '../loan/index.ts'
import { plainLoan } from '../loan/plain.test-support.ts'
import type { LoanTerms } from '../loan/types.ts'
import { assertSame, dayOffset, dayText, record } from '../property.test-support.ts'
import { roundingNames } from '../rounding.ts'
import { plainSchedule, planRows } from './index.ts'

/** Terms of every kind that a schedule can have, sums beyond what a double holds included. */
const anyTerms: fc.Arbitrary<LoanTerms> = record({
  terms: someTerms,
  principal: fc.oneof(
    fc.bigInt({ min: 1n, max: 300n }),
    fc.bigInt({ min: 1n, max: 10n ** 10n }),
    fc.bigInt({ min: 1n, max: 10n ** 18n }),
  ),
  rounding: fc.constantFrom(...roundingNames),
  interestFreePeriods: fc.constantFrom(0, 0, 0, 1, 2),
  dayCount: fc.constantFrom('30/360', '30E/360', 'actual/365', 'actual/360', 'actual/actual', 'actual/365.25'),
  interestPeriod: fc.constantFrom('daily', 'same-as-period', 'whole-period'),
  firstDueAfter: fc.option(fc.integer({ min: 0, max: 70 })),
  high: fc.boolean(),
} as const).map(
  ({ terms, principal, rounding, interestFreePeriods, dayCount, interestPeriod, firstDueAfter, high }) => ({
    ...terms,
    principal,
    rounding,
    interestFreePeriods: Math.min(interestFreePeriods, terms.instalments),
    dayCount,
    interestPeriod,
    annualRatePercent: high ? `${terms.annualRatePercent}7` : terms.annualRatePercent,
    firstDueOn: firstDueAfter === null ? null : dayText(dayOffset(terms.disbursedOn) + firstDueAfter),
  }),
)

test('a plain schedule is that of the opened loan, row by row', () => {
  let plain = 0
  let all = 0
  holds(anyTerms, (terms) => {
    const rows = plainSchedule(terms)
    all++
    if (rows === null) return
    plain++
    assertSame(rows, openLoan(terms).instalments)
  })
  assert.ok(plain > all / 4, `only ${plain} of ${all} schedules were plain`)
})

test('terms beyond the plain course are answered by the opened loan', () => {
  const { instalments } = planRows({ ...plainTerms, downPaymentPercent: '25', instalmentMultiple: 100n })
  assert.deepEqual(
    instalments.map(({ principal, interest }) => [principal, interest]),
    [
      [2500n, 0n],
      [3750n, 50n],
      [3750n, 25n],
    ],
  )
})

const plainTerms: LoanTerms = { ...plainLoan, annualRatePercent: '8', instalments: 2, interestRecalculation: 'none' }
