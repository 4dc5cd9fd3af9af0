/** A plan cut at a day: what comes after it is taken off, what was paid of that stays on the record. */
import { type Day, formatDay, parseDay } from '../calendar.ts'
import { maxMinor, minMinor } from '../money.ts'
import {
  addPaid,
  addWaived,
  addWrittenOff,
  type Book,
  components,
  owedOf,
  periodIndex,
  type Slot,
  settledOf,
} from './book.ts'
import { slotAfterMaturity } from './open.ts'

/**
 * Ends the plan on a day that is not before its beginning. Where the day lies within a period that one ends on it; its
 * index, or that of the period that ended on or before the day, is returned. What was paid, waived or lost of later
 * instalments is counted with that one, and what was charged to them is given back to be charged elsewhere.
 */
export function cutPlan(book: Book, day: Day): { readonly last: number; readonly charges: Charges } {
  const kept = book.plan.filter((slot) => slot.due <= day)
  const rest = book.plan.slice(kept.length)
  const current = rest[0]
  const ends = current !== undefined && (day > current.from || kept.length === 0)
  if (ends) kept.push(shortened(current, day))
  const last = kept.length - 1
  const merged = ends ? rest.slice(1) : rest
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
  host.arrearsInterest += slot.arrearsInterest
  host.deferred += slot.deferred
  host.restored += slot.restored
  host.prepaid += slot.prepaid
  host.lent += slot.lent
  host.moves = [...host.moves, ...slot.moves]
}

/**
 * Charges of days after the cut go with the instalments of their days, or stand by themselves where there are none; of
 * others that lost theirs, with the first, or with the last that is left.
 */
export function placeCharges(book: Book, component: 'fee' | 'penalty', lost: Charges, last: number, end: Day): void {
  const later = book.events.flatMap((event) => {
    const day = event.type === component && !book.reversed.has(event.id) ? parseDay(event.on, 'on') : end
    return event.type === component && day > end ? [{ day, amount: event.amount }] : []
  })
  let left = lost[component]
  let wanted = maxMinor(later.reduce((sum, charge) => sum + charge.amount, 0n) - left, 0n)
  for (const slot of [...book.extras.filter(({ kind }) => kind === 'extra'), book.plan[last]!]) {
    const part = minMinor(wanted, owedOf(slot, component))
    slot.owing[component] -= part
    wanted -= part
    left += part
  }
  for (const { day, amount } of later) {
    const part = minMinor(left, amount)
    const slot = book.plan[Math.max(periodIndex(book, day), last + 1)] ?? slotAfterMaturity(book, day)
    slot.owing[component] += part
    left -= part
  }
  const next = book.plan[last + 1] ?? book.plan[last]!
  next.owing[component] += left
}
