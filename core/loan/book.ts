/**
 * The working state of a fold: mutable, private to core/loan, and never seen outside. A loan's plan is a chain of
 * periods over one balance; a period is worked out only when an event needs it (`dirty` is the first that is not), so
 * that an on-time repayment costs nothing but its own instalment.
 */
import type { Day } from '../calendar.ts'
import type { Measure } from '../schedule/measure.ts'
import type { Allocated, Component, LoanEvent, LoanTerms, Ownership } from './types.ts'

export type Amounts = Record<Component, bigint>

export type MoveKind = 'lent' | 'late' | 'restored' | 'paid'

/** A change of the balance that bears interest, effective after `day`. */
export interface Move {
  readonly day: Day
  readonly amount: bigint
  /** Money lent, late principal that keeps bearing interest, money charged back; else money paid. */
  readonly kind: MoveKind
}

export type SlotKind = 'regular' | 'ended' | 'closed' | 'down-payment' | 'extra'

export interface Lending {
  readonly day: Day
  readonly amount: bigint
}

export interface Slot {
  /**
   * `regular` periods form the plan, with those that a re-ageing `ended` on its day; a down payment and an extra charge or principal stand beside it, as do the paid
   * parts of instalments that a new plan replaced (`closed`).
   */
  readonly kind: SlotKind
  readonly from: Day
  readonly due: Day
  readonly fromOn: string
  readonly dueOn: string
  readonly measure: Measure
  /** No interest is borne: one of the first `interestFreePeriods`. */
  readonly interestFree: boolean
  /** What the plan asks for: the instalment, or the principal where interest comes on top of it. */
  planned: bigint
  /** The plan's instalment before the last one took the remainder. */
  basis: bigint
  /** Principal that was repaid with this instalment, beyond it, to lower those to come; part of `planned` and `basis`. */
  prepaid: bigint
  /** Lent within the period, less what was given back by a purchase refund. */
  lent: bigint
  /** Interest fixed by the schedule; null: computed on the balance. */
  fixedInterest: bigint | null
  /** Principal that came back within the period (chargeback). */
  restored: bigint
  /** Interest that later periods would bear but have no unpaid instalment for. */
  deferred: bigint
  /** Unpaid interest of replaced instalments, to be paid with this one. */
  arrearsInterest: bigint
  /** Settled before its due date, so that no more interest falls to it. */
  settledEarly: boolean
  /** Replaced, never changed, like the amounts below: copies of a book share them. */
  moves: readonly Move[]
  paid: Readonly<Amounts>
  /** Paid, waived and written off together; changed only by the functions below. */
  settled: Readonly<Amounts>
  /** Rare, so that untouched ones share one object. */
  waived: Readonly<Amounts>
  writtenOff: Readonly<Amounts>
  paidInAdvance: bigint
  paidLate: bigint
  /** What the customer owes or owed by component, as worked out. */
  readonly owing: Amounts
  /** Interest that the period bears by itself, as worked out. */
  borne: bigint
  /** Interest of this period that the instalment had no room for, and the next one bears; below 0: what was paid beyond it. */
  carry: bigint
  /** Balance after the due date, had everything due been paid. */
  close: bigint
  /** Of it, what this instalment need not repay: late principal, and what was restored to a later one. */
  late: bigint
}

export interface RateStep {
  readonly from: Day
  readonly num: bigint
  /** Percent per year, as it was stated. */
  readonly percent: string
  /** The numerator as a double, which it is exactly up to `exactDouble`. */
  readonly double: number
}

export function rateStep(from: Day, num: bigint, percent: string): RateStep {
  return { from, num, percent, double: Number(num) }
}

export interface Pause {
  readonly from: Day
  readonly to: Day
}

export interface Totals {
  disbursed: bigint
  restored: bigint
  refunded: bigint
  overpaid: bigint
  returned: bigint
  recovered: bigint
}

export interface Book {
  readonly terms: LoanTerms
  /** `total`: the instalment is fixed; `principal`: interest comes on top. */
  readonly fixes: 'total' | 'principal'
  readonly daily: boolean
  /** Regular periods in order of due date. */
  plan: Slot[]
  /** So many of the first of them repay no principal. */
  grace: number
  /** Down payments and extras. */
  extras: Slot[]
  rateDen: bigint
  rateDenDouble: number
  rates: RateStep[]
  pauses: Pause[]
  /** Principal of the plan: disbursed less down payments, refunds; with what was restored. */
  planPrincipal: bigint
  /** Of it, not yet paid, waived or written off. */
  outstanding: bigint
  /** 0 or less, like a `carry` of what was paid beyond: interest paid of a replaced plan that its nights did not bear. */
  broughtForward: bigint
  /** The amount lent as it grew (and, by refunds, shrank), on which flat interest is computed. */
  flatLent: Lending[]
  dirty: number
  /** Whether only payments and charges came so far, spread in the usual order; see `applyToBook`. */
  plain: boolean
  /** Whether the last unpaid instalment has taken the remainder. */
  settled: boolean
  /** Late principal has borne interest up to here. */
  lateUntil: Day | null
  /** Plan index before which everything is paid. */
  firstOpen: number
  readonly totals: Totals
  credit: bigint
  chargedOffOn: Day | null
  allocated: Allocated[]
  events: LoanEvent[]
  /** Events that a reversal undoes, wherever in the order it stands. */
  reversed: ReadonlySet<string>
  /** Disbursements as they were made, for the balance column. */
  readonly disbursements: Lending[]
  owners: readonly Ownership[]
  interestRefunded: bigint
}

/** Every night bears interest on what is owed, late or not, and money pays that of the nights before it. */
export function countsNights({ daily, terms }: Book): boolean {
  return daily && terms.overdueInterest && terms.earlyInterest === 'to-day'
}

export const components: readonly Component[] = ['penalty', 'fee', 'interest', 'principal']

export function noAmounts(): Amounts {
  return { penalty: 0n, fee: 0n, interest: 0n, principal: 0n }
}

/** Not frozen, as `nothing` is not: V8 keeps frozen ones apart, and whatever reads both kinds is slower, an opening by a tenth. */
export const noMoves: readonly Move[] = []

export const nothing: Readonly<Amounts> = noAmounts()

/** Member by member: a spread of an object of another shape is not compiled to a copy. */
export function copyOf({ penalty, fee, interest, principal }: Readonly<Amounts>): Amounts {
  return { penalty, fee, interest, principal }
}

function withMore(amounts: Readonly<Amounts>, component: Component, amount: bigint): Amounts {
  const sum = copyOf(amounts)
  addTo(sum, component, amount)
  return sum
}

/** By name, as an access by variable is not compiled to one: a tenth of a fold. The same for the readings below. */
export function addTo(amounts: Amounts, component: Component, amount: bigint): void {
  switch (component) {
    case 'penalty':
      amounts.penalty += amount
      break
    case 'fee':
      amounts.fee += amount
      break
    case 'interest':
      amounts.interest += amount
      break
    case 'principal':
      amounts.principal += amount
  }
}

export function addPaid(slot: Slot, component: Component, amount: bigint): void {
  setPaid(slot, withMore(slot.paid, component, amount))
}

/** All that was paid by now; what was waived and written off stays settled beside it. */
export function setPaid(slot: Slot, paid: Readonly<Amounts>): void {
  const { paid: before, settled } = slot
  slot.paid = paid
  slot.settled =
    settled === before
      ? paid
      : {
          penalty: settled.penalty - before.penalty + paid.penalty,
          fee: settled.fee - before.fee + paid.fee,
          interest: settled.interest - before.interest + paid.interest,
          principal: settled.principal - before.principal + paid.principal,
        }
}

export function addWaived(slot: Slot, component: Component, amount: bigint): void {
  slot.waived = withMore(slot.waived, component, amount)
  slot.settled = withMore(slot.settled, component, amount)
}

export function addWrittenOff(slot: Slot, component: Component, amount: bigint): void {
  slot.writtenOff = withMore(slot.writtenOff, component, amount)
  slot.settled = withMore(slot.settled, component, amount)
}

export function settledOf({ settled }: Slot, component: Component): bigint {
  switch (component) {
    case 'penalty':
      return settled.penalty
    case 'fee':
      return settled.fee
    case 'interest':
      return settled.interest
    case 'principal':
      return settled.principal
  }
}

/** Of the plan and of what stands beside it. */
export function principalOwed(book: Book): bigint {
  return book.extras.reduce((sum, slot) => sum + owedOf(slot, 'principal'), book.outstanding)
}

export function owedOf({ owing, settled }: Slot, component: Component): bigint {
  switch (component) {
    case 'penalty':
      return owing.penalty - settled.penalty
    case 'fee':
      return owing.fee - settled.fee
    case 'interest':
      return owing.interest - settled.interest
    case 'principal':
      return owing.principal - settled.principal
  }
}

export function owedTotal(slot: Slot): bigint {
  return owedOf(slot, 'penalty') + owedOf(slot, 'fee') + owedOf(slot, 'interest') + owedOf(slot, 'principal')
}

/** Whether anything is owed: compared, as differences of bigints are made on the heap. */
export function owesAnything({ owing, settled }: Slot): boolean {
  return (
    owing.principal > settled.principal ||
    owing.interest > settled.interest ||
    owing.fee > settled.fee ||
    owing.penalty > settled.penalty
  )
}

/** Index of the plan's period that contains the day (from, due]; the first also contains its first day; or length. */
export function periodIndex(book: Book, day: Day): number {
  const { plan } = book
  let low = 0
  let high = plan.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (plan[middle]!.due < day) low = middle + 1
    else high = middle
  }
  return low
}

/** The same, with days after the last period falling into it. */
export function planIndex(book: Book, day: Day): number {
  return Math.min(periodIndex(book, day), book.plan.length - 1)
}

/** What the instalment before, or for the first one a replaced plan, left of its interest; below 0: was paid beyond it. */
export function carriedInto({ plan, broughtForward }: Book, index: number): bigint {
  return index === 0 ? broughtForward : plan[index - 1]!.carry
}

/** Plans an instalment; what was repaid with it to lower others comes on top. */
export function setPlan(slot: Slot, amount: bigint): void {
  slot.planned = amount + slot.prepaid
  slot.basis = slot.planned
  bearAgain(slot)
}

/** Completed early, an instalment asks for no more interest; where it is to repay more now, that bears interest again. */
export function bearAgain(slot: Slot): void {
  if (slot.settledEarly && slot.planned + slot.restored > slot.settled.principal) slot.settledEarly = false
}

export function touch(book: Book, index: number): void {
  if (index < book.dirty) book.dirty = index
  book.settled = false
}

/** Instalments from here on may owe again, though they owed nothing before. */
export function reopen(book: Book, index: number): void {
  if (index < book.firstOpen) book.firstOpen = index
}

/** Records a change of balance; a day after the last period moves nothing that still bears interest. */
export function addMove(book: Book, day: Day, amount: bigint, kind: MoveKind = 'paid'): void {
  const index = planIndex(book, day)
  insertMove(book.plan[index]!, day, amount, kind)
  touch(book, index)
}

/** In order of days; moves of one day and kind become one. */
export function insertMove(slot: Slot, day: Day, amount: bigint, kind: MoveKind = 'paid'): void {
  if (slot.moves.length === 0) {
    slot.moves = [{ day, amount, kind }]
    return
  }
  const { moves } = slot
  let at = moves.length
  for (; at > 0 && moves[at - 1]!.day >= day; at--) {
    const same = moves[at - 1]!
    if (same.day !== day || same.kind !== kind) continue
    const changed = moves.slice()
    changed[at - 1] = { day, amount: same.amount + amount, kind }
    slot.moves = changed
    return
  }
  while (at < moves.length && moves[at]!.day === day) at++
  const move = { day, amount, kind }
  // Of the usual one it makes two: an array that grows makes room for sixteen more.
  slot.moves = moves.length === 1 && at === 1 ? [moves[0]!, move] : moves.toSpliced(at, 0, move)
}

/** A second book that can be changed without touching the first. */
export function copyBook(book: Book): Book {
  return {
    ...book,
    plan: book.plan.map(copySlot),
    extras: book.extras.map(copySlot),
    rates: [...book.rates],
    pauses: [...book.pauses],
    flatLent: [...book.flatLent],
    totals: { ...book.totals },
    allocated: [...book.allocated],
    events: [...book.events],
    disbursements: [...book.disbursements],
  }
}

/** For a quote: instalments paid already are shared, as nothing that is asked changes them, and so is the record. */
export function copyUnpaid(book: Book): Book {
  // But one with interest of others hands that on when another becomes the last.
  const tookOver = book.plan.findIndex((slot) => slot.deferred !== 0n)
  const first = tookOver < 0 ? book.firstOpen : Math.min(tookOver, book.firstOpen)
  const plan = book.plan.map((slot, index) => (index < first ? slot : copySlot(slot)))
  return { ...book, plan, dirty: Math.max(book.dirty, first) }
}

function copySlot(slot: Slot): Slot {
  return {
    ...slot,
    owing: { ...slot.owing },
  }
}
