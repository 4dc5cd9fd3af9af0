import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { calcSchedule } from './schedule.ts'

interface Published {
  readonly source: string
  readonly allocations: Readonly<Record<string, unknown>>
  readonly cases: readonly {
    readonly source: string
    readonly loan: { readonly allocation: string } & Readonly<Record<string, unknown>>
    readonly rows: readonly string[]
  }[]
}

const published: Published = JSON.parse(readFileSync(new URL('./published.test-data.json', import.meta.url), 'utf8'))

test(`${published.cases.length} published schedules, to the cent`, () => {
  for (const { source, loan, rows } of published.cases) {
    const input = { currency: 'EUR', ...loan, allocation: published.allocations[loan.allocation] }
    const answer = calcSchedule(input).instalments.map((row) =>
      [
        row.dueOn,
        row.principal,
        row.interest,
        row.fees,
        row.penalties,
        row.paid,
        row.paidInAdvance,
        row.paidLate,
        row.balanceAfter,
      ].join(' '),
    )
    assert.deepEqual(answer, rows, source)
  }
})
