/** Spreads money over what is owed, in the order the terms state. */
import type { Day } from '../calendar.ts'
import { minMinor } from '../money.ts'
import { roundQuotient } from '../rounding.ts'
import {
  type Amounts,
  addMove,
  addPaid,
  addTo,
  type Book,
  copyOf,
  countsNights,
  insertMove,
  noAmounts,
  owedOf,
  owedTotal,
  periodIndex,
  type Slot,
  setPaid,
  settledOf,
  touch,
} from './book.ts'
import { besides } from './even-instalment.ts'
import { skipPaid } from './late.ts'
import { isLastOpen, isOpen, lastOpen, workOut, workOutAll, workOutToPay } from './plan.ts'
import { interestOwedOn } from './settle.ts'
import { type Asked, askedOn, forgetBeyond, type Known, nothingKnown, settlingDay } from './today.ts'
import type { AllocationRule, AllocationStep, Component, Timing } from './types.ts'

/** Penalty, fee, interest, principal; past due, due, in advance; surplus to the next instalment. */
export const usualRule: AllocationRule = {
  order: (['past-due', 'due', 'in-advance'] as const).flatMap((timing) =>
    (['penalty', 'fee', 'interest', 'principal'] as const).map((component): AllocationStep => `${timing}-${component}`),
  ),
  surplus: 'next',
  across: 'horizontal',
}

interface Step {
  readonly timing: Timing
  readonly component: Component
}

/** Rules are few and constant: the groups of steps that are paid together are read once, and the latest kept at hand. */
const groupsOfRule = new WeakMap<AllocationRule, readonly (readonly Step[])[]>()

let latestRule: AllocationRule | null = null
let latestGroups: readonly (readonly Step[])[] = []

function groupsOf(rule: AllocationRule): readonly (readonly Step[])[] {
  if (rule === latestRule) return latestGroups
  latestGroups = readGroups(rule)
  latestRule = rule
  return latestGroups
}

function readGroups(rule: AllocationRule): readonly (readonly Step[])[] {
  const known = groupsOfRule.get(rule)
  if (known !== undefined) return known
  const steps = rule.order.map(readStep)
  const groups = rule.across === 'vertical' ? steps.map((step) => [step]) : byTiming(steps)
  groupsOfRule.set(rule, groups)
  return groups
}

const timings: readonly Timing[] = ['past-due', 'due', 'in-advance']
const componentNames: readonly Component[] = ['penalty', 'fee', 'interest', 'principal']

function readStep(step: AllocationStep): Step {
  const timing = timings.find((name) => step.startsWith(`${name}-`))!
  const component = componentNames.find((name) => step === `${timing}-${name}`)!
  return { timing, component }
}

export interface Payment {
  readonly book: Book
  readonly on: Day
  /** What the money went to so far. */
  readonly spread: Amounts
  left: bigint
  /** By place in the plan; null until the first is asked. */
  interestDays: Map<number, Day> | null
  /** What `askedOn` found that still stands. */
  known: Known | null
  /** Where instalments are asked one after the other, the last of them; else −1. */
  asksUpTo: number
}

export function newPayment(book: Book, amount: bigint, on: Day): Payment {
  return { book, on, spread: noAmounts(), left: amount, interestDays: null, known: null, asksUpTo: -1 }
}

/** Pays as far as the money goes; `left` of the payment is what nothing was owed for. */
export function pay(book: Book, amount: bigint, on: Day, rule: AllocationRule, only?: readonly Timing[]): Payment {
  const payment = newPayment(book, amount, on)
  const groups = groupsOf(rule)
  for (let at = 0; at < groups.length && payment.left > 0n; at++) {
    const group = groups[at]!
    const { timing } = group[0]!
    if (timing === 'past-due' && !isPastDue(book, on)) continue
    if (only === undefined || only.includes(timing)) payWhilePlaced(payment, group, rule)
  }
  skipPaid(book)
  return payment
}

/** Whether anything could be: asked first, as most payments come on their day. */
function isPastDue(book: Book, on: Day): boolean {
  const open = book.plan[book.firstOpen]
  return (open !== undefined && open.due < on) || book.extras.length > 0
}

function byTiming(steps: readonly Step[]): Step[][] {
  const groups = new Map<Timing, Step[]>()
  for (const step of steps) {
    const group = groups.get(step.timing)
    if (group === undefined) groups.set(step.timing, [step])
    // What is due is paid in one go, in which a component named twice would be paid twice.
    else if (step.timing === 'in-advance' || !group.some(({ component }) => component === step.component))
      group.push(step)
  }
  return [...groups.values()]
}

/** Paying one instalment can change what another asks for, so a group is gone through until nothing more is placed. */
function payWhilePlaced(payment: Payment, group: readonly Step[], rule: AllocationRule): void {
  for (let before = -1n; payment.left > 0n && payment.left !== before; ) {
    before = payment.left
    payGroup(payment, group, rule)
  }
}

function payGroup(payment: Payment, group: readonly Step[], rule: AllocationRule): void {
  const timing = group[0]!.timing
  payment.known = null
  if (timing === 'in-advance' && rule.surplus === 're-amortise') {
    payEvenly(payment, group)
    return
  }
  if (timing !== 'in-advance' && payment.book.extras.length === 0) {
    payDue(payment, group, timing)
    return
  }
  for (const target of targetsOf(payment, timing, rule)) {
    for (const { component } of group) payTarget(payment, target, component, payment.left)
    if (payment.left === 0n) return
  }
}

/** The usual case, nothing beside the plan: a plain loop, as a generator costs as much as the payment. */
function payDue(payment: Payment, group: readonly Step[], timing: Timing): void {
  const { book, on } = payment
  for (let index = book.firstOpen; index < book.plan.length; index++) {
    const slot = book.plan[index]!
    if (slot.due > on || (timing === 'past-due' && slot.due === on)) return
    if (timing === 'due' && slot.due < on) continue
    workOutToPay(book, index)
    payAtOnce(payment, slot, index, group)
    if (payment.left === 0n) return
  }
}

/** Of a due instalment no component asks for more or less once another is paid: all of them are paid in one go. */
function payAtOnce(payment: Payment, slot: Slot, index: number, group: readonly Step[]): void {
  const { book, on, spread } = payment
  const paid = copyOf(slot.paid)
  let principal = 0n
  let left = payment.left
  for (let at = 0; at < group.length; at++) {
    const { component } = group[at]!
    const owed = owedOf(slot, component)
    if (owed <= 0n) continue
    const isLast = left <= owed
    const amount = isLast ? left : owed
    addTo(paid, component, amount)
    addTo(spread, component, amount)
    if (component === 'principal') principal = amount
    left = isLast ? 0n : left - amount
    if (isLast) break
  }
  if (left === payment.left) return
  if (on > slot.due) slot.paidLate += payment.left - left
  payment.left = left
  setPaid(slot, paid)
  if (principal > 0n) followPrincipal(book, slot, index, principal, on)
}

/** An instalment of the plan (`index` ≥ 0) or a slot beside it. */
interface Target {
  readonly slot: Slot
  readonly index: number
}

function targetsOf(payment: Payment, timing: Timing, rule: AllocationRule): Iterable<Target> {
  if (timing !== 'in-advance') return dueTargets(payment, timing)
  if (rule.surplus === 'next') return comingTargets(payment)
  workOutAll(payment.book)
  const last = [...plannedTargets(payment)].reverse()
  if (rule.surplus === 'last') return last
  const current = last.filter(({ slot }) => slot.from <= payment.on)
  return [...current.reverse(), ...last.filter(({ slot }) => slot.from > payment.on)]
}

/** Lazily, in order of due date, what stands beside the plan last on one day: most money is used up by the first. */
function* dueTargets({ book, on }: Payment, timing: Timing): Generator<Target> {
  const wanted = (due: Day): boolean => (timing === 'due' ? due === on : due < on)
  const extras = book.extras.filter((slot) => wanted(slot.due))
  for (let index = book.firstOpen; index < book.plan.length && book.plan[index]!.due <= on; index++) {
    const slot = book.plan[index]!
    while (extras.length > 0 && extras[0]!.due < slot.due) yield { slot: extras.shift()!, index: -1 }
    if (wanted(slot.due)) yield { slot, index }
  }
  for (const slot of extras) yield { slot, index: -1 }
}

function* comingTargets(payment: Payment): Generator<Target> {
  const { book, on } = payment
  const extras = book.extras.filter((slot) => slot.due > on)
  for (let index = book.firstOpen; index < book.plan.length; index++) {
    const slot = book.plan[index]!
    if (slot.due <= on) continue
    workOutFor(payment, index)
    if (owedTotal(slot) === 0n) continue
    while (extras.length > 0 && extras[0]!.due < slot.due) yield { slot: extras.shift()!, index: -1 }
    yield { slot, index }
  }
  for (const slot of extras) yield { slot, index: -1 }
}

/**
 * As planned, whether or not an early payment has left nothing for the last of them: where the interest follows the
 * balance, money for the last instalments begins with the last one.
 */
function* plannedTargets(payment: Payment): Generator<Target> {
  const { book, on } = payment
  if (!book.daily) yield* comingTargets(payment)
  else {
    for (const slot of book.extras) if (slot.due > on && owedTotal(slot) > 0n) yield { slot, index: -1 }
    for (const [index, slot] of book.plan.entries()) if (slot.due > on && isUnpaid(slot)) yield { slot, index }
  }
}

function isUnpaid(slot: Slot): boolean {
  const untouched = settledOf(slot, 'principal') + settledOf(slot, 'interest') === 0n
  return owedTotal(slot) > 0n || (untouched && slot.planned > 0n)
}

/**
 * Equal parts to every coming instalment that is open, component by component; then, of what found no place, to those
 * that ask for the component, until nothing more can be placed. Parts for all again would take hundreds of rounds.
 */
function payEvenly(payment: Payment, group: readonly Step[]): void {
  for (let before = -1n, round = 0; payment.left > 0n && payment.left !== before; round++) {
    before = payment.left
    for (const { component } of group) {
      const open = allComing(payment).filter((target) =>
        round === 0 ? owedTotal(target.slot) > 0n : askedNow(payment, target, component) > 0n,
      )
      if (open.length === 0) continue
      const part = roundQuotient(payment.left, BigInt(open.length), 'half-even')
      const rest = payment.left - part * BigInt(open.length)
      payment.asksUpTo = open.findLast(({ index }) => index >= 0)?.index ?? -1
      open.forEach((target, at) => {
        const share = at === open.length - 1 ? part + rest : part
        payTarget(payment, target, component, minMinor(share, payment.left))
      })
      payment.asksUpTo = -1
    }
  }
}

/** At once up to the last one open, as each worked out by itself would add up what those before it owe. */
function allComing(payment: Payment): Target[] {
  workOut(payment.book, lastOpen(payment.book) - 1)
  return [...comingTargets(payment)]
}

/**
 * The day to which money pays an instalment's interest: its own day, or the due date where the terms want that of money
 * that settles the instalment. Decided once per payment, before the first of it is spent.
 */
function interestDay(payment: Payment, { slot, index }: Target): Day {
  const { book, on } = payment
  if (book.terms.earlyInterest === 'to-day') return on
  const known = payment.interestDays?.get(index)
  if (known !== undefined) return known
  const settling = settlingDay(book, slot, on)
  const asked = askedAt(payment, index, settling)
  const paid = slot.owing.interest + slot.owing.principal - owedOf(slot, 'interest') - owedOf(slot, 'principal')
  const whole = asked.interest + asked.principal - paid + owedOf(slot, 'fee') + owedOf(slot, 'penalty')
  const day = payment.left >= whole ? settling : on
  payment.interestDays ??= new Map()
  payment.interestDays.set(index, day)
  return day
}

/** What the target asks for of a component on the day of the payment, paid parts taken off. */
function askedNow(payment: Payment, target: Target, component: Component): bigint {
  const { book, on } = payment
  const { slot, index } = target
  if (index >= 0 && !isAskedAfter(payment, index)) workOutFor(payment, index)
  const moving = component === 'interest' || component === 'principal'
  if (index < 0 || !moving || slot.due <= on || !book.daily) return owedOf(slot, component)
  const asked = askedAt(payment, index, interestDay(payment, target))
  const open = asked[component] - settledOf(slot, component)
  if (component !== 'interest' || !countsNights(book) || (open <= 0n && book.outstanding > 0n)) return open
  // Interest of these nights can have been paid with another instalment, before this one was opened again or planned anew.
  const ofNights = interestOwedOn(book, on)
  // With all principal repaid that has worked the plan out.
  if (book.outstanding === 0n) payment.known = null
  return minMinor(open, ofNights)
}

function askedAt(payment: Payment, index: number, day: Day): Asked {
  payment.known ??= nothingKnown()
  return askedOn(payment.book, index, day, day === payment.on ? payment.known : undefined)
}

/**
 * Whether the plan can wait to be worked out until an instalment is asked that comes later: every part paid changes all
 * that follow, and working them out for each part made a payment quadratic. What is asked of one with others open after
 * it is reckoned without the balance it opens with.
 */
function isAskedAfter({ book, asksUpTo }: Payment, index: number): boolean {
  return index < asksUpTo && book.daily && !isLastOpen(book, index)
}

function workOutFor(payment: Payment, index: number): void {
  const { book } = payment
  const wasSettled = book.settled
  workOutToPay(book, index)
  if (!wasSettled && book.settled) payment.known = null
}

function payTarget(payment: Payment, target: Target, component: Component, limit: bigint): void {
  const amount = minMinor(limit, askedNow(payment, target, component))
  if (amount > 0n) put(payment, target, component, amount)
}

function put(payment: Payment, target: Target, component: Component, amount: bigint): void {
  const { slot, index } = target
  const { book, on } = payment
  addPaid(slot, component, amount)
  addTo(payment.spread, component, amount)
  payment.left -= amount
  if (on < slot.due) slot.paidInAdvance += amount
  else if (on > slot.due) slot.paidLate += amount
  if (index < 0) return
  if (component === 'principal')
    followPrincipal(book, slot, index, amount, on < slot.due ? interestDay(payment, target) : on)
  else if (component === 'interest' && on < slot.due && book.daily) {
    if (on <= slot.from) keepAsPaid(book, slot, index)
    touch(book, index)
  }
  if (payment.known !== null) forgetBeyond(payment.known, index - periodIndex(book, on))
  if (on < slot.due) markSettled(payment, target)
}

/**
 * Paid principal stops bearing interest: from its due date where it comes late, else from the day. Every payment comes here, so
 * its amount is taken from nothing: V8 does that in line, and negates by a call into the engine.
 */
export function followPrincipal(book: Book, slot: Slot, index: number, amount: bigint, on: Day): void {
  book.outstanding -= amount
  if (!book.daily) return
  if (on >= slot.due) {
    insertMove(slot, slot.due, 0n - amount)
    return
  }
  if (on <= slot.from) keepAsPaid(book, slot, index)
  touch(book, index)
  addMove(book, on, 0n - amount)
}

/** An instalment paid before its period begins stands as it was paid, as long as others are open. */
function keepAsPaid(book: Book, slot: Slot, index: number): void {
  if (book.fixes !== 'total') return
  if (isLastOpen(book, index) && !book.plan.slice(0, index).some(isOpen)) return
  // What an earlier plan had charged is asked for on top of the planned instalment.
  const settled = settledOf(slot, 'principal') + settledOf(slot, 'interest') - besides(book, slot)
  if (settled > slot.planned || settled === slot.basis) slot.planned = settled
}

/** Where interest comes on top of the principal, an instalment completed early asks for no more of it. */
function markSettled(payment: Payment, target: Target): void {
  const { book } = payment
  if (book.fixes !== 'principal' || !book.daily || target.slot.settledEarly) return
  const open = askedNow(payment, target, 'interest') + askedNow(payment, target, 'principal')
  if (open > 0n || target.slot.paid.principal === 0n) return
  target.slot.settledEarly = true
  touch(book, target.index)
  if (payment.known !== null) forgetBeyond(payment.known, target.index - periodIndex(book, payment.on))
}
