/** Holds what the server shows against what the auditor reckons; every difference in words. */

import { fundersPrincipal, type Holdings } from './accounts.ts'
import { textOf } from './arithmetic.ts'
import { askedOf, unpaidOf } from './close.ts'
import {
  available,
  type Bill,
  type Charge,
  type Dispute,
  daysPastDue,
  held,
  heldOf,
  isDisputed,
  type Line,
  type Loan,
  owed,
  type Repayment,
} from './line.ts'
import { settles } from './loan.ts'
import { type Part, unpaid } from './part.ts'
import { partsOf, principalLeft } from './state.ts'

/** The figures of a line as the API gives them. */
export interface LineShown {
  readonly status: string
  readonly limit: number
  readonly held: number
  readonly owed: number
  readonly available: number
  readonly credit: number
  readonly nextStatementOn: string | null
}

export interface InstalmentShown {
  readonly n: number
  readonly status: string
  readonly total: number
  readonly dueOn: string
  readonly principal: number
  readonly interest: number
  readonly fee: number
  readonly penalty: number
  readonly paid: number
  readonly outstanding: number
}

export interface LoanShown {
  readonly id: string
  readonly status: string
  readonly principal: number
  readonly principalOutstanding: number
  readonly openedOn: string
  readonly plan: string
  readonly daysPastDue: number
  readonly bucket: string
  readonly nextDueOn: string | null
  readonly payoff: number
  readonly instalments: readonly InstalmentShown[]
  readonly funders: readonly { readonly funderId: string; readonly principalOutstanding: number }[]
}

export interface ChargeShown {
  readonly status: string
  readonly amount: number
  readonly captured: number
  readonly released: number
  readonly refunded: number
  readonly held: number
  readonly merchantFee: number
}

export interface DisputeShown {
  readonly chargeId: string
  readonly lineId: string
  readonly merchantId: string
  readonly amount: number
  readonly reason: string
  readonly status: string
  readonly withheld: number
  readonly openedOn: string
  readonly resolvedOn: string | null
  readonly refund: {
    readonly amount: number
    readonly debtReduced: number
    readonly credited: number
    readonly paidBack: number
  } | null
}

export interface BillShown {
  readonly number: number
  readonly closedOn: string
  readonly dueOn: string
  readonly total: number
  readonly minimum: number
  readonly outstanding: number
  readonly status: string
  readonly items: readonly {
    readonly loanId: string
    readonly kind: string
    readonly dueOn: string
    readonly total: number
  }[]
}

export interface RepaymentShown {
  readonly amount: number
  readonly source: string
  readonly effectiveOn: string
  readonly status: string
  readonly credited: number
  readonly allocations: readonly { readonly loanId: string; readonly amount: number }[]
}

export function lineDifferences(line: Line, shown: LineShown): string[] {
  return differences(
    {
      status: line.status,
      limit: line.limit,
      held: held(line),
      owed: owed(line),
      available: available(line),
      credit: line.credit,
      nextStatementOn: line.nextStatement === null ? null : textOf(line.nextStatement),
    },
    shown,
  )
}

export function loanDifferences(line: Line, loan: Loan, shown: LoanShown, today: number): string[] {
  const { program } = line
  const { state } = loan
  const active = state.status === 'active'
  const parts = partsOf(state)
  const next = parts.find((part) => unpaid(part) > 0 && part.due > today)
  const found = differences(
    {
      status: state.status,
      principal: loan.facts.price,
      principalOutstanding: principalLeft(state),
      openedOn: textOf(loan.facts.openedOn),
      plan: loan.facts.plan.code,
      daysPastDue: daysPastDue(loan, today),
      bucket: isDisputed(line, loan) ? 'disputed' : bucketOf(daysPastDue(loan, today)),
      nextDueOn: active && next !== undefined ? textOf(next.due) : null,
      payoff: active ? settles(state, today) : 0,
    },
    shown,
  )
  const ofFunders = fundersPrincipal(program, loan.facts.price, state)
  for (const [place, { id }] of program.funders.entries()) {
    const own = shown.funders.find(({ funderId }) => funderId === id)?.principalOutstanding
    if (own !== ofFunders[place]) found.push(`funder ${id} has ${own} of it, should have ${ofFunders[place]}`)
  }
  if (shown.instalments.length !== parts.length) {
    return [...found, `${shown.instalments.length} instalments are shown, there should be ${parts.length}`]
  }
  return [
    ...found,
    ...shown.instalments.flatMap((row, place) => instalmentDifferences(parts[place]!, row, place + 1, today)),
  ]
}

/** M1 is the first thirty days past due, M2 the next; from the seventh on they are one. */
function bucketOf(days: number): string {
  if (days === 0) return 'current'
  const month = Math.ceil(days / 30)
  return month > 6 ? 'M7+' : `M${month}`
}

function instalmentDifferences(part: Part, shown: InstalmentShown, n: number, today: number): string[] {
  const unpaidStatus = part.due < today ? 'past-due' : part.due === today ? 'due' : 'upcoming'
  const should = {
    n,
    status: unpaid(part) === 0 ? 'paid' : unpaidStatus,
    total: part.principal + part.interest + part.penalty,
    dueOn: textOf(part.due),
    principal: part.principal,
    interest: part.interest,
    fee: 0,
    penalty: part.penalty,
    paid: part.paidPrincipal + part.paidInterest + part.paidPenalty,
    outstanding: unpaid(part),
  }
  return differences(should, shown).map((difference) => `instalment ${n}: ${difference}`)
}

/** Of a charge as every answer about it gives it. */
export function chargeDifferences(charge: Charge, shown: ChargeShown): string[] {
  const { status, amount, captured, released, refunded, fee, feeReturned } = charge
  const should = { status, amount, captured, released, refunded, held: heldOf(charge), merchantFee: fee - feeReturned }
  return differences(should, shown)
}

export function disputeDifferences(line: Line, dispute: Dispute, shown: DisputeShown): string[] {
  const { charge, amount, reason, status, withheld, refund, resolvedOn } = dispute
  const should = {
    chargeId: charge.id,
    lineId: line.id,
    merchantId: charge.merchant.id,
    amount,
    reason,
    status,
    withheld,
    openedOn: textOf(dispute.openedOn),
    resolvedOn: resolvedOn === null ? null : textOf(resolvedOn),
  }
  const found = differences(should, shown)
  if (refund === null || shown.refund === null) {
    return refund === shown.refund ? found : [...found, `it has ${shown.refund === null ? 'no' : 'a'} refund`]
  }
  const { credited, paidBack } = refund
  const reckoned = { amount: refund.amount, debtReduced: refund.amount - credited - paidBack, credited, paidBack }
  return [...found, ...differences(reckoned, shown.refund).map((difference) => `its refund: ${difference}`)]
}

/** Of the latest bill of a line. */
export function billDifferences(line: Line, bill: Bill, shown: BillShown, today: number): string[] {
  const { closedOn, dueOn, total, minimum, items } = bill
  const outstanding = unpaidOf(bill)
  const should = {
    number: line.bills.length,
    closedOn: textOf(closedOn),
    dueOn: textOf(dueOn),
    total,
    minimum,
    outstanding,
    status: outstanding === 0 ? 'paid' : askedOf(line, bill) > 0 && dueOn < today ? 'past-due' : 'open',
  }
  const texts = items.map(
    (item) => `${item.loan.id} ${item.due < closedOn ? 'arrears' : 'instalment'} ${textOf(item.due)} ${item.total}`,
  )
  const asShown = shown.items.map((item) => `${item.loanId} ${item.kind} ${item.dueOn} ${item.total}`)
  const found = differences(should, shown)
  const [own, other] = [texts.toSorted().join(', '), asShown.toSorted().join(', ')]
  return own === other ? found : [...found, `it asks for ${other}, should for ${own}`]
}

/** Of money that came in, or was taken back: what it was, and how much of it went to which loan. */
export function repaymentDifferences(line: Line, repayment: Repayment, shown: RepaymentShown): string[] {
  const { amount, source, on, kept: credited, reversed } = repayment
  const should = { amount, source, effectiveOn: textOf(on), status: reversed ? 'reversed' : 'booked', credited }
  const found = differences(should, shown)
  // Of what bounced the loans know nothing any more.
  const to = reversed ? [] : repayment.to
  for (const { loanId, key } of to) {
    const happening = line.loans.find(({ id }) => id === loanId)!.happenings.find((one) => one.key === key)!
    const went = 'amount' in happening ? happening.amount : 0
    const own = shown.allocations.find((allocation) => allocation.loanId === loanId && allocation.amount === went)
    if (own === undefined) found.push(`nothing of it went to ${loanId}, ${went} should`)
  }
  if (shown.allocations.length !== repayment.to.length)
    found.push(`it has ${shown.allocations.length} allocations, should have ${repayment.to.length}`)
  return found
}

function differences<Figures extends object>(
  should: Figures,
  shown: { readonly [Name in keyof Figures]: unknown },
): string[] {
  const fields = Object.keys(should) as (keyof Figures & string)[]
  return fields
    .filter((field) => should[field] !== shown[field])
    .map((field) => `${field} is ${shown[field]}, should be ${should[field]}`)
}

/** Accounts as the trial balance gives them: debits and credits ever booked. */
export function accountDifferences(
  should: Holdings,
  shown: readonly { readonly account: string; readonly debits: number; readonly credits: number }[],
): string[] {
  const booked = new Map(shown.map(({ account, debits, credits }) => [account, debits - credits]))
  const all = new Set([...booked.keys(), ...should.keys()])
  return [...all]
    .toSorted()
    .filter((account) => (booked.get(account) ?? 0) !== (should.get(account) ?? 0))
    .map(
      (account) =>
        `${account} holds ${booked.get(account) ?? 0}, should hold ${should.get(account) ?? 0} (debit positive)`,
    )
}
