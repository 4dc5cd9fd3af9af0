/** The loan as others see it: plain, immutable, worked out to the end. */
import type { Day } from '../calendar.ts'
import { maxMinor } from '../money.ts'
import { type Book, owedOf, owesAnything, type Slot } from './book.ts'
import { workOutAll } from './plan.ts'
import type { Allocated, Instalment, LoanEvent, LoanState, LoanStatus, LoanTerms, Ownership } from './types.ts'

/**
 * A state with its book out of sight. A WeakMap from states to books did the same, but its entries made each garbage
 * collection walk them: opening loans spent half of its time there.
 */
export class FoldedLoan implements LoanState {
  readonly terms: LoanTerms
  readonly events: readonly LoanEvent[]
  readonly status: LoanStatus
  readonly instalments: readonly Instalment[]
  readonly allocated: readonly Allocated[]
  readonly principalOutstanding: bigint
  readonly creditBalance: bigint
  readonly owners: readonly Ownership[]
  readonly #book: Book

  constructor(book: Book) {
    const slots = orderedSlots(book)
    this.terms = book.terms
    this.events = book.events
    this.status = statusOf(book, slots)
    this.instalments = rowsOf(book, slots)
    this.allocated = book.allocated
    this.principalOutstanding = principalOf(slots)
    this.creditBalance = book.credit
    this.owners = book.owners
    this.#book = book
  }

  static bookOf(state: LoanState): Book | undefined {
    return #book in state ? state.#book : undefined
  }
}

export function freeze(book: Book): LoanState {
  if (book.chargedOffOn === null) workOutAll(book)
  return new FoldedLoan(book)
}

function principalOf(slots: readonly Slot[]): bigint {
  let sum = 0n
  for (let index = 0; index < slots.length; index++) sum += owedOf(slots[index]!, 'principal')
  return sum
}

const rank: Readonly<Record<Slot['kind'], number>> = {
  closed: 0,
  ended: 1,
  regular: 1,
  'down-payment': 2,
  extra: 3,
}

/** Re-aged again before anything was due, a debt has one empty instalment to show for it, not one for each time. */
function withoutStubs(plan: readonly Slot[]): readonly Slot[] {
  if (!plan.some(isStub)) return plan
  return plan.filter((slot, index) => !(isStub(slot) && index + 1 < plan.length && isStub(plan[index + 1]!)))
}

function isStub({ kind, owing }: Slot): boolean {
  return kind === 'ended' && owing.principal + owing.interest + owing.fee + owing.penalty === 0n
}

/** By due date; on one day what was due of the money lent before comes first. */
export function orderedSlots(book: Book): readonly Slot[] {
  const plan = withoutStubs(book.plan)
  if (book.extras.length === 0) return plan
  return [...book.extras, ...plan].sort((a, b) => a.due - b.due || rank[a.kind] - rank[b.kind])
}

function statusOf(book: Book, slots: readonly Slot[]): LoanStatus {
  if (book.chargedOffOn !== null) return 'charged-off'
  if (slots.some(owesAnything)) return 'active'
  return book.credit > 0n ? 'overpaid' : 'paid'
}

/** Balances are counted from the end, where nothing is owed, so that refunds and later disbursements need no cases. */
function rowsOf(book: Book, slots: readonly Slot[]): Instalment[] {
  const rows: Instalment[] = new Array<Instalment>(slots.length)
  let balance = 0n
  let restoredLater = 0n
  for (let index = slots.length - 1; index >= 0; index--) {
    const slot = slots[index]!
    // What was lent or charged back later may be refunded by now, and then is missing in the sum.
    const after = restoredLater + restoredAtEnd(slot) + lentAfter(book, slot)
    rows[index] = rowOf(slot, index + 1, maxMinor(balance - after, 0n))
    balance += slot.owing.principal
    restoredLater += slot.kind === 'extra' ? slot.owing.principal : slot.restored
  }
  return rows
}

/** What is charged back on a due date counts after it, also where the instalment was ended on that day. */
function restoredAtEnd({ kind, due, moves }: Slot): bigint {
  if (kind !== 'ended') return 0n
  return moves.reduce((sum, move) => (move.kind === 'restored' && move.day === due ? sum + move.amount : sum), 0n)
}

/**
 * A disbursement on a due date counts after it, but before those that repay it: the last one, one that begins on that day
 * as well, and its own down payment.
 */
function lentAfter(book: Book, slot: Slot): bigint {
  let sum = 0n
  const isLast = slot === book.plan[book.plan.length - 1]
  for (let index = book.disbursements.length - 1; index > 0; index--) {
    const { day, amount } = book.disbursements[index]!
    if (!isLast && isAfter(day, slot)) sum += amount
  }
  return sum
}

function isAfter(day: Day, slot: Slot): boolean {
  const repaysIt = slot.kind === 'down-payment' || (slot.kind === 'regular' && slot.from === slot.due)
  return repaysIt ? day > slot.due : day >= slot.due
}

function rowOf(slot: Slot, n: number, balanceAfter: bigint): Instalment {
  const { owing, paid, waived, writtenOff } = slot
  return {
    n,
    fromOn: slot.fromOn,
    dueOn: slot.dueOn,
    principal: owing.principal,
    interest: owing.interest,
    fee: owing.fee,
    penalty: owing.penalty,
    principalPaid: paid.principal,
    interestPaid: paid.interest,
    feePaid: paid.fee,
    penaltyPaid: paid.penalty,
    interestWaived: waived.interest,
    feeWaived: waived.fee,
    penaltyWaived: waived.penalty,
    principalWrittenOff: writtenOff.principal,
    interestWrittenOff: writtenOff.interest,
    feeWrittenOff: writtenOff.fee,
    penaltyWrittenOff: writtenOff.penalty,
    paidInAdvance: slot.paidInAdvance,
    paidLate: slot.paidLate,
    balanceAfter,
    extra: slot.kind === 'down-payment' || slot.kind === 'extra',
  }
}
