import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openLoan } from '../../core/loan/index.ts'
import { plainLoan } from '../../core/loan/plain.test-support.ts'
import { createLastRead } from './last-read.ts'
import { loanOf, rowOf } from './stored.test-support.ts'
import { loanOfRow, type StoredRow } from './stored.ts'

const day = '2026-03-05'
const loan = loanOf(openLoan(plainLoan))
/** As the database gives it: a row of its own each time. */
const read = (changes: Partial<StoredRow> = {}): StoredRow => ({ ...rowOf(loan, day, day), ...changes })

test('a loan that is read again as it was is the same one, whatever of its row no loan is made of', () => {
  const of = createLastRead(10)
  const first = of(read())
  assert.deepEqual(first, loanOfRow(read()))
  assert.equal(of(read()), first)
  assert.equal(of(read({ lineVersion: 7, daysPastDue: 3 })), first)
})

test('one whose row differs in anything that a loan is made of is made anew', () => {
  const of = createLastRead(10)
  const { kept } = read()
  const changes: Partial<StoredRow>[] = [
    { kept: kept.replace('{1}', '{2}') },
    { kept: kept.replace('"serviceFeeBasisPoints":0', '"serviceFeeBasisPoints":1') },
    { nextActionOn: '2026-09-09' },
    { termsVersion: 2 },
    { lineId: 'another' },
    { programId: 'another' },
    { plan: 'another' },
    { openedOn: '2026-03-01' },
  ]
  for (const change of changes) {
    const before = of(read())
    const changed = of(read(change))
    assert.notEqual(changed, before, JSON.stringify(change))
    assert.deepEqual(changed, loanOfRow(read(change)))
  }
})

test('a long one counts for as many as it takes the memory of', () => {
  const long = loanOf(openLoan({ ...plainLoan, instalments: 24 }))
  const of = createLastRead(6)
  const readLong = (id: string) => of({ ...rowOf(long, day, day), id })
  const [a, b, c, d, e] = ['a', 'b', 'c', 'd', 'e'].map(readLong)
  // Of 24 instalments each, two are as much as it may: e, and c and d before it.
  assert.deepEqual([readLong('e') === e, readLong('d') === d, readLong('c') === c], [true, true, true])
  assert.deepEqual([readLong('a') === a, readLong('b') === b], [false, false])
})

test('it keeps as many as it may and as many before them, those read last', () => {
  const of = createLastRead(2)
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((id) => of(read({ id })))
  assert.equal(of(read({ id: 'b' })), b)
  assert.equal(of(read({ id: 'd' })), d)
  of(read({ id: 'e' }))
  assert.notEqual(of(read({ id: 'a' })), a)
  assert.notEqual(of(read({ id: 'c' })), c)
})
