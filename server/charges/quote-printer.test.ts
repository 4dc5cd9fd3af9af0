import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { stringifyJson } from '../platform/json.ts'
import { quotePrinter } from './quote-printer.ts'

const amount = fc.bigInt({ min: 0n, max: 10n ** 12n })
const day = fc.integer({ min: 1, max: 28 }).map((number) => `2026-03-${String(number).padStart(2, '0')}`)
const row = fc.record({ dueOn: day, principal: amount, interest: fc.constantFrom(0n, 17n), balanceAfter: amount })
const instalments = fc
  .tuple(fc.array(row, { maxLength: 6 }), fc.integer({ min: 1, max: 3 }))
  .map(([rows, first]) => rows.map(({ dueOn, ...amounts }, index) => ({ n: first + index, dueOn, ...amounts })))
const percent = fc.constantFrom('0', '7.4442')
const quote = fc.record({ cost: amount, irrPercent: percent, simplePercent: percent, instalments })
const plan = fc.record({
  code: fc.string({ minLength: 1, maxLength: 32 }),
  method: fc.constantFrom('equal-instalment' as const, 'bullet' as const),
  instalments: fc.integer({ min: 1, max: 60 }),
  paidBy: fc.constantFrom('customer' as const, 'merchant' as const),
})

test('a quote is printed as its members are, each instalment with its total, whatever was printed before it', () => {
  const asked = fc.array(fc.tuple(amount, quote), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(plan, asked, ({ code, ...offered }, several) => {
      const quotes = several.map(([, made]) => made)
      const print = quotePrinter({ code, ...offered }, () => quotes.shift()!)
      for (const [price, { cost, irrPercent, simplePercent, instalments: rows }] of several) {
        const schedule = rows.map(({ n, dueOn, principal, interest, balanceAfter }) => {
          return { n, dueOn, principal, interest, total: principal + interest, balanceAfter }
        })
        const rates = { irrPercent, simplePercent }
        const shown = { plan: code, ...offered, total: price + cost, cost, ...rates, schedule }
        assert.equal(print(price), stringifyJson(shown))
      }
    }),
  )
})
