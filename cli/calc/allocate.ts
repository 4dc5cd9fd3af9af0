/** `chit calc allocate`: how one payment would be spread over a loan, by component and by instalment. */
import { foldLoan } from '../../core/loan/index.ts'
import type { Instalment, LoanEvent, LoanState } from '../../core/loan/types.ts'
import { formatMinor, type Minor } from '../../core/money.ts'
import { Problem } from '../../core/problem.ts'
import { CalcProblem, readFields } from './input.ts'
import { readEvent, refuseEvent } from './loan-event-input.ts'
import { type LoanInput, loanFields, readLoan } from './loan-input.ts'
import { foldInput, owedByCustomer, type TransactionRow, transactionRow } from './schedule.ts'

export interface AllocatedPart {
  readonly n: number
  readonly dueOn: string
  readonly principal: string
  readonly interest: string
  readonly fees: string
  readonly penalties: string
}

export interface AllocateAnswer {
  readonly allocation: TransactionRow
  readonly instalments: readonly AllocatedPart[]
  readonly outstandingAfter: string
}

export function calcAllocate(input: unknown): AllocateAnswer {
  const fields = readFields(input, 'input', [...loanFields, 'payment'])
  const loan = readLoan(fields)
  const payment = readEvent(fields.payment, 'payment', loan.terms, loan.events)
  refuseEvent(loan.terms, payment, 'payment', fields.payment)
  const before = foldInput(owedByCustomer(loan))
  const after = foldWith(loan, payment)
  const row = after.allocated.find((allocated) => allocated.eventId === payment.id)
  if (row === undefined) throw new CalcProblem('payment.type', `a ${payment.type} is not spread over instalments`)
  const money = (amount: Minor): string => formatMinor(amount, loan.terms.currency)
  return {
    allocation: transactionRow(row, money),
    instalments: partsOf(before, after, money),
    outstandingAfter: money(after.principalOutstanding),
  }
}

function foldWith(loan: LoanInput, payment: LoanEvent): LoanState {
  const { terms, events } = owedByCustomer({ ...loan, events: [...loan.events, payment] })
  try {
    return foldLoan(terms, events)
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem
    const field = problem.field === undefined ? 'payment' : `payment.${problem.field}`
    throw new CalcProblem(field, problem.message, problem.code)
  }
}

/** Instalments are matched by due date and place: a payment does not change their number. */
function partsOf(before: LoanState, after: LoanState, money: (amount: Minor) => string): AllocatedPart[] {
  return after.instalments.flatMap((row, index) => {
    const earlier: Instalment | undefined = before.instalments[index]
    const part = (name: 'principalPaid' | 'interestPaid' | 'feePaid' | 'penaltyPaid'): Minor =>
      row[name] - (earlier?.[name] ?? 0n)
    const parts = [part('principalPaid'), part('interestPaid'), part('feePaid'), part('penaltyPaid')] as const
    if (parts.every((amount) => amount === 0n)) return []
    const [principal, interest, fees, penalties] = parts.map(money) as [string, string, string, string]
    return [{ n: row.n, dueOn: row.dueOn, principal, interest, fees, penalties }]
  })
}
