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
  /** In the measure of `max`. */
  readonly size: number
}

/**
 * A loan takes 6 kB with three instalments, 12 with twelve, 92 with 120 and 520 with a thousand repayments more: long ones
 * count for several, or two thousand of them would take a gigabyte.
 */
const partsOfOne = 8

const sizeOf = ({ instalments, events }: Loan['state']) =>
  Math.max(1, (instalments.length + events.length) / partsOfOne)

/** Keeps the `max` loans read last, fewer of long ones, and up to as many of those before them. */
export function createLastRead(max: number): (row: StoredRow) => Loan {
  let young = new Map<string, LastRead>()
  let old = new Map<string, LastRead>()
  let size = 0

  function keep(read: LastRead): Loan {
    const { id } = read.row
    const before = young.get(id)?.size ?? 0
    if (size - before + read.size > max && size > 0) {
      young.delete(id)
      old = young
      young = new Map()
      size = 0
    } else size -= before
    young.set(id, read)
    size += read.size
    return read.loan
  }

  return (row) => {
    const last = young.get(row.id)
    if (last !== undefined && isSame(last.row, row)) return last.loan
    const before = last === undefined ? old.get(row.id) : undefined
    if (before !== undefined && isSame(before.row, row)) return keep(before)
    const loan = loanOfRow(row)
    return keep({ row, loan, size: sizeOf(loan.state) })
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
