/** state = events.reduce(apply, open(terms)): events in order of effective date, whatever the order they were booked in. */
import { parseDay } from '../calendar.ts'
import { applyToBook } from './apply.ts'
import { type Book, copyBook } from './book.ts'
import { checkEvent, checkNewEvent, checkTerms } from './check.ts'
import { FoldedLoan, freeze } from './freeze.ts'
import { computedInterestRefund, isComputed } from './interest-refund.ts'
import { openBook } from './open.ts'
import { LoanProblem } from './problem.ts'
import type { LoanEvent, LoanState, LoanTerms } from './types.ts'

/** Books of states that came from elsewhere (JSON), made by folding again; a folded state carries its own. */
const books = new WeakMap<LoanState, Book>()

/** The loan as disbursed, with its schedule. */
export function openLoan(terms: LoanTerms): LoanState {
  return foldLoan(terms, [])
}

export function foldLoan(terms: LoanTerms, events: readonly LoanEvent[]): LoanState {
  checkTerms(terms)
  return freeze(foldBook(terms, inOrder(events)))
}

/** One more event; one with an earlier date than the latest makes the loan fold anew. */
export function applyEvent(state: LoanState, event: LoanEvent): LoanState {
  checkEvent(state.terms, event)
  checkNewEvent(state, event)
  const latest = state.events[state.events.length - 1]
  const refolds = event.type === 'reversal' || (latest !== undefined && inTime(event, latest) < 0)
  if (refolds) return foldLoan(state.terms, [...state.events, event])
  const book = copyBook(bookOf(state))
  applyOne(book, event)
  return freeze(book)
}

/** The book behind a state; to be read, or copied before it is changed. */
export function bookOf(state: LoanState): Book {
  const known = FoldedLoan.bookOf(state) ?? books.get(state)
  if (known !== undefined) return known
  const book = foldBook(state.terms, inOrder(state.events))
  freeze(book)
  books.set(state, book)
  return book
}

/** The state with only the events up to a day. */
export function stateOn(state: LoanState, on: string): LoanState {
  const latest = state.events[state.events.length - 1]
  if (latest === undefined || orderDate(latest) <= on) return state
  const until = state.events.filter((event) => orderDate(event) <= on)
  const known = new Set(until.map((event) => event.id))
  const isOfKnown = (event: LoanEvent): boolean => event.type === 'reversal' && known.has(event.of)
  // A reversal may be dated before the event that it undoes, which then never was in force.
  const inForce = until.filter((event) => event.type !== 'reversal' || isOfKnown(event))
  const later = state.events.slice(until.length).filter(isOfKnown)
  return foldPossible(state.terms, inForce, later)
}

/**
 * Events that were possible only because a later reversal undid one before them, such as money lent after a charge-off
 * that was a mistake, are seen with that reversal: as few as make the history possible, the earliest first.
 */
function foldPossible(terms: LoanTerms, events: readonly LoanEvent[], reversals: readonly LoanEvent[]): LoanState {
  for (let taken = 0; ; taken++) {
    try {
      return foldLoan(terms, [...events, ...reversals.slice(0, taken)])
    } catch (problem) {
      if (!(problem instanceof LoanProblem) || taken === reversals.length) throw problem
    }
  }
}

/** When an event takes its place: a charge announced before it is due, when it was announced. */
function orderDate(event: LoanEvent): string {
  const known = event.type === 'fee' || event.type === 'penalty' ? event.knownOn : undefined
  return known !== undefined && known < event.on ? known : event.on
}

/** Negative where `a` comes first. A rate and a pause hold from the beginning of their day, before its money. */
function inTime(a: LoanEvent, b: LoanEvent): number {
  const first = orderDate(a)
  const second = orderDate(b)
  if (first !== second) return first < second ? -1 : 1
  if (a.type === b.type) return 0
  return Number(opensDay(b)) - Number(opensDay(a))
}

function opensDay({ type }: LoanEvent): boolean {
  return type === 'rate-change' || type === 'interest-pause'
}

/** Stable: other events of one day keep the order they were booked in. */
function inOrder(events: readonly LoanEvent[]): readonly LoanEvent[] {
  for (let index = 1; index < events.length; index++) {
    if (inTime(events[index]!, events[index - 1]!) < 0) return [...events].sort(inTime)
  }
  return events
}

function foldBook(terms: LoanTerms, events: readonly LoanEvent[]): Book {
  const reversed = reversedIds(events)
  const book = openBook(terms)
  book.reversed = reversed
  for (let index = 0; index < events.length; index++) {
    const event = events[index]!
    checkEvent(terms, event)
    if (reversed.size > 0 && reversed.has(event.id)) keepReversed(book, event)
    else applyOne(book, event)
  }
  return book
}

export function applyOne(book: Book, event: LoanEvent): void {
  if (isComputed(event)) {
    const amount = computedInterestRefund(book, event.of, parseDay(event.on, 'on'), (kept) =>
      foldBook(book.terms, kept),
    )
    if (amount > 0n) {
      applyToBook(book, { ...event, amount })
      book.events.pop()
    }
    // On the record as it was asked for: with an event that is dated before it, it is computed anew.
    book.events.push(event)
    return
  }
  applyToBook(book, event)
}

/** A reversed event stays on the record and does nothing. */
function keepReversed(book: Book, event: LoanEvent): void {
  book.events.push(event)
  if (!('amount' in event)) return
  const nothing = { principal: 0n, interest: 0n, fee: 0n, penalty: 0n, overpaid: 0n }
  const { id: eventId, type, on, amount } = event
  book.allocated.push({ eventId, type, on, amount, ...nothing, reversed: true })
}

function reversedIds(events: readonly LoanEvent[]): ReadonlySet<string> {
  const known = new Set<string>()
  let reversals = 0
  for (let index = 0; index < events.length; index++) {
    const { id, type } = events[index]!
    known.add(id)
    if (type === 'reversal') reversals++
  }
  if (known.size < events.length) refuseDuplicate(events)
  return reversals === 0 ? noIds : reversedOf(events)
}

function refuseDuplicate(events: readonly LoanEvent[]): never {
  const known = new Set<string>()
  const twice = events.find(({ id }) => known.size === known.add(id).size)
  throw new LoanProblem('duplicate-event', `two events have the id "${twice?.id}"`, 'id')
}

const noIds: ReadonlySet<string> = new Set()

function reversedOf(events: readonly LoanEvent[]): ReadonlySet<string> {
  const known = new Map(events.map((event) => [event.id, event]))
  const reversed = new Set<string>()
  for (const event of events) {
    if (event.type !== 'reversal') continue
    const target = known.get(event.of)
    if (target === undefined) throw new LoanProblem('no-such-event', `no event has the id "${event.of}"`, 'of')
    if (target.type === 'reversal') throw new LoanProblem('not-reversible', 'a reversal cannot be reversed', 'of')
    reversed.add(event.of)
  }
  for (const event of events) {
    if (event.type === 'interest-refund' && event.of !== undefined && reversed.has(event.of)) reversed.add(event.id)
  }
  return reversed
}
