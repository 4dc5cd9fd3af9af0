/** A dispute of a charge: the merchant's money is kept from it and its debt not asked for until somebody decides. */
import { Refused } from './facts.ts'
import {
  type Charge,
  type Dispute,
  feeBackWith,
  goodsBack,
  type Line,
  type Moves,
  openDisputeOf,
  refund,
  waive,
} from './line.ts'
import { unpaidInterest, unpaidPenalty } from './part.ts'
import { partsOf } from './state.ts'

export interface NewDispute {
  readonly id: string
  /** Null: all that was captured and has not come back. */
  readonly amount: number | null
  readonly reason: string
  readonly today: number
}

export function dispute(line: Line, moves: Moves, charge: Charge, order: NewDispute): void {
  if (openDisputeOf(line, charge.id) !== undefined) throw new Refused('charge-disputed')
  const left = charge.captured - charge.refunded
  const amount = order.amount ?? left
  if (amount > left || left === 0) throw new Refused('dispute-above-captured')
  // What a refund would take from the merchant: it gets its fee back with the goods.
  const withheld = amount - feeBackWith(line, charge, amount)
  const { id, reason, today: openedOn } = order
  line.disputes.push({ id, charge, amount, reason, openedOn, status: 'open', withheld, refund: null, resolvedOn: null })
  moves.payable.push({ merchant: charge.merchant, amount: -withheld, of: 'withheld' })
  touchLoans(line, moves, charge)
}

export interface Resolution {
  readonly outcome: 'upheld' | 'rejected' | 'withdrawn'
  /** Of an upheld one, the part that is; null: all of it. */
  readonly amount: number | null
  readonly today: number
}

export function resolve(line: Line, moves: Moves, own: Dispute, order: Resolution): void {
  const { outcome, amount, today } = order
  if (amount !== null && outcome !== 'upheld') throw new Refused('invalid-request')
  if (own.status !== 'open') throw new Refused('dispute-resolved')
  if (amount !== null && amount > own.amount) throw new Refused('dispute-above-disputed')
  const kept = own.withheld
  own.status = outcome
  own.withheld = 0
  own.resolvedOn = today
  touchLoans(line, moves, own.charge)
  const cost = outcome === 'upheld' ? uphold(line, moves, own, amount ?? own.amount, today) : 0
  moves.payable.push({ merchant: own.charge.merchant, amount: kept - cost, of: 'withheld' })
}

/** Goods go back for what is kept from the merchant; the cost of it. A loan without goods asks for no charges that are unpaid. */
function uphold(line: Line, moves: Moves, own: Dispute, amount: number, today: number): number {
  const others = moves.payable.length
  const before = new Map(line.loans.map((loan) => [loan, goodsBack(loan)]))
  own.refund = { amount, ...refund(line, moves, own.charge, amount, today) }
  let cost = 0
  for (const taken of moves.payable.slice(others)) {
    taken.of = 'upheld'
    cost -= taken.amount
  }
  for (const loan of line.loans.filter((one) => one.chargeId === own.charge.id)) {
    const back = goodsBack(loan)
    if (back === before.get(loan) || back < loan.facts.price || loan.state.status !== 'active') continue
    const parts = partsOf(loan.state)
    const [interest, penalty] = [unpaidInterest, unpaidPenalty].map((of) =>
      parts.reduce((sum, part) => sum + of(part), 0),
    )
    if (interest! > 0) waive(line, moves, loan, 'interest', interest!, today)
    if (penalty! > 0) waive(line, moves, loan, 'penalty', penalty!, today)
  }
  return cost
}

/** Nothing of a loan moves, but it shows in another bucket. */
function touchLoans(line: Line, moves: Moves, charge: Charge): void {
  for (const loan of line.loans) if (loan.chargeId === charge.id) moves.loans.add(loan)
}
