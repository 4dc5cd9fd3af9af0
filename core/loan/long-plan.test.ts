import assert from 'node:assert/strict'
import { test } from 'node:test'
import { usualRule } from './allocate.ts'
import { foldLoan } from './fold.ts'
import { plainLoan } from './plain.test-support.ts'
import type { AllocationRule } from './types.ts'

const months = ['2024-01-02', '2024-02-02', '2024-03-02', '2024-04-02']

/** Interest is rounded once per instalment that is worked out: so often the plan's instalments were. */
function workedOut(instalments: number, rule: AllocationRule): number {
  let rounded = 0
  const terms = {
    ...plainLoan,
    principal: 100_000_000n,
    annualRatePercent: '7',
    instalments,
    allocation: { default: rule },
    get rounding() {
      rounded++
      return plainLoan.rounding
    },
  }
  const events = months.map((on, at) => ({ id: `r${at}`, type: 'repayment', on, amount: 2_000_000n }) as const)
  const { allocated } = foldLoan(terms, events)
  assert.equal(allocated.length, months.length)
  return rounded
}

for (const across of ['horizontal', 'vertical'] as const) {
  test(`money spread evenly works a plan out a few times, however long the plan is (${across})`, () => {
    const rule: AllocationRule = { ...usualRule, surplus: 're-amortise', across }
    // In proportion it is four times as often; worked out for every instalment paid, sixteen times.
    assert.ok(workedOut(480, rule) < 6 * workedOut(120, rule))
  })
}
