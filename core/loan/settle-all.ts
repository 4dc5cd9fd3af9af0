/**
 * Money that covers the payoff quote ends the loan, to the cent. Spread in the usual order it nearly always does by
 * itself; where interest was carried over several prepaid instalments a cent can be left over, and the instalments are
 * then closed directly: what is due, the quoted interest with the current instalment, the principal in order.
 */
import type { Day } from '../calendar.ts'
import { maxMinor, minMinor } from '../money.ts'
import { followPrincipal, type Payment, pay, usualRule } from './allocate.ts'
import { addPaid, type Book, copyBook, noAmounts, owedOf, owedTotal, type Slot, settledOf, touch } from './book.ts'
import { workOutAll } from './plan.ts'
import { payoffOf } from './settle.ts'
import type { AllocationRule, Component } from './types.ts'

export function paySettling(book: Book, amount: bigint, on: Day, rule: AllocationRule): Payment {
  if (!book.daily || amount < book.outstanding) return pay(book, amount, on, rule)
  const quote = payoffOf(book, on)
  if (amount < quote.total || quote.total === 0n) return pay(book, amount, on, rule)
  const trial = copyBook(book)
  const outcome = pay(trial, amount, on, rule)
  if (owesNothing(trial) && outcome.left === amount - quote.total) return pay(book, amount, on, rule)
  return closeDirectly(book, amount, on, quote.interest)
}

function owesNothing(book: Book): boolean {
  workOutAll(book)
  return [...book.plan, ...book.extras].every((slot) => owedTotal(slot) === 0n)
}

/**
 * Money short of the payoff quote leaves what it lacks, and money that covers it leaves nothing. Where settling money pays
 * interest to the due date, less of it can repay all principal with the interest of its own day, and would end the loan with
 * a credit; and principal paid before interest can leave interest to pay beside a credit. Such money pays like money that
 * settles, and what it lacks of the principal stays open with the last instalment. A rule that leaves steps out is kept to.
 */
export function payRepaying(book: Book, amount: bigint, on: Day, rule: AllocationRule): Payment {
  const canEnd = book.daily && amount >= book.outstanding && book.outstanding > 0n && paysEverything(rule)
  if (!canEnd) return pay(book, amount, on, rule)
  const quote = payoffOf(book, on)
  const trial = copyBook(book)
  const { left } = pay(trial, amount, on, rule)
  const isWell = amount >= quote.total ? owesNothing(trial) && left === amount - quote.total : isShort(trial, left)
  return isWell ? pay(book, amount, on, rule) : closeDirectly(book, amount, on, quote.interest)
}

function paysEverything({ order }: AllocationRule): boolean {
  return new Set(order).size === usualRule.order.length
}

function isShort(trial: Book, left: bigint): boolean {
  const { outstanding, terms } = trial
  return terms.earlyInterest === 'to-due-date' ? outstanding > 0n : left === 0n && !owesNothing(trial)
}

/** Closes the instalments with what the money pays of them; what it lacks is left to the last. */
function closeDirectly(book: Book, amount: bigint, on: Day, interest: bigint): Payment {
  workOutAll(book)
  const payment: Payment = { book, on, spread: noAmounts(), left: amount, interestDays: null }
  let quoted = book.extras.reduce((sum, slot) => sum - owedOf(slot, 'interest'), interest)
  for (const slot of [...book.extras, ...book.plan].sort((a, b) => a.due - b.due)) {
    for (const component of ['penalty', 'fee'] as const) put(payment, slot, component, owedOf(slot, component))
    const ofPlan = slot.kind === 'regular' || slot.kind === 'ended'
    const dueInterest = ofPlan
      ? slot.due < on
        ? minMinor(owedOf(slot, 'interest'), quoted)
        : quoted
      : owedOf(slot, 'interest')
    put(payment, slot, 'interest', dueInterest)
    if (ofPlan) quoted -= dueInterest
    const last = slot === book.plan[book.plan.length - 1]
    const owed = ofPlan ? minMinor(owedOf(slot, 'principal'), book.outstanding) : owedOf(slot, 'principal')
    put(payment, slot, 'principal', last ? book.outstanding : maxMinor(owed, 0n))
  }
  for (const slot of book.plan) closeAsPaid(book, slot)
  book.plan.at(-1)!.planned += book.outstanding
  touch(book, 0)
  workOutAll(book)
  return payment
}

function put(payment: Payment, slot: Slot, component: Component, wanted: bigint): void {
  const amount = minMinor(wanted, payment.left)
  if (amount <= 0n) return
  const { book, on } = payment
  addPaid(slot, component, amount)
  payment.spread[component] += amount
  payment.left -= amount
  if (on < slot.due) slot.paidInAdvance += amount
  else if (on > slot.due) slot.paidLate += amount
  const index = book.plan.indexOf(slot)
  if (component === 'principal' && index >= 0) followPrincipal(book, slot, index, amount, on)
}

/** The instalment asks for what was paid of it, no more. */
function closeAsPaid(book: Book, slot: Slot): void {
  const interest = settledOf(slot, 'interest')
  slot.fixedInterest = interest
  slot.deferred = 0n
  slot.arrearsInterest = 0n
  slot.planned = settledOf(slot, 'principal') - slot.restored + (book.fixes === 'total' ? interest : 0n)
}
