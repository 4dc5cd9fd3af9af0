/** One customer's line: its limit, holds, loans, credit and bills, and what each request does to them. */
import { monthsLater, nearest, nextDayNumbered, percent } from './arithmetic.ts'
import { type MerchantFacts, type ProgramFacts, Refused } from './facts.ts'
import { chargePerBill, tell } from './loan.ts'
import { DoesNotFit, type Happening, type LoanFacts, type LoanState, openFrom, principalLeft } from './state.ts'

export interface Loan {
  readonly id: string
  readonly chargeId: string
  readonly facts: LoanFacts
  happenings: readonly (Happening & { readonly key: number })[]
  state: LoanState
}

export interface Charge {
  readonly id: string
  readonly merchant: MerchantFacts
  readonly plan: string
  readonly amount: number
  readonly heldUntil: number | null
  captured: number
  released: number
  refunded: number
  fee: number
  feeReturned: number
  status: 'authorized' | 'captured' | 'voided' | 'expired'
}

/** What a customer says of a charge: goods not there, not as described, and so on. */
export interface Dispute {
  readonly id: string
  readonly charge: Charge
  readonly amount: number
  readonly reason: string
  readonly openedOn: number
  status: 'open' | 'upheld' | 'rejected' | 'withdrawn'
  /** Of the merchant's money, kept from it until the dispute ends. */
  withheld: number
  /** Of what was upheld. */
  refund: (RefundOutcome & { readonly amount: number }) | null
  resolvedOn: number | null
}

export interface Repayment {
  id: string
  readonly amount: number
  readonly source: 'customer' | 'autopay' | 'credit'
  readonly on: number
  readonly to: readonly { readonly loanId: string; readonly key: number }[]
  readonly kept: number
  reversed: boolean
}

export interface Bill {
  readonly closedOn: number
  readonly dueOn: number
  readonly total: number
  /** Of it, what has to be paid. */
  readonly minimum: number
  readonly items: readonly {
    readonly loan: Loan
    readonly place: number
    readonly due: number
    readonly total: number
  }[]
}

export interface Line {
  readonly id: string
  readonly program: ProgramFacts
  readonly openedOn: number
  status: 'active' | 'frozen' | 'closed' | 'declined'
  limit: number
  credit: number
  nextStatement: number | null
  autopay: { readonly token: string; readonly amount: 'total' | 'minimum' } | null
  readonly loans: Loan[]
  readonly charges: Charge[]
  readonly disputes: Dispute[]
  readonly repayments: Repayment[]
  readonly bills: Bill[]
  keys: number
}

/** What a request or a day moved, for the accounts: money at the bank, merchants, the loans touched. */
export interface Moves {
  bank: number
  credit: number
  merchantFee: number
  /**
   * To a merchant (positive) or from it, loan by loan; withheld: to or from what is kept from it in a dispute; upheld: of what is
   * kept from it, for good.
   */
  payable: { merchant: MerchantFacts; amount: number; of: 'capture' | 'refund' | 'withheld' | 'upheld' }[]
  loans: Set<Loan>
}

export function noMoves(): Moves {
  return { bank: 0, credit: 0, merchantFee: 0, payable: [], loans: new Set() }
}

export function openLine(id: string, program: ProgramFacts, today: number, declined: boolean): Line {
  return {
    id,
    program,
    openedOn: today,
    status: declined ? 'declined' : 'active',
    limit: declined ? 0 : program.firstLimit,
    credit: 0,
    nextStatement: declined ? null : nextDayNumbered(today, program.statementDay),
    autopay: null,
    loans: [],
    charges: [],
    disputes: [],
    repayments: [],
    bills: [],
    keys: 0,
  }
}

export function heldOf(charge: Charge): number {
  return charge.status === 'authorized' ? charge.amount - charge.captured - charge.released : 0
}

export function held(line: Line): number {
  return line.charges.reduce((sum, charge) => sum + heldOf(charge), 0)
}

export function owed(line: Line): number {
  return line.loans.reduce((sum, loan) => sum + principalLeft(loan.state), 0)
}

export function available(line: Line): number {
  return line.status === 'active' ? Math.max(0, line.limit - held(line) - owed(line)) : 0
}

export function daysPastDue(loan: Loan, today: number): number {
  return loan.state.status === 'active' ? Math.max(0, today - openFrom(loan.state)) : 0
}

export function openDisputeOf(line: Line, chargeId: string): Dispute | undefined {
  return line.disputes.find(({ charge, status }) => charge.id === chargeId && status === 'open')
}

/** All loans of a charge are, while a dispute of it is open; whatever it is about, and when they were opened. */
export function isDisputed(line: Line, loan: Loan): boolean {
  return line.disputes.length > 0 && openDisputeOf(line, loan.chargeId) !== undefined
}

/** Adds what happened and tells the loan anew; the line's credit follows the loan's. Throws `Refused`. */
export function happens(line: Line, moves: Moves, loan: Loan, happening: Happening): number {
  const key = line.keys++
  retell(line, moves, loan, [...loan.happenings, { ...happening, key }])
  return key
}

export function retell(line: Line, moves: Moves, loan: Loan, happenings: Loan['happenings']): void {
  const before = loan.state
  let state: LoanState
  try {
    state = tell(loan.facts, happenings)
  } catch (problem) {
    throw problem instanceof DoesNotFit ? new Refused('loan-refuses') : problem
  }
  loan.happenings = happenings
  loan.state = state
  const credit = state.overpaid - state.returned - (before.overpaid - before.returned)
  line.credit += credit
  moves.credit += credit
  moves.loans.add(loan)
}

export interface Purchase {
  readonly merchant: MerchantFacts
  readonly amount: number
  readonly plan: string
  readonly capture: boolean
  readonly today: number
  /** As the server named them. */
  readonly chargeId: string
  readonly loanId: string
}

export function buy(line: Line, moves: Moves, purchase: Purchase): Charge {
  const { amount, today } = purchase
  if (line.status !== 'active') throw new Refused('line-not-active')
  const plan = line.program.plans.find((candidate) => candidate.code === purchase.plan)
  if (plan === undefined) throw new Refused('unknown-plan')
  if (amount < plan.leastAmount || amount < plan.instalments) throw new Refused('plan-not-offered')
  const asked = line.loans.filter((loan) => !isDisputed(line, loan))
  const worst = Math.max(0, ...asked.map((loan) => daysPastDue(loan, today)))
  if (worst >= line.program.suspendAfterDays) throw new Refused('charge-declined')
  if (held(line) + owed(line) + amount > line.limit) throw new Refused('limit-exceeded')
  const charge: Charge = {
    id: purchase.chargeId,
    merchant: purchase.merchant,
    plan: plan.code,
    amount,
    heldUntil: purchase.capture ? null : today + line.program.holdDays,
    captured: 0,
    released: 0,
    refunded: 0,
    fee: 0,
    feeReturned: 0,
    status: 'authorized',
  }
  line.charges.push(charge)
  if (purchase.capture) lend(line, moves, charge, amount, purchase.loanId, today)
  return charge
}

function lend(line: Line, moves: Moves, charge: Charge, amount: number, loanId: string, today: number): void {
  const { program } = line
  const plan = planOf(line, charge)
  const statement = line.nextStatement!
  const firstDue = nextDayNumbered(statement + 1, program.dueDay)
  const dues = Array.from({ length: plan.instalments }, (_, place) => monthsLater(firstDue, place))
  const facts: LoanFacts = { plan, price: amount, openedOn: today, dues }
  const loan: Loan = { id: loanId, chargeId: charge.id, facts, happenings: [], state: tell(facts, []) }
  line.loans.push(loan)
  moves.loans.add(loan)
  const fee = percent(amount, charge.merchant.feePercent ?? program.merchantFeePercent)
  const subsidy = plan.merchantPays ? plan.instalments * chargePerBill(amount, plan.percent) : 0
  const kept = Math.min(fee + subsidy, amount)
  charge.captured += amount
  charge.fee += kept
  if (charge.captured + charge.released === charge.amount) charge.status = 'captured'
  moves.merchantFee += kept
  moves.payable.push({ merchant: charge.merchant, amount: amount - kept, of: 'capture' })
}

function planOf(line: Line, charge: Charge): LoanFacts['plan'] {
  return line.program.plans.find((candidate) => candidate.code === charge.plan)!
}

export function capture(
  line: Line,
  moves: Moves,
  charge: Charge,
  order: { amount: number; final: boolean; today: number; loanId: string },
): void {
  refuseUnlessHeld(charge, order.today)
  const left = heldOf(charge)
  if (order.amount > left) throw new Refused('capture-above-held')
  if (line.nextStatement === null) throw new Refused('line-not-active')
  // Of fewer cents than instalments some instalments would be of nothing.
  if (order.amount < planOf(line, charge).instalments) throw new Refused('plan-not-offered')
  if (order.final) charge.released += left - order.amount
  lend(line, moves, charge, order.amount, order.loanId, order.today)
}

function refuseUnlessHeld(charge: Charge, today: number): void {
  if (charge.status !== 'authorized') throw new Refused('charge-wrong-state')
  if (charge.heldUntil !== null && charge.heldUntil <= today) throw new Refused('hold-expired')
}

export function release(charge: Charge, today: number, as: 'voided' | 'expired'): void {
  if (as === 'voided') refuseUnlessHeld(charge, today)
  charge.released += heldOf(charge)
  charge.status = charge.captured > 0 ? 'captured' : as
}

export interface RefundOutcome {
  readonly credited: number
  readonly paidBack: number
}

export function refund(line: Line, moves: Moves, charge: Charge, amount: number, today: number): RefundOutcome {
  const left = charge.captured - charge.refunded
  if (amount > left) throw new Refused('refund-above-captured')
  if (amount > left - (openDisputeOf(line, charge.id)?.amount ?? 0)) throw new Refused('charge-disputed')
  return takeBack(line, moves, charge, amount, today)
}

/** Of the merchant's fee, what comes back with goods of this price. */
export function feeBackWith(line: Line, charge: Charge, amount: number): number {
  if (!line.program.refundsReturnFee) return 0
  const returned = nearest(BigInt(charge.fee) * BigInt(charge.refunded + amount), BigInt(charge.captured))
  return Math.max(0, returned - charge.feeReturned)
}

function takeBack(line: Line, moves: Moves, charge: Charge, amount: number, today: number): RefundOutcome {
  const { program } = line
  const creditBefore = line.credit
  const feeBack = feeBackWith(line, charge, amount)
  charge.refunded += amount
  charge.feeReturned += feeBack
  let left = amount
  let paidBack = 0
  let fee = 0
  for (const loan of line.loans.filter((candidate) => candidate.chargeId === charge.id).toReversed()) {
    const part = Math.min(left, loan.facts.price - goodsBack(loan))
    if (part === 0) continue
    const creditWas = line.credit
    happens(line, moves, loan, { what: 'refunded', on: today, amount: part })
    left -= part
    // As much of the fee, in whole cents, as of the goods has come back.
    const feeSoFar = Number((BigInt(feeBack) * BigInt(amount - left)) / BigInt(amount))
    moves.payable.push({ merchant: charge.merchant, amount: feeSoFar - fee - part, of: 'refund' })
    moves.merchantFee -= feeSoFar - fee
    fee = feeSoFar
    const surplus = line.credit - creditWas
    if (program.surplus === 'pay-back' && surplus > 0) {
      happens(line, moves, loan, { what: 'given-back', on: today, amount: surplus })
      moves.bank -= surplus
      paidBack += surplus
    }
  }
  return { credited: line.credit - creditBefore, paidBack }
}

/** What of a loan's goods, by their price, has come back so far. */
export function goodsBack({ happenings }: Loan): number {
  return happenings.reduce((sum, one) => sum + (one.what === 'refunded' ? one.amount : 0), 0)
}

export function refuseUnlessActive(loan: Loan): void {
  if (loan.state.status !== 'active') throw new Refused('loan-wrong-state')
}

export function waive(
  line: Line,
  moves: Moves,
  loan: Loan,
  charge: 'interest' | 'penalty',
  amount: number,
  today: number,
): void {
  refuseUnlessActive(loan)
  happens(line, moves, loan, { what: 'waived', on: today, amount, charge })
}

export function planAnew(
  line: Line,
  moves: Moves,
  loan: Loan,
  order: { instalments: number; firstDue: number; percent: string | null; today: number },
): void {
  if (order.firstDue <= order.today) throw new Refused('date-in-past')
  refuseUnlessActive(loan)
  const { method, percent } = loan.facts.plan
  const yearly = method === 'level' ? Number(percent) : 12 * Number(percent)
  if (order.percent !== null && Number(order.percent) > yearly) throw new Refused('rate-too-high')
  const { today: on, instalments, firstDue } = order
  const rate = order.percent ?? loan.state.percent
  happens(line, moves, loan, { what: 'new-plan', on, instalments, firstDue, percent: rate })
}

export function writeOff(line: Line, moves: Moves, loan: Loan, today: number): void {
  refuseUnlessActive(loan)
  if (isDisputed(line, loan)) throw new Refused('charge-disputed')
  if (daysPastDue(loan, today) < line.program.writeOffAfterDays) throw new Refused('write-off-too-early')
  happens(line, moves, loan, { what: 'lost', on: today })
}

export function setLimit(line: Line, limit: number): void {
  refuseUnlessOpen(line)
  if (limit > line.program.highestLimit) throw new Refused('limit-out-of-range')
  line.limit = limit
}

export function setAutopay(line: Line, autopay: Line['autopay']): void {
  refuseUnlessOpen(line)
  line.autopay = autopay
}

function refuseUnlessOpen(line: Line): void {
  if (line.status !== 'active' && line.status !== 'frozen') throw new Refused('line-wrong-state')
}

export function setStatus(line: Line, to: 'frozen' | 'active' | 'closed'): void {
  const from = to === 'closed' ? ['active', 'frozen'] : to === 'frozen' ? ['active'] : ['frozen']
  if (!from.includes(line.status)) throw new Refused('line-wrong-state')
  const inUse =
    owed(line) > 0 || held(line) > 0 || line.credit !== 0 || line.disputes.some((one) => one.status === 'open')
  if (to === 'closed' && inUse) throw new Refused('line-in-use')
  line.status = to
  if (to === 'closed') line.nextStatement = null
}
