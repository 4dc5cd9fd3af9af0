import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emptyLedger, ownFunding } from '../../core/journal/posting.ts'
import { anyLife, foldedLife } from '../../core/loan/any-life.test-support.ts'
import { holds } from '../../core/loan/arbitrary.test-support.ts'
import { encodeTerms, openLoan } from '../../core/loan/index.ts'
import { plainLoan } from '../../core/loan/plain.test-support.ts'
import type { LoanState } from '../../core/loan/types.ts'
import { isUnpaid } from '../../core/program/bill.ts'
import { termsOf } from '../../core/program/terms.test-support.ts'
import { dayOffset, dayText } from '../../core/property.test-support.ts'
import { stringifyJson } from '../platform/json.ts'
import { afterClose, changesOfLoan, move } from './book.ts'
import { betweenParts, type KeptParts, StoredLoan } from './stored.ts'
import type { Loan } from './types.ts'

const ids = { id: 'loan', lineId: 'line', chargeId: 'charge', merchantId: 'merchant', programId: 'program' }

/** As nothing of it has been posted yet. */
function loanOf(state: LoanState): Loan {
  const { terms, events } = state
  return {
    ...ids,
    shard: 0,
    termsVersion: 1,
    currency: terms.currency,
    plan: 'plan',
    terms,
    events,
    eventSeqs: [1n],
    posted: emptyLedger,
    postedOn: terms.disbursedOn,
    funding: ownFunding,
    bucket: 'current',
    openedOn: terms.disbursedOn,
    nextActionOn: null,
    state,
  }
}

/** Written as operations write it, the contract when it was opened and now its changes, and read as the look-up reads it. */
function writtenAndRead(loan: Loan, today: string, readOn: string, lineVersion?: number) {
  const row = changesOfLoan(loan, today, readOn) as Record<string, never>
  const text = (column: string) => stringifyJson(row[column])
  const parts: KeptParts = [
    String(loan.shard),
    loan.currency,
    row.bucket!,
    loan.postedOn,
    loan.chargeId ?? '',
    loan.merchantId ?? '',
    `{${loan.eventSeqs}}`,
    stringifyJson(encodeTerms(loan.terms)),
    text('events'),
    text('posted'),
    stringifyJson(loan.funding),
  ]
  return new StoredLoan({
    id: loan.id,
    tenantId: 'tenant',
    lineId: loan.lineId,
    programId: loan.programId,
    termsVersion: loan.termsVersion,
    plan: loan.plan,
    ...(lineVersion === undefined ? {} : { lineVersion }),
    status: row.status!,
    daysPastDue: row.days_past_due!,
    openedOn: loan.openedOn,
    nextActionOn: row.next_action_on!,
    kept: parts.join(betweenParts),
  })
}

test('whatever befell a loan, no unpaid instalment is due before the day its row says, and what is read is what was written', () => {
  const program = termsOf()
  let toCome = 0
  let told = 0
  holds(anyLife(6), (life) => {
    const state = foldedLife(life)
    if (state === null) return
    const dueDates = state.instalments.map((instalment) => instalment.dueOn)
    assert.deepEqual(dueDates, dueDates.toSorted())
    const oldest = state.instalments.find(isUnpaid)?.dueOn
    // What is booked on a loan lies in the past.
    const latest = Math.max(0, ...state.events.map((event) => dayOffset(event.on)))
    for (const after of [0, 40, 400]) {
      const [today, tomorrow] = [dayText(latest + after), dayText(latest + after + 1)]
      const { loan } = move(loanOf(state), program, { type: 'test', today })
      const closed = writtenAndRead(afterClose(loan, program, today), today, tomorrow)
      for (const stored of [writtenAndRead(loan, today, today), closed]) {
        assert.deepEqual(stored.folded().state, state)
        assert.equal(stored.status, state.status)
        if (state.status !== 'active' || oldest === undefined) continue
        assert.ok(stored.unpaidFrom <= oldest, `${stored.unpaidFrom} is after ${oldest}`)
        if (oldest < today) continue
        toCome++
        if (stored.unpaidFrom === oldest) told++
      }
    }
  })
  assert.ok(told > toCome / 2, `of ${toCome} with a due to come ${told} say its day`)
})

test('a loan read ahead of its line stands for as long as the line keeps its version', () => {
  const loan = loanOf(openLoan(plainLoan))
  const read = writtenAndRead(loan, loan.openedOn, loan.openedOn, 7)
  assert.ok(read.isAsUnder({ version: 7 }))
  assert.ok(!read.isAsUnder({ version: 8 }))
  assert.ok(!writtenAndRead(loan, loan.openedOn, loan.openedOn).isAsUnder({ version: 0 }), 'one read without its line')
})
