/** A plan cut at a day: what comes after it is taken off, what was paid of that stays on the record. */
import { type Day, formatDay } from '../calendar.ts'
import { addPaid, addWaived, addWrittenOff, type Book, components, type Slot, settledOf } from './book.ts'

/**
 * Ends the plan on a day that is not before its beginning. Where the day lies within a period that one ends on it; its
 * index, or that of the period that ended on or before the day, is returned. What was paid, waived or lost of later
 * instalments is counted with that one, and what was charged to them is given back to be charged elsewhere.
 */
export function cutPlan(book: Book, day: Day): { readonly last: number; readonly charges: Charges } {
  const kept = book.plan.filter((slot) => slot.due <= day)
  const rest = book.plan.slice(kept.length)
  const current = rest[0]
  if (current !== undefined && (day > current.from || kept.length === 0)) kept.push(shortened(current, day))
  const last = kept.length - 1
  const merged = current !== undefined && kept[last]!.from === current.from ? rest.slice(1) : rest
  for (const slot of merged) takeOver(kept[last]!, slot)
  book.plan = kept
  book.dirty = 0
  book.settled = false
  book.firstOpen = 0
  return { last, charges: { fee: unpaid(merged, 'fee'), penalty: unpaid(merged, 'penalty') } }
}

export interface Charges {
  readonly fee: bigint
  readonly penalty: bigint
}

function unpaid(slots: readonly Slot[], component: 'fee' | 'penalty'): bigint {
  return slots.reduce((sum, slot) => sum + slot.owing[component] - settledOf(slot, component), 0n)
}

/** Its measure counts by days, so it holds for a part of the period. */
function shortened(slot: Slot, day: Day): Slot {
  return { ...slot, due: day, dueOn: formatDay(day), owing: { ...slot.owing } }
}

function takeOver(host: Slot, slot: Slot): void {
  for (const component of components) {
    addPaid(host, component, slot.paid[component])
    addWaived(host, component, slot.waived[component])
    addWrittenOff(host, component, slot.writtenOff[component])
    host.owing[component] += settledOf(slot, component)
  }
  host.paidInAdvance += slot.paidInAdvance
  host.paidLate += slot.paidLate
  host.restored += slot.restored
  host.lent += slot.lent
  host.moves = [...host.moves, ...slot.moves]
}
