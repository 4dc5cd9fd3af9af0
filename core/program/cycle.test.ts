import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { addPeriods, daysBetween, formatDay, parseDay } from '../calendar.ts'
import { cases } from '../property.test-support.ts'
import { billDueDates, type Cycle, dueOnOf, interestFreeDaysMax, nextStatementOn, statementAfter } from './cycle.ts'

const mall: Cycle = { statementDay: 3, dueDay: 13 }
const card: Cycle = { statementDay: 5, dueDay: 25 }
/** Due in the month after the statement. */
const acrossMonths: Cycle = { statementDay: 25, dueDay: 5 }
const monthEnd: Cycle = { statementDay: 28, dueDay: 18 }

test('a purchase goes on the next statement, that of its own day included, and is due on the due day after it', () => {
  const cases: [Cycle, bought: string, statement: string, due: string, freeDays: number][] = [
    [mall, '2026-03-03', '2026-03-03', '2026-03-13', 10],
    [mall, '2026-03-04', '2026-04-03', '2026-04-13', 40],
    [mall, '2026-02-04', '2026-03-03', '2026-03-13', 37],
    [card, '2026-01-05', '2026-01-05', '2026-01-25', 20],
    [card, '2026-01-06', '2026-02-05', '2026-02-25', 50],
    // 27 days from 6 February to 5 March, 28 in a leap year.
    [card, '2026-02-06', '2026-03-05', '2026-03-25', 47],
    [card, '2028-02-06', '2028-03-05', '2028-03-25', 48],
    [acrossMonths, '2026-02-25', '2026-02-25', '2026-03-05', 8],
    [acrossMonths, '2028-02-25', '2028-02-25', '2028-03-05', 9],
    [acrossMonths, '2025-12-26', '2026-01-25', '2026-02-05', 41],
    [monthEnd, '2026-02-28', '2026-02-28', '2026-03-18', 18],
    [monthEnd, '2028-02-29', '2028-03-28', '2028-04-18', 49],
    [monthEnd, '2026-12-31', '2027-01-28', '2027-02-18', 49],
  ]
  for (const [cycle, bought, statement, due, freeDays] of cases) {
    assert.equal(nextStatementOn(cycle, bought), statement, `statement of a purchase on ${bought}`)
    assert.equal(dueOnOf(cycle, statement), due, `due date of ${statement}`)
    assert.equal(daysBetween(bought, due), freeDays, `free days from ${bought}`)
  }
})

test('the 3rd and the 13th give up to 40 free days, the 5th and the 25th up to 50', () => {
  assert.equal(interestFreeDaysMax(mall), 40)
  assert.equal(interestFreeDaysMax(card), 50)
  assert.equal(interestFreeDaysMax(acrossMonths), 41)
})

test('instalments are due on the due days of bills in a row, across the year’s end and February', () => {
  assert.deepEqual(billDueDates(mall, '2026-12-03', 3), ['2026-12-13', '2027-01-13', '2027-02-13'])
  assert.deepEqual(billDueDates(acrossMonths, '2027-12-25', 3), ['2028-01-05', '2028-02-05', '2028-03-05'])
  assert.deepEqual(billDueDates(monthEnd, '2028-01-28', 2), ['2028-02-18', '2028-03-18'])
})

const monthDays = Array.from({ length: 28 }, (_, index) => index + 1)

/** There are few enough to try each. */
const everyCycle: readonly Cycle[] = monthDays.flatMap((statementDay) =>
  monthDays.filter((dueDay) => dueDay !== statementDay).map((dueDay) => ({ statementDay, dueDay })),
)

test('no purchase has more free days than the cycle promises, and some purchase of every year has them all', () => {
  const firstDay = parseDay('2026-12-01')
  const purchases = Array.from({ length: 365 }, (_, index) => formatDay(firstDay + index))
  for (const cycle of everyCycle) {
    const free = purchases.map((day) => daysBetween(day, dueOnOf(cycle, nextStatementOn(cycle, day))))
    assert.equal(Math.max(...free), interestFreeDaysMax(cycle))
    assert.ok(Math.min(...free) >= 1)
  }
})

test('statements follow each other by a month, each with its own due date before the next one closes', () => {
  const someDay = fc.integer({ min: 0, max: 3000 }).map((days) => formatDay(parseDay('2024-01-01') + days))
  fc.assert(
    fc.property(fc.constantFrom(...everyCycle), someDay, fc.integer({ min: 1, max: 60 }), (cycle, bought, count) => {
      let statement = nextStatementOn(cycle, bought)
      for (const due of billDueDates(cycle, statement, count)) {
        const next = statementAfter(statement)
        assert.equal(due, dueOnOf(cycle, statement))
        assert.ok(statement < due && due <= next, `${statement} < ${due} <= ${next}`)
        assert.equal(next, formatDay(addPeriods(parseDay(statement), { n: 1, unit: 'month' }, 1)))
        statement = next
      }
    }),
    { numRuns: cases(100) },
  )
})
