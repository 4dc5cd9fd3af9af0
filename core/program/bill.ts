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

/**
 * Spreads money over loans: oldest due date first, then as opened, up to what each owes; what is left over is the rest.
 * `until` limits it to dues up to a date (autopay takes a bill, not the whole debt).
 */
export function spread(
  amount: Minor,
  loans: readonly BilledLoan[],
  on: string,
  until: string | null,
): { shares: Share[]; rest: Minor } {
  const active = loans.filter((loan) => loan.state.status === 'active')
  const payoffs = new Map(active.map(({ loanId, state }) => [loanId, payoffOn(state, on).total]))
  const dues = active
    .flatMap((loan) => loan.state.instalments.map((instalment) => ({ loan, instalment })))
    .filter(({ instalment }) => until === null || instalment.dueOn <= until)
    .toSorted(byDue)
  const taken = new Map<string, Minor>()
  let rest = amount
  for (const { loan, instalment } of dues) {
    const already = taken.get(loan.loanId) ?? 0n
    const part = minMinor(rest, minMinor(unpaidOf(instalment), payoffs.get(loan.loanId)! - already))
    if (part <= 0n) continue
    taken.set(loan.loanId, already + part)
    rest -= part
  }
  const shares = [...taken].map(([loanId, part]) => ({ loanId, amount: part, settles: part === payoffs.get(loanId) }))
  return { shares, rest }
}

interface Due {
  readonly loan: BilledLoan
  readonly instalment: Instalment
}

function byDue(a: Due, b: Due): number {
  if (a.instalment.dueOn !== b.instalment.dueOn) return a.instalment.dueOn < b.instalment.dueOn ? -1 : 1
  if (a.loan.openedOn !== b.loan.openedOn) return a.loan.openedOn < b.loan.openedOn ? -1 : 1
  return a.loan.loanId < b.loan.loanId ? -1 : 1
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

export function isUnpaid(instalment: Instalment): boolean {
  return unpaidOf(instalment) > 0n
}
