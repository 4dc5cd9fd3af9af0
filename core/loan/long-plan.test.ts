import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDay } from '../calendar.ts'
import { pay, usualRule } from './allocate.ts'
import { bookOf, foldLoan } from './fold.ts'
import { factorOf, ratioOf } from './interest.ts'
import { openBook } from './open.ts'
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

/** How often the instalments were looked at while money went to the last of them. */
function looked(instalments: number, rule: AllocationRule): number {
  let looks = 0
  const book = openBook({ ...plainLoan, principal: 100_000_000n, annualRatePercent: '7', instalments })
  book.plan = book.plan.map(
    (slot) =>
      new Proxy(slot, {
        get(target, name) {
          looks++
          return Reflect.get(target, name)
        },
      }),
  )
  // Two thirds first, so that the second payment passes by as many instalments that have nothing left.
  for (const [at, amount] of [66_000_000n, 2_000_000n].entries()) pay(book, amount, parseDay(months[at]!), rule)
  return looks
}

for (const surplus of ['last', 'next-last'] as const) {
  test(`money for the last instalments, component by component, looks at each of the plan a few times (${surplus})`, () => {
    const rule: AllocationRule = { ...usualRule, surplus, across: 'vertical' }
    // Four times as long, it is 3 and 6 times as often; each passed by for every one that is paid, it was 14 times.
    assert.ok(looked(960, rule) < 8 * looked(240, rule))
  })
}

test('new rates share the least denominator, so that a hundred of them are no slower than one', () => {
  const percents = ['5.01', '4.5', '6', '5.25', '7.1']
  const events = Array.from({ length: 100 }, (_, at) => {
    const on = Temporal.PlainDate.from('2024-01-15').add({ months: at }).toString()
    return { id: `c${at}`, type: 'rate-change', on, annualRatePercent: percents[at % 5]! } as const
  })
  const book = bookOf(foldLoan({ ...plainLoan, instalments: 120 }, events))
  assert.equal(book.rateDen, 10_000n)
  for (const slot of book.plan) {
    const { num, den } = factorOf(book, slot)
    assert.equal(ratioOf(book, slot), Number(num) / Number(den))
  }
})
