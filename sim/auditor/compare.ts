/** Holds what the server shows against what the auditor reckons; every difference in words. */

import type { Holdings } from './accounts.ts'
import { textOf } from './arithmetic.ts'
import { available, daysPastDue, held, type Line, type Loan, owed } from './line.ts'
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
  readonly daysPastDue: number
  readonly nextDueOn: string | null
  readonly payoff: number
  readonly instalments: readonly InstalmentShown[]
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

export function loanDifferences(loan: Loan, shown: LoanShown, today: number): string[] {
  const { state } = loan
  const active = state.status === 'active'
  const parts = partsOf(state)
  const next = parts.find((part) => unpaid(part) > 0 && part.due > today)
  const found = differences(
    {
      status: state.status,
      principal: loan.facts.price,
      principalOutstanding: principalLeft(state),
      daysPastDue: daysPastDue(loan, today),
      nextDueOn: active && next !== undefined ? textOf(next.due) : null,
      payoff: active ? settles(state, today) : 0,
    },
    shown,
  )
  if (shown.instalments.length !== parts.length) {
    return [...found, `${shown.instalments.length} instalments are shown, there should be ${parts.length}`]
  }
  return [...found, ...shown.instalments.flatMap((row, place) => instalmentDifferences(parts[place]!, row, place + 1))]
}

function instalmentDifferences(part: Part, shown: InstalmentShown, n: number): string[] {
  const should = {
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
