/**
 * Money that covers the payoff quote ends the loan, to the cent. Spread in the usual order it nearly always does by
 * itself; where interest was carried over several prepaid instalments a cent can be left over, and the instalments are
 * then closed directly: what is due, the quoted interest with the current instalment, the principal in order.
 */
import type { Day } from '../calendar.ts'
import { maxMinor, minMinor } from '../money.ts'
import { followPrincipal, newPayment, type Payment, pay, usualRule } from './allocate.ts'
import {
  addPaid,
  type Book,
  bearAgain,
  copyBook,
  countsNights,
  owedOf,
  owedTotal,
  periodIndex,
  planIndex,
  reopen,
  type Slot,
  settledOf,
  touch,
} from './book.ts'
import { bearLateInterestToSettle } from './late.ts'
import { planAsAsked, workOut, workOutAll } from './plan.ts'
import { payoffOf } from './settle.ts'
import { accrued, settlingDay } from './today.ts'
import type { AllocationRule, Component, Dues } from './types.ts'

export function paySettling(book: Book, amount: bigint, on: Day, rule: AllocationRule): Payment {
  if (!book.daily || amount < book.outstanding) return pay(book, amount, on, rule)
  const quote = payoffOf(book, on)
  if (amount < quote.total || quote.total === 0n) return pay(book, amount, on, rule)
  return payCovering(book, amount, on, rule, quote)
}

/** In the usual order if that leaves nothing to pay and no more than what goes beyond the quote. */
function payCovering(book: Book, amount: bigint, on: Day, rule: AllocationRule, quote: Dues): Payment {
  const trial = copyBook(book)
  const { left } = pay(trial, amount, on, rule)
  if (owesNothing(trial) && left === amount - quote.total) return pay(book, amount, on, rule)
  return closeDirectly(book, amount, on, quote.interest)
}

function owesNothing(book: Book): boolean {
  workOutAll(book)
  return [...book.plan, ...book.extras].every((slot) => owedTotal(slot) === 0n)
}

/** Whether money could repay all principal. */
export function mayEnd(book: Book, amount: bigint): boolean {
  return book.daily && amount >= book.outstanding && book.outstanding > 0n
}

/**
 * Money short of the payoff quote leaves what it lacks, and money that covers it leaves nothing. Where settling money pays
 * interest to the due date, less of it can repay all principal with the interest of its own day, and would end the loan with
 * a credit; and principal paid before interest can leave interest to pay beside a credit. Such money pays like money that
 * settles, and what it lacks of the principal stays open with the last instalment. `quote` is null where it cannot end the
 * loan. A rule that leaves steps out is kept to, whatever it leaves open.
 */
export function payRepaying(book: Book, amount: bigint, on: Day, rule: AllocationRule, quote: Dues | null): Payment {
  if (quote === null) return repayWithRest(pay(book, amount, on, rule), rule)
  if (!paysEverything(rule)) return pay(book, amount, on, rule)
  if (amount >= quote.total) return payCovering(book, amount, on, rule, quote)
  const trial = copyBook(book)
  const { left } = pay(trial, amount, on, rule)
  return leavesDebt(trial, left, on, quote.total - amount)
    ? pay(book, amount, on, rule)
    : closeDirectly(book, amount, on, quote.interest)
}

/** An instalment whose interest takes all of it asks for no principal ahead, and money is no credit while principal is owed. */
export function repayWithRest(payment: Payment, rule: AllocationRule): Payment {
  const { book } = payment
  if (payment.left === 0n || book.outstanding === 0n || !countsNights(book) || !paysEverything(rule)) return payment
  workOutAll(book)
  for (const slot of book.plan) put(payment, slot, 'principal', owedOf(slot, 'principal'))
  return payment
}

/** What settles the loan, late principal bearing interest to the day to which settling money pays it. */
export function quoteOf(book: Book, on: Day): Dues {
  const settled = copyBook(book)
  bearLateInterestToSettle(settled, on)
  return payoffOf(settled, on)
}

/**
 * Interest alone that is left to pay would be that of the day, where settling money pays more. Where late principal bears
 * interest too, an instalment that money taken back opened again can ask for interest that another was paid.
 */
function leavesDebt(trial: Book, left: bigint, on: Day, lacking: bigint): boolean {
  if (trial.terms.earlyInterest === 'to-due-date') return trial.outstanding > 0n && quoteOf(trial, on).total <= lacking
  if (countsNights(trial)) return left === 0n && payoffOf(trial, on).total === lacking
  if (trial.outstanding > 0n) return left === 0n
  planAsAsked(trial)
  return left === 0n && !owesNothing(trial)
}

function paysEverything({ order }: AllocationRule): boolean {
  return new Set(order).size === usualRule.order.length
}

/**
 * Closes the instalments with what the money pays of them. What it lacks is the latest charges, or principal, which is left to
 * the last instalment that asked for any; it is never interest, which would be that of the day. Where late principal bears
 * interest it is principal alone, which goes on bearing it: charges come first.
 */
function closeDirectly(book: Book, amount: bigint, on: Day, interest: bigint): Payment {
  workOutAll(book)
  const payment = newPayment(book, amount, on)
  const slots = [...book.extras, ...book.plan].sort((a, b) => a.due - b.due)
  const last = book.plan.at(-1)!
  // What was due stays due; but where it bears interest it is put off to the end.
  const lacking = book.terms.overdueInterest
    ? last
    : (book.plan.findLast((slot) => owedOf(slot, 'principal') > 0n) ?? last)
  const ofPlan = (slot: Slot) => slot.kind === 'regular' || slot.kind === 'ended'
  let quoted = book.extras.reduce((sum, slot) => sum - owedOf(slot, 'interest'), interest)
  for (const slot of slots) {
    payCharges(slot)
    if (!book.terms.overdueInterest) payPrincipal(slot)
  }
  if (book.terms.overdueInterest) for (const slot of slots) payPrincipal(slot)

  function payCharges(slot: Slot): void {
    for (const component of ['penalty', 'fee'] as const) {
      put(payment, slot, component, minMinor(owedOf(slot, component), beyondInterest()))
    }
    const owed = owedOf(slot, 'interest')
    const takesRest = slot.due >= on || slot === last
    const due = !ofPlan(slot) ? owed : takesRest ? quoted : minMinor(owed, quoted)
    const part = put(payment, slot, 'interest', due)
    if (ofPlan(slot)) quoted -= part
  }

  function beyondInterest(): bigint {
    return payment.left - quoted
  }

  function payPrincipal(slot: Slot): void {
    const owed = ofPlan(slot) ? minMinor(owedOf(slot, 'principal'), book.outstanding) : owedOf(slot, 'principal')
    const rest = slot === last ? book.outstanding : maxMinor(owed, 0n)
    put(payment, slot, 'principal', minMinor(rest, beyondInterest()))
  }
  for (const slot of book.plan) closeAsPaid(book, slot)
  book.broughtForward = 0n
  lacking.planned += book.outstanding
  bearAgain(lacking)
  touch(book, 0)
  if (book.outstanding > 0n && book.terms.overdueInterest) bearOn(book, on)
  // At rates at which the interest alone is more than the money.
  if (quoted > 0n) askFor(book, planIndex(book, on), quoted)
  workOutAll(book)
  return payment
}

function askFor(book: Book, index: number, interest: bigint): void {
  book.plan[index]!.arrearsInterest += interest
  reopen(book, index)
  touch(book, index)
}

/**
 * Where late principal bears interest, so does what is left to pay. Interest up to the day that money pays it to was paid, with
 * whatever instalment.
 */
function bearOn(book: Book, on: Day): void {
  const current = periodIndex(book, on)
  const running = book.plan[current]
  const until = running === undefined ? on : settlingDay(book, running, on)
  for (const slot of book.plan.slice(current)) slot.fixedInterest = null
  workOut(book, current - 1)
  for (let index = current; index < book.plan.length; index++) {
    const slot = book.plan[index]!
    slot.arrearsInterest = settledOf(slot, 'interest') - accrued(book, index, current, until)
    if (book.fixes === 'total') slot.planned -= slot.arrearsInterest
  }
}

/** The answer is how much the money reached for. */
function put(payment: Payment, slot: Slot, component: Component, wanted: bigint): bigint {
  const amount = maxMinor(minMinor(wanted, payment.left), 0n)
  if (amount === 0n) return 0n
  const { book, on } = payment
  addPaid(slot, component, amount)
  payment.spread[component] += amount
  payment.left -= amount
  if (on < slot.due) slot.paidInAdvance += amount
  else if (on > slot.due) slot.paidLate += amount
  const index = book.plan.indexOf(slot)
  if (component === 'principal' && index >= 0) followPrincipal(book, slot, index, amount, on)
  return amount
}

/** The instalment asks for what was paid of it, no more. */
function closeAsPaid(book: Book, slot: Slot): void {
  const interest = settledOf(slot, 'interest')
  slot.fixedInterest = interest
  slot.deferred = 0n
  slot.arrearsInterest = 0n
  slot.planned = settledOf(slot, 'principal') - slot.restored + (book.fixes === 'total' ? interest : 0n)
}
