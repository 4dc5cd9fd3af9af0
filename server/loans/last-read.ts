/**
 * Loans as they were last read. One that is read again as it was, as when a customer looks at a line before and after paying, or
 * a day's close is looked at in the morning, is not folded again: folding takes ten times as long as finding that its row is the
 * same. The row itself is read each time and compared to the last letter, so nothing can be stale.
 */
import { loanOfRow, type StoredRow } from './stored.ts'
import type { Loan } from './types.ts'

interface LastRead {
  readonly row: StoredRow
  readonly loan: Loan
}

/** Keeps the `max` loans read last, and up to as many of those before them. */
export function createLastRead(max: number): (row: StoredRow) => Loan {
  let young = new Map<string, LastRead>()
  let old = new Map<string, LastRead>()

  function keep(read: LastRead): Loan {
    if (young.size >= max) {
      old = young
      young = new Map()
    }
    young.set(read.row.id, read)
    return read.loan
  }

  return (row) => {
    const last = young.get(row.id)
    if (last !== undefined && isSame(last.row, row)) return last.loan
    const before = last === undefined ? old.get(row.id) : undefined
    if (before !== undefined && isSame(before.row, row)) return keep(before)
    return keep({ row, loan: loanOfRow(row) })
  }
}

/** In everything that a loan is made of. */
function isSame(one: StoredRow, other: StoredRow): boolean {
  return (
    one.kept === other.kept &&
    one.nextActionOn === other.nextActionOn &&
    one.termsVersion === other.termsVersion &&
    one.lineId === other.lineId &&
    one.programId === other.programId &&
    one.plan === other.plan &&
    one.openedOn === other.openedOn
  )
}
