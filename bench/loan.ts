/** Folding a loan of 36 instalments and 100 events, and quoting what settles it: `npm run bench -- loan`. */
import { foldLoan, payoffOn } from '../core/loan/index.ts'
import { plainLoan } from '../core/loan/plain.test-support.ts'
import type { LoanEvent, LoanTerms } from '../core/loan/types.ts'
import { costsOf } from './harness/processor-time.ts'

const terms: LoanTerms = {
  ...plainLoan,
  principal: 3_600_000n,
  instalments: 36,
  dayCount: 'actual/365',
}

/** Three events a month: a fee, a part paid on the due date, the rest five days late every third month. */
function eventsOf(instalment: bigint): LoanEvent[] {
  const events: LoanEvent[] = []
  for (let month = 1; events.length < 99; month++) {
    const due = new Date(Date.UTC(2024, month, 1)).toISOString().slice(0, 10)
    const rest = month % 3 === 0 ? `${due.slice(0, 8)}06` : due
    events.push({ id: `f${month}`, type: 'fee', on: due, amount: 100n })
    events.push({ id: `a${month}`, type: 'repayment', on: due, amount: instalment / 2n })
    events.push({ id: `b${month}`, type: 'repayment', on: rest, amount: instalment - instalment / 2n + 100n })
  }
  events.push({ id: 'last', type: 'repayment', on: '2026-12-01', amount: 1000n })
  return events
}

const first = foldLoan(terms, []).instalments[0]!
const events = eventsOf(first.principal + first.interest)
const state = foldLoan(terms, events)

/** In good standing: everything due was paid, and the quote is for the middle of a period. */
const current = foldLoan(terms, events.slice(0, 60))
const quotedOn = current.instalments.find((row) => row.principalPaid < row.principal)!.fromOn
const works = [
  {
    name: `fold of ${terms.instalments} instalments and ${events.length} events`,
    goal: 100,
    run: () => foldLoan(terms, events),
  },
  { name: 'payoff quote', goal: 5, run: () => payoffOn(current, quotedOn) },
  { name: 'payoff quote, late', goal: 5, run: () => payoffOn(state, '2026-12-15') },
]
costsOf(works).forEach(({ undisturbed, median }, at) => {
  const { name, goal } = works[at]!
  const times = (goal / undisturbed).toFixed(1)
  console.log(
    `${name}: ${undisturbed.toFixed(1)} µs of processor (median ${median.toFixed(1)}), goal ${goal} µs (${times} ×)`,
  )
})
