/** What each method of repayment plans for periods over the balance that they start with. */
import { maxMinor } from '../money.ts'
import { roundQuotient } from '../rounding.ts'
import {
  equalInstalment,
  type Factor,
  inMultiples,
  instalmentAfterCredit,
  nearInstalment,
} from '../schedule/annuity.ts'
import { type Book, type Slot, setPlan, settledOf } from './book.ts'
import { factorOf, flatInterest, ratioOf } from './interest.ts'

/** `carried` is interest that the first of the periods takes over, or below 0 what was paid beyond before them. */
export function planBy(book: Book, slots: readonly Slot[], balance: bigint, grace: number, carried: bigint): void {
  const paying = slots.slice(Math.min(grace, slots.length - 1))
  const waiting = slots.slice(0, slots.length - paying.length)
  switch (book.terms.method) {
    case 'equal-instalment':
      planEqualInstalments(book, waiting, paying, balance, carried)
      break
    case 'flat':
      planFlat(book, waiting, paying, balance)
      break
    case 'equal-principal':
      planPrincipal(book, waiting, paying, balance)
      break
    default:
      for (const slot of slots) setPlan(slot, 0n)
      setPlan(slots[slots.length - 1]!, balance)
  }
}

/** In the grace an instalment is the interest alone: the balance does not change, so it is known beforehand. */
function planGrace(book: Book, waiting: readonly Slot[], balance: bigint): void {
  for (const slot of waiting) {
    const { num, den } = factorOf(book, slot)
    setPlan(slot, roundQuotient(balance * num, den, book.terms.rounding))
  }
}

function planEqualInstalments(
  book: Book,
  waiting: readonly Slot[],
  paying: readonly Slot[],
  balance: bigint,
  carried: bigint,
): void {
  const { rounding, instalmentMultiple, balloon } = book.terms
  planGrace(book, waiting, balance)
  const ratios = paying.map((slot) => ratioOf(book, slot))
  const share = balance > 0n ? maxMinor(carried, 0n) : 0n
  if (share !== 0n) ratios[0]! += Number(share) / Number(balance)
  const alone =
    nearInstalment(balance, ratios, rounding, instalmentMultiple, balloon) ??
    equalInstalment(balance, exactFactors(book, paying, balance, share), rounding, instalmentMultiple, balloon)
  const factors = () => paying.map((slot) => factorOf(book, slot))
  const instalment =
    carried < 0n && balance > 0n
      ? instalmentAfterCredit(balance, factors(), -carried, alone, instalmentMultiple, balloon)
      : alone
  for (const slot of paying) if (paidOf(slot) <= instalment) setPlan(slot, instalment)
  if (instalment === 0n) planAllWithLast(paying, balance)
}

/** Of parts that round to nothing the last is to take all, though another has interest of an earlier plan. */
function planAllWithLast(paying: readonly Slot[], amount: bigint): void {
  const last = paying[paying.length - 1]!
  if (paidOf(last) === 0n) setPlan(last, amount)
}

/** Interest carried into the first period is as if it bore that much more. */
function exactFactors(book: Book, paying: readonly Slot[], balance: bigint, carried: bigint): Factor[] {
  const factors = paying.map((slot) => factorOf(book, slot))
  const { num, den } = factors[0]!
  if (carried !== 0n) factors[0] = { num: num * balance + carried * den, den: den * balance }
  return factors
}

/** Of the instalment, without what lowered those to come. */
export function paidOf(slot: Slot): bigint {
  return settledOf(slot, 'principal') + settledOf(slot, 'interest') - slot.prepaid
}

function planFlat(book: Book, waiting: readonly Slot[], paying: readonly Slot[], balance: bigint): void {
  const { rounding, instalmentMultiple } = book.terms
  let interest = 0n
  for (const slot of [...waiting, ...paying]) {
    slot.fixedInterest = flatInterest(book, slot)
    setPlan(slot, slot.fixedInterest)
  }
  for (const slot of paying) interest += slot.fixedInterest!
  const even = roundQuotient(balance + interest, BigInt(paying.length), rounding)
  for (const slot of paying) setPlan(slot, inMultiples(even, instalmentMultiple))
  if (even === 0n) planAllWithLast(paying, balance + interest)
}

function planPrincipal(book: Book, waiting: readonly Slot[], paying: readonly Slot[], balance: bigint): void {
  for (const slot of waiting) setPlan(slot, 0n)
  const part = roundQuotient(balance, BigInt(paying.length), book.terms.rounding)
  for (const slot of paying) setPlan(slot, inMultiples(part, book.terms.instalmentMultiple))
  if (part === 0n) planAllWithLast(paying, balance)
}
