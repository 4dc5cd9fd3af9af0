/**
 * Re-ageing: principal in arrears and principal to come are paid in new instalments, the first of which also has the
 * interest borne until then. The old instalments ask for what was paid of them, the current one ends today; charges stay
 * due where they are, those of later days with the new instalment of their day.
 */
import type { Day } from '../calendar.ts'
import { addPeriods } from '../calendar.ts'
import { spansFrom } from '../schedule/dates.ts'
import { addMove, type Book, insertMove, owedOf, planIndex, type Slot } from './book.ts'
import { cutPlan, placeCharges } from './cut.ts'
import { bearLateInterest, keepLateInterest } from './late.ts'
import { regularSlot } from './open.ts'
import { askOnlyForSettled, deferOnly, endDeferrals, workOutAll } from './plan.ts'
import { LoanProblem } from './problem.ts'
import { planLikeNew, replan } from './replan.ts'
import type { NewTerm } from './restructure.ts'

/** Whether the balance alone decides the interest of the new instalments; else `reschedule` says what it is. */
export function followsBalance(book: Book): boolean {
  return book.daily || book.rates.every((step) => step.num === 0n)
}

export function reAge(book: Book, on: Day, term: NewTerm): void {
  bearLateInterest(book, on)
  workOutAll(book)
  if (term.firstDue < book.plan[0]!.from) {
    throw new LoanProblem('due-before-change', 'the new instalments begin within the term they replace', 'firstDueOn')
  }
  const end = Math.min(on, term.firstDue)
  const until = Math.min(end, book.plan[book.plan.length - 1]!.due)
  const { last, charges } = cutPlan(book, end)
  endLateInterest(book, until)
  for (const slot of book.plan) askOnlyForPaid(book, slot, until)
  if (book.terms.overdueInterest) deferOnly(book, last, -endDeferrals(book, last))
  book.plan[last] = { ...book.plan[last]!, kind: 'ended' }
  const spans = spansFrom(book.plan[last]!.due, term.firstDue, book.terms.every, term.instalments)
  book.plan.push(...spans.map((span) => regularSlot(book.terms, span, false)))
  book.grace = Math.min(book.grace, last + 1)
  movesToNewPlan(book, last)
  const apart = book.extras.filter((slot) => slot.kind !== 'closed')
  for (const slot of apart) principalToPlan(book, slot, last, end)
  for (const component of ['fee', 'penalty'] as const) placeCharges(book, component, charges, last, end)
  book.extras = book.extras.filter((slot) => slot.kind !== 'extra' || asksOrAsked(slot))
  planReAged(book, last + 1)
  bearLateInterest(book, on)
}

/**
 * Levelled, as a new loan that begins one period before the first of them is due; else the interest carried into the
 * first is part of what all of them pay, so that it does not fall to the last alone.
 */
function planReAged(book: Book, first: number): void {
  const { terms, plan } = book
  if (terms.lastInstalment === 'remainder' || terms.method !== 'equal-instalment') {
    replan(book, first, 0, true)
    return
  }
  const { due } = plan[first]!
  const from = addPeriods(due, { ...terms.every, n: -terms.every.n }, 1)
  planLikeNew(book, first, regularSlot(terms, { from, due, regular: true }, false))
}

/** Late principal bore interest apart from the balance up to here; from here on it is part of it. */
function endLateInterest(book: Book, until: Day): void {
  let bearing = 0n
  for (const slot of book.plan) {
    slot.moves = slot.moves.filter((move) => move.kind !== 'late' || move.day <= until)
    for (const move of slot.moves) if (move.kind === 'late') bearing += move.amount
  }
  if (bearing !== 0n) addMove(book, until, -bearing, 'late')
  keepLateInterest(book)
  book.lateUntil = null
}

/** The rest is no longer due, so it stays in the balance; while it was late, what it bore is counted already. */
function askOnlyForPaid(book: Book, slot: Slot, until: Day): void {
  const late = slot.due < until ? owedOf(slot, 'principal') : 0n
  if (!book.terms.overdueInterest) slot.deferred = 0n
  askOnlyForSettled(book, slot)
  if (late <= 0n) return
  insertMove(slot, slot.due, -late)
  addMove(book, until, late)
}

/** What changed the balance after the new plan's beginning belongs to its periods. */
function movesToNewPlan(book: Book, last: number): void {
  const host = book.plan[last]!
  const later = host.moves.filter((move) => move.day > host.due)
  host.moves = host.moves.filter((move) => move.day <= host.due)
  for (const move of later) addMove(book, move.day, move.amount, move.kind)
}

/** Unpaid down payments, and money charged back after the last instalment, become principal of the new plan. */
function principalToPlan(book: Book, apart: Slot, last: number, end: Day): void {
  const amount = owedOf(apart, 'principal')
  if (amount <= 0n) return
  apart.owing.principal -= amount
  book.planPrincipal += amount
  book.outstanding += amount
  // Charged back after the old plan's last day, it bears interest from its own day, in the period that contains that.
  const afterOld = apart.due > book.plan[last]!.due
  const slot = book.plan[afterOld ? planIndex(book, apart.due) : last]!
  const day = afterOld ? Math.min(apart.due, slot.due) : end
  const kind = apart.due > end ? 'restored' : 'lent'
  slot[kind] += amount
  insertMove(slot, day, amount, kind)
}

function asksOrAsked(slot: Slot): boolean {
  return Object.values(slot.owing).some((amount) => amount !== 0n)
}
