/** `chit calc schedule`: a loan's instalments, how its money was spread, what settles it, its true rates. */
import { bookOf } from '../../core/loan/fold.ts'
import { foldLoan, payoffOn } from '../../core/loan/index.ts'
import type { Allocated, Instalment, LoanEvent, LoanState, LoanTerms, Ownership } from '../../core/loan/types.ts'
import { formatMinor, type Minor } from '../../core/money.ts'
import { Problem } from '../../core/problem.ts'
import { goodsReturned, ratesOf, type ScheduleRates, takenBack } from '../../core/schedule/rates.ts'
import { CalcProblem, readFields } from './input.ts'
import { type LoanInput, loanFields, originOf, readLoan } from './loan-input.ts'

export interface InstalmentRow {
  readonly n: number
  readonly dueOn: string
  readonly principal: string
  readonly interest: string
  readonly fees: string
  readonly penalties: string
  readonly total: string
  readonly paid: string
  readonly paidInAdvance: string
  readonly paidLate: string
  readonly outstanding: string
  readonly balanceAfter: string
}

export interface TransactionRow {
  readonly type: LoanEvent['type']
  readonly on: string
  readonly amount: string
  readonly principal: string
  readonly interest: string
  readonly fees: string
  readonly penalties: string
  readonly overpaid: string
}

export interface ScheduleAnswer {
  readonly instalments: readonly InstalmentRow[]
  readonly transactions: readonly TransactionRow[]
  readonly totals: Readonly<Record<string, string>>
  readonly payoff: { readonly on: string; readonly amount: string }
  readonly rates: ScheduleRates
  /** Buyers of the claim, where it was sold. */
  readonly owners?: readonly Ownership[]
}

export function calcSchedule(input: unknown): ScheduleAnswer {
  const loan = readLoan(readFields(input, 'input', loanFields))
  const state = foldInput(owedByCustomer(loan))
  const money = (amount: Minor): string => formatMinor(amount, loan.terms.currency)
  return {
    instalments: state.instalments.map((row) => instalmentRow(row, money)),
    transactions: transactionsOf(loan, state).map((row) => transactionRow(row, money)),
    totals: totalsOf(state, money),
    payoff: { on: loan.asOf, amount: money(payoffAmount(state, loan.asOf)) },
    rates: ratesAsItStands(state),
    ...(state.owners.length === 0 ? {} : { owners: state.owners }),
  }
}

function ratesAsItStands(state: LoanState): ScheduleRates {
  const { terms, instalments, allocated } = state
  const advances = [...bookOf(state).disbursements, ...takenBack(allocated)]
  return ratesOf(terms, instalments, advances, goodsReturned(allocated))
}

/** A charge-off is the lender's loss, not the customer's gain: the debt stands, and what is recovered pays it. */
export function owedByCustomer(loan: LoanInput): LoanInput {
  if (!loan.events.some((event) => event.type === 'charge-off')) return loan
  const events = loan.events.flatMap((event): LoanEvent[] => {
    if (event.type === 'charge-off') return [{ id: event.id, on: event.on, type: 'recalculate' }]
    return [event.type === 'recovery' ? { ...event, type: 'repayment' } : event]
  })
  return { ...loan, events }
}

/** As the customer's debt was paid, with what was written off at its place. */
function transactionsOf(loan: LoanInput, state: LoanState): readonly Allocated[] {
  const rows = state.allocated.filter((row) => !row.reversed)
  if (!loan.events.some((event) => event.type === 'charge-off')) return rows
  const places = new Map(loan.events.map((event, place) => [event.id, place]))
  const placeOf = (row: Allocated): number => places.get(row.eventId) ?? -1
  const shown = rows.map(
    (row): Allocated => (loan.events[placeOf(row)]?.type === 'recovery' ? { ...row, type: 'recovery' } : row),
  )
  for (const lost of foldInput(loan).allocated) {
    if (lost.reversed || lost.type !== 'charge-off') continue
    const after = shown.findIndex((row) => row.on > lost.on || (row.on === lost.on && placeOf(row) > placeOf(lost)))
    shown.splice(after < 0 ? shown.length : after, 0, lost)
  }
  return shown
}

export function foldInput({ terms, events, places }: LoanInput): LoanState {
  try {
    return foldLoan(terms, events)
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem
    const refused = refusedEvent(terms, events)
    const index = places.get(refused?.id ?? '')
    const name = problem.field ?? fieldOfLastDay(refused)
    const field = name === undefined ? '' : `.${name}`
    const usual = problem.code === 'date-out-of-range' ? originOf(terms) : 'events'
    throw new CalcProblem(index === undefined ? usual : `events[${index}]${field}`, problem.message, problem.code)
  }
}

/** From which new due dates are counted, where they go beyond the calendar. */
function fieldOfLastDay(refused: LoanEvent | null): string | undefined {
  if (refused?.type === 'reschedule' || refused?.type === 're-age') return 'firstDueOn'
  if (refused?.type !== 'deferral') return undefined
  return refused.until === undefined ? 'periods' : 'until'
}

/** The first in the list without which those before it are accepted; null where the loan itself is not. */
function refusedEvent(terms: LoanTerms, events: readonly LoanEvent[]): LoanEvent | null {
  for (let count = 0; count <= events.length; count++) {
    try {
      foldLoan(terms, events.slice(0, count))
    } catch {
      return events[count - 1] ?? null
    }
  }
  return null
}

function payoffAmount(state: LoanState, asOf: string): Minor {
  if (asOf < state.terms.disbursedOn) throw new CalcProblem('asOf', 'is before the disbursement', 'before-loan')
  return payoffOn(state, asOf).total
}

type Money = (amount: Minor) => string

function totalOf(row: Instalment): Minor {
  return row.principal + row.interest + row.fee + row.penalty
}

function paidOf(row: Instalment): Minor {
  return row.principalPaid + row.interestPaid + row.feePaid + row.penaltyPaid
}

/** Waived and written off parts are neither paid nor outstanding. */
function outstandingOf(row: Instalment): Minor {
  const forgiven = row.interestWaived + row.feeWaived + row.penaltyWaived
  const lost = row.principalWrittenOff + row.interestWrittenOff + row.feeWrittenOff + row.penaltyWrittenOff
  return totalOf(row) - paidOf(row) - forgiven - lost
}

export function instalmentRow(row: Instalment, money: Money): InstalmentRow {
  return {
    n: row.n,
    dueOn: row.dueOn,
    principal: money(row.principal),
    interest: money(row.interest),
    fees: money(row.fee),
    penalties: money(row.penalty),
    total: money(totalOf(row)),
    paid: money(paidOf(row)),
    paidInAdvance: money(row.paidInAdvance),
    paidLate: money(row.paidLate),
    outstanding: money(outstandingOf(row)),
    balanceAfter: money(row.balanceAfter),
  }
}

export function transactionRow(row: Allocated, money: Money): TransactionRow {
  return {
    type: row.type,
    on: row.on,
    amount: money(row.amount),
    principal: money(row.principal),
    interest: money(row.interest),
    fees: money(row.fee),
    penalties: money(row.penalty),
    overpaid: money(row.overpaid),
  }
}

function totalsOf(state: LoanState, money: Money): Readonly<Record<string, string>> {
  const sum = (of: (row: Instalment) => Minor): string =>
    money(state.instalments.reduce((all, row) => all + of(row), 0n))
  return {
    principal: sum((row) => row.principal),
    interest: sum((row) => row.interest),
    fees: sum((row) => row.fee),
    penalties: sum((row) => row.penalty),
    total: sum(totalOf),
    paid: sum(paidOf),
    paidInAdvance: sum((row) => row.paidInAdvance),
    paidLate: sum((row) => row.paidLate),
    outstanding: sum(outstandingOf),
    creditBalance: money(state.creditBalance),
  }
}
