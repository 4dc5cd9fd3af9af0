/** Closing a bill: the customer's credit is used, what is due is listed, the minimum reckoned. Nothing is written here. */
import { type Minor, maxMinor, minMinor } from '../../core/money.ts'
import { type Bill, billOf, unpaidOf } from '../../core/program/bill.ts'
import { dueOnOf, statementAfter } from '../../core/program/cycle.ts'
import { minimumDue } from '../../core/program/late.ts'
import type { ProgramTerms } from '../../core/program/terms.ts'
import type { JournalEvent, Row } from '../journal/types.ts'
import type { Line } from '../lines/types.ts'
import { asUnfolded } from '../loans/stored.ts'
import type { Loan } from '../loans/types.ts'
import type { Context } from '../platform/context.ts'
import { type Allocated, allocate, billed } from '../repayments/allocate.ts'
import type { Statement } from './types.ts'

/** Uses kept money for what this bill would ask for. */
export function useCredit(
  ctx: Context,
  line: Line,
  loans: readonly Loan[],
  termsOf: (loan: Loan) => ProgramTerms,
  closedOn: string,
  dueOn: string,
): Allocated | null {
  const amount = minMinor(maxMinor(line.creditMinor, 0n), billOf(loans.map(billed), closedOn, dueOn).total)
  if (amount === 0n) return null
  return allocate(ctx, {
    line,
    loans: loans.map(asUnfolded),
    termsOf,
    amount,
    source: 'credit',
    effectiveOn: closedOn,
    until: dueOn,
    reference: null,
    loanId: null,
  })
}

export interface ClosedStatement {
  readonly statement: Statement | null
  readonly rows: readonly Row[]
  readonly events: readonly JournalEvent[]
  readonly nextStatementOn: string
}

/** A month without anything due has no statement. */
export function closeStatement(ctx: Context, line: Line, loans: readonly Loan[], terms: ProgramTerms): ClosedStatement {
  const closedOn = line.nextStatementOn!
  const dueOn = dueOnOf(terms.cycle, closedOn)
  const bill = billOf(loans.map(billed), closedOn, dueOn)
  const nextStatementOn = statementAfter(closedOn)
  if (bill.items.length === 0) return { statement: null, rows: [], events: [], nextStatementOn }
  const statement = statementOf(ctx, line, terms, bill, closedOn, dueOn)
  return {
    statement,
    rows: [rowOfStatement(ctx.tenantId, statement)],
    events: [closedEvent(statement)],
    nextStatementOn,
  }
}

function statementOf(
  ctx: Context,
  line: Line,
  terms: ProgramTerms,
  bill: Bill,
  closedOn: string,
  dueOn: string,
): Statement {
  return {
    shard: line.shard,
    id: ctx.platform.ids.create('stm', line.shard),
    lineId: line.id,
    number: line.statementCount + 1,
    openedOn: openedOnOf(line.openedOn, closedOn),
    closedOn,
    dueOn,
    currency: line.currency,
    totalMinor: bill.total,
    minimumMinor: minimumDue(bill, terms),
    creditMinor: line.creditMinor,
    items: bill.items,
  }
}

/** The day after the statement before, or the line's first day. */
export function openedOnOf(lineOpenedOn: string, closedOn: string): string {
  const before = Temporal.PlainDate.from(closedOn).subtract({ months: 1 }).add({ days: 1 }).toString()
  return before > lineOpenedOn ? before : lineOpenedOn
}

function closedEvent(statement: Statement): JournalEvent {
  const { id, number, closedOn, dueOn, totalMinor, minimumMinor, items } = statement
  return {
    type: 'statement.closed',
    lineId: statement.lineId,
    data: { statementId: id, number, closedOn, dueOn, total: totalMinor, minimum: minimumMinor, items: items.length },
    currency: statement.currency,
    legs: [],
  }
}

export function rowOfStatement(tenantId: string, statement: Statement): Row {
  return {
    shard: statement.shard,
    id: statement.id,
    tenant_id: tenantId,
    line_id: statement.lineId,
    number: statement.number,
    opened_on: statement.openedOn,
    closed_on: statement.closedOn,
    due_on: statement.dueOn,
    currency: statement.currency,
    total_minor: statement.totalMinor,
    minimum_minor: statement.minimumMinor,
    credit_minor: statement.creditMinor,
    items: statement.items,
  }
}

/** What of a bill's items is unpaid as the loans stand now. */
export function unpaidItems(statement: Statement, loans: readonly Loan[]): Minor[] {
  return statement.items.map((item) => {
    const loan = loans.find((candidate) => candidate.id === item.loanId)
    const instalment = loan?.state.instalments.find((candidate) => candidate.n === item.instalment)
    // After a reschedule the instalment billed here is no more; the next bill has what took its place.
    if (instalment === undefined || loan?.state.status !== 'active' || instalment.dueOn !== item.dueOn) return 0n
    return maxMinor(minMinor(unpaidOf(instalment), BigInt(item.total)), 0n)
  })
}

/** Whether at least the minimum of a bill has come in. */
export function minimumMet(statement: Statement, loans: readonly Loan[]): boolean {
  const unpaid = unpaidItems(statement, loans).reduce((sum, amount) => sum + amount, 0n)
  return statement.totalMinor - unpaid >= statement.minimumMinor
}
