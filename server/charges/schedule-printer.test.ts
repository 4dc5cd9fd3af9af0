import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { stringifyJson } from '../platform/json.ts'
import { schedulePrinter } from './schedule-printer.ts'

const amount = fc.bigInt({ min: 0n, max: 10n ** 12n })
const day = fc.integer({ min: 1, max: 28 }).map((number) => `2026-03-${String(number).padStart(2, '0')}`)
const row = fc.record({ dueOn: day, principal: amount, interest: fc.constantFrom(0n, 17n), balanceAfter: amount })
const schedule = fc
  .tuple(fc.array(row, { maxLength: 6 }), fc.integer({ min: 1, max: 3 }))
  .map(([rows, first]) => rows.map(({ dueOn, ...amounts }, index) => ({ n: first + index, dueOn, ...amounts })))

test('a schedule is printed as its rows are, each with its total, whatever was printed before it', () => {
  const schedules = fc.array(schedule, { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(schedules, (several) => {
      const print = schedulePrinter()
      for (const rows of several) {
        const shown = rows.map(({ n, dueOn, principal, interest, balanceAfter }) => {
          return { n, dueOn, principal, interest, total: principal + interest, balanceAfter }
        })
        assert.equal(print(rows).text, stringifyJson(shown))
      }
    }),
  )
})
