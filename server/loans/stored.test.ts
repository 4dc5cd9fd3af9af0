import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anyLife, foldedLife } from '../../core/loan/any-life.test-support.ts'
import { holds } from '../../core/loan/arbitrary.test-support.ts'
import { openLoan } from '../../core/loan/index.ts'
import { plainLoan } from '../../core/loan/plain.test-support.ts'
import { isUnpaid } from '../../core/program/bill.ts'
import { termsOf } from '../../core/program/terms.test-support.ts'
import { dayOffset, dayText } from '../../core/property.test-support.ts'
import { afterClose, move } from './book.ts'
import { loanOf, rowOf } from './stored.test-support.ts'
import { StoredLoan } from './stored.ts'

const readAgain = (...written: Parameters<typeof rowOf>) => new StoredLoan(rowOf(...written))

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
      const closed = readAgain(afterClose(loan, program, today), today, tomorrow)
      for (const stored of [readAgain(loan, today, today), closed]) {
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
  const read = readAgain(loan, loan.openedOn, loan.openedOn, 7)
  assert.ok(read.isAsUnder({ version: 7 }))
  assert.ok(!read.isAsUnder({ version: 8 }))
  assert.ok(!readAgain(loan, loan.openedOn, loan.openedOn).isAsUnder({ version: 0 }), 'one read without its line')
})
