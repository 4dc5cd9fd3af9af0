/** Interest of one period on the balance it carried, exact until the period's one rounding. */
import type { Day } from '../calendar.ts'
import { exactDouble, roundQuotient, roundSafe, wholeMinor } from '../rounding.ts'
import type { Factor } from '../schedule/annuity.ts'
import type { Book, Pause, Slot } from './book.ts'

/** Rate numerator × units of (from, to], leaving out paused days and switching at rate changes. */
export function growth(book: Book, slot: Slot, from: Day, to: Day, pauses = book.pauses): bigint {
  if (slot.interestFree || to <= from) return 0n
  if (book.rates.length === 1 && pauses.length === 0) {
    return book.rates[0]!.num * BigInt(slot.measure.units(from, to) * slot.measure.share)
  }
  let sum = 0n
  // From the latest, as most periods to come lie after all of them.
  for (let index = book.rates.length - 1, end = to; index >= 0 && end > from; index--) {
    const step = book.rates[index]!
    const start = index === 0 ? from : Math.max(from, step.from - 1)
    if (end <= start) continue
    sum += step.num * BigInt(activeUnits(slot, start, end, pauses) * slot.measure.share)
    end = start
  }
  return sum
}

/** A pause from the 10th to the 12th takes those three days out: (9th, 12th]. Pauses are kept apart and in order. */
function activeUnits(slot: Slot, from: Day, to: Day, pauses: readonly Pause[]): number {
  let units = slot.measure.units(from, to)
  for (const pause of pauses) {
    const start = Math.max(from, pause.from - 1)
    const end = Math.min(to, pause.to)
    if (end > start) units -= slot.measure.units(start, end)
  }
  return units
}

/** Interest of (from of the period, until] on the opening balance as the moves change it. */
export function interestUntil(book: Book, slot: Slot, opening: bigint, until: Day): bigint {
  if (slot.interestFree || (book.rates.length === 1 && book.rates[0]!.num === 0n)) return 0n
  const near = interestInDoubles(book, slot, opening, until)
  if (near !== null) return near
  let balance = opening
  let day = slot.from
  let sum = 0n
  for (const move of slot.moves) {
    if (move.day > until) break
    if (move.day > day) {
      if (balance > 0n) sum += balance * growth(book, slot, day, move.day)
      day = move.day
    }
    balance += move.amount
  }
  if (until > day && balance > 0n) sum += balance * growth(book, slot, day, until)
  return roundQuotient(sum, book.rateDen * BigInt(slot.measure.denominator), book.terms.rounding)
}

/**
 * The same where one rate holds throughout and everything is exact as a double, which it nearly always is; else null.
 * A sum of what is not negative is exact when its end is, as none of its parts was greater.
 */
function interestInDoubles(book: Book, slot: Slot, opening: bigint, until: Day): bigint | null {
  if (book.rates.length > 1 || book.pauses.length > 0) return null
  const { measure, moves } = slot
  let balance = Number(opening)
  let day = slot.from
  let sum = 0
  for (let index = 0; index < moves.length; index++) {
    const move = moves[index]!
    if (move.day >= until) break
    if (move.day > day) {
      if (balance > 0) sum += balance * measure.units(day, move.day)
      day = move.day
    }
    balance += Number(move.amount)
    if (!(Math.abs(balance) <= exactDouble)) return null
  }
  if (until > day && balance > 0) sum += balance * measure.units(day, until)
  const numerator = sum * measure.share * book.rates[0]!.double
  const denominator = measure.denominator * book.rateDenDouble
  if (!(numerator <= exactDouble && denominator <= exactDouble)) return null
  return wholeMinor(roundSafe(numerator, denominator, book.terms.rounding))
}

/** Factor of a whole period, for the equal instalment, which a pause does not change. */
export function factorOf(book: Book, slot: Slot): Factor {
  const num = growth(book, slot, slot.from, slot.due, [])
  return { num, den: book.rateDen * BigInt(slot.measure.denominator) }
}

/** The same as the nearest double; NaN where its parts are not exact as such. */
export function ratioOf(book: Book, slot: Slot): number {
  const { interestFree, measure, from, due } = slot
  if (interestFree) return 0
  const num =
    book.rates.length > 1
      ? Number(growth(book, slot, from, due, []))
      : measure.units(from, due) * measure.share * book.rates[0]!.double
  const den = measure.denominator * book.rateDenDouble
  return num <= exactDouble && den <= exactDouble ? num / den : Number.NaN
}

/** Flat interest: on the amount lent so far, whatever is still owed of it. */
export function flatInterest(book: Book, slot: Slot): bigint {
  let sum = 0n
  for (const { day, amount } of book.flatLent) {
    if (day < slot.due) sum += amount * growth(book, slot, Math.max(day, slot.from), slot.due)
  }
  return roundQuotient(sum, book.rateDen * BigInt(slot.measure.denominator), book.terms.rounding)
}
