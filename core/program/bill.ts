/** What a monthly bill says, and how money for a line is spread over its loans. Pure: the same loans give the same bill. */
import { payoffOn } from '../loan/index.ts'
import type { Instalment, LoanState } from '../loan/types.ts'
import { type Minor, minMinor } from '../money.ts'

const components = ['principal', 'interest', 'fee', 'penalty'] as const

export interface BilledLoan {
  readonly loanId: string
  readonly openedOn: string
  readonly state: LoanState
}

/** One line of a bill: an instalment, new or in arrears. */
export interface BillItem {
  readonly loanId: string
  readonly instalment: number
  readonly kind: 'instalment' | 'arrears'
  readonly dueOn: string
  readonly principal: Minor
  readonly interest: Minor
  readonly fee: Minor
  readonly penalty: Minor
  readonly total: Minor
}

export interface Bill {
  readonly items: readonly BillItem[]
  readonly total: Minor
  /** Principal of purchases (not of instalments) due with this bill: the part a minimum payment may carry over. */
  readonly newPrincipal: Minor
}

/** Everything unpaid that is due up to the bill's due date; what fell due before the bill closed is arrears. */
export function billOf(loans: readonly BilledLoan[], closedOn: string, dueOn: string): Bill {
  const items = loans.flatMap((loan) =>
    loan.state.status === 'active'
      ? loan.state.instalments
          .filter((instalment) => instalment.dueOn <= dueOn)
          .map((instalment) => itemOf(loan.loanId, instalment, closedOn))
          .filter((item) => item.total > 0n)
      : [],
  )
  return {
    items,
    total: items.reduce((sum, item) => sum + item.total, 0n),
    newPrincipal: items.filter((item) => carries(item, loans)).reduce((sum, item) => sum + item.principal, 0n),
  }
}

function carries(item: BillItem, loans: readonly BilledLoan[]): boolean {
  return (
    item.kind === 'instalment' && loans.find((loan) => loan.loanId === item.loanId)?.state.terms.method === 'bullet'
  )
}

function itemOf(loanId: string, instalment: Instalment, closedOn: string): BillItem {
  return {
    loanId,
    instalment: instalment.n,
    kind: instalment.dueOn < closedOn ? 'arrears' : 'instalment',
    dueOn: instalment.dueOn,
    principal: unpaidComponent(instalment, 'principal'),
    interest: unpaidComponent(instalment, 'interest'),
    fee: unpaidComponent(instalment, 'fee'),
    penalty: unpaidComponent(instalment, 'penalty'),
    total: unpaidOf(instalment),
  }
}

export interface Share {
  readonly loanId: string
  readonly amount: Minor
  /** The amount settles the loan, which is cheaper than all its instalments where early money saves interest. */
  readonly settles: boolean
}

/** A loan that money may reach. It is folded when its turn comes, which for most loans of a line it does not. */
export interface PayableLoan {
  readonly id: string
  readonly openedOn: string
  /** No unpaid instalment is due before. */
  readonly unpaidFrom: string
  folded(): { readonly state: LoanState }
}

/**
 * Spreads money over loans: oldest due date first, then as opened, up to what each owes; what is left over is the rest.
 * `until` limits it to dues up to a date (autopay takes a bill, not the whole debt).
 */
export function spread(
  amount: Minor,
  loans: readonly PayableLoan[],
  on: string,
  until: string | null,
): { shares: Share[]; rest: Minor } {
  const queue: Turn[] = loans.map((loan) => ({ loan, dueOn: loan.unpaidFrom, debt: null }))
  const paid = new Map<string, Debt>()
  let rest = amount
  while (rest > 0n && queue.length > 0) {
    const turn = queue.reduce(earlier)
    if (until !== null && turn.dueOn > until) break
    if (turn.debt === null) {
      turn.debt = debtOf(turn.loan, rest, on)
    } else {
      const part = payNext(turn.debt, rest)
      if (part > 0n) paid.set(turn.loan.id, turn.debt)
      rest -= part
    }
    const next = nextUnpaid(turn.debt)
    if (next === undefined) queue.splice(queue.indexOf(turn), 1)
    else turn.dueOn = next.dueOn
  }
  const shares = [...paid].map(([loanId, { taken, payoff }]) => ({ loanId, amount: taken, settles: taken === payoff }))
  return { shares, rest }
}

/** A loan in the queue for money, with the day of its next due, or of the earliest that it may have. */
interface Turn {
  readonly loan: PayableLoan
  dueOn: string
  debt: Debt | null
}

interface Debt {
  /** In order of due dates. */
  readonly instalments: readonly Instalment[]
  /** Those before it are paid, or have got their part. */
  at: number
  /** What settles the loan; null where the money that is left is less than its principal and can't. */
  readonly payoff: Minor | null
  taken: Minor
}

function debtOf(loan: PayableLoan, money: Minor, on: string): Debt {
  const { state } = loan.folded()
  if (state.status !== 'active') return { instalments: [], at: 0, payoff: null, taken: 0n }
  const payoff = money < state.principalOutstanding ? null : payoffOn(state, on).total
  return { instalments: state.instalments, at: 0, payoff, taken: 0n }
}

function nextUnpaid(debt: Debt): Instalment | undefined {
  while (debt.at < debt.instalments.length && !isUnpaid(debt.instalments[debt.at]!)) debt.at++
  return debt.instalments[debt.at]
}

/** Takes of the money what the next instalment asks for, never more than settles the loan. */
function payNext(debt: Debt, money: Minor): Minor {
  const asked = unpaidOf(debt.instalments[debt.at]!)
  const part = minMinor(money, debt.payoff === null ? asked : minMinor(asked, debt.payoff - debt.taken))
  debt.at++
  debt.taken += part
  return part
}

function earlier(a: Turn, b: Turn): Turn {
  if (a.dueOn !== b.dueOn) return a.dueOn < b.dueOn ? a : b
  if (a.loan.openedOn !== b.loan.openedOn) return a.loan.openedOn < b.loan.openedOn ? a : b
  return a.loan.id < b.loan.id ? a : b
}

/** What is owed of one component of an instalment. */
export function unpaidComponent(
  instalment: Instalment,
  component: 'principal' | 'interest' | 'fee' | 'penalty',
): Minor {
  switch (component) {
    case 'principal':
      return instalment.principal - instalment.principalPaid - instalment.principalWrittenOff
    case 'interest':
      return instalment.interest - instalment.interestPaid - instalment.interestWaived - instalment.interestWrittenOff
    case 'fee':
      return instalment.fee - instalment.feePaid - instalment.feeWaived - instalment.feeWrittenOff
    case 'penalty':
      return instalment.penalty - instalment.penaltyPaid - instalment.penaltyWaived - instalment.penaltyWrittenOff
  }
}

/** What is owed of an instalment, all components. */
export function unpaidOf(instalment: Instalment): Minor {
  return components.reduce((sum, component) => sum + unpaidComponent(instalment, component), 0n)
}

/** Compared, as sums of bigints are made on the heap: no component is ever paid more than it asks for. */
export function isUnpaid(row: Instalment): boolean {
  return (
    row.principal > row.principalPaid + row.principalWrittenOff ||
    row.interest > row.interestPaid + row.interestWaived + row.interestWrittenOff ||
    row.fee > row.feePaid + row.feeWaived + row.feeWrittenOff ||
    row.penalty > row.penaltyPaid + row.penaltyWaived + row.penaltyWrittenOff
  )
}
