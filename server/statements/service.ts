/** Monthly bills, read. They are made when the day closes. */

import type { Minor } from '../../core/money.ts'
import * as lines from '../lines/service.ts'
import { isDisputed } from '../loans/book.ts'
import { listLoansById } from '../loans/store.ts'
import type { Context } from '../platform/context.ts'
import { problem } from '../platform/errors.ts'
import { unpaidItems } from './close.ts'
import * as store from './store.ts'
import type { Statement, StatementItemView, StatementView, StoredItem } from './types.ts'

export async function find(ctx: Context, statementId: string): Promise<Statement> {
  const statement = await store.findStatement(ctx, statementId)
  if (statement === undefined) throw problem('not-found', { detail: `There is no statement ${statementId}.` })
  return statement
}

export async function view(ctx: Context, statementId: string): Promise<StatementView> {
  return viewOf(ctx, await find(ctx, statementId))
}

export async function listOf(ctx: Context, lineId: string, limit: number): Promise<StatementView[]> {
  const line = await lines.find(ctx, lineId)
  const statements = await store.listStatements(ctx, line.shard, line.id, limit)
  return Promise.all(statements.map((statement) => viewOf(ctx, statement)))
}

async function viewOf(ctx: Context, statement: Statement): Promise<StatementView> {
  const ids = [...new Set(statement.items.map((item) => item.loanId))]
  const loans = await listLoansById(ctx, ids)
  const unpaid = unpaidItems(statement, loans)
  const outstanding = sum(unpaid)
  // What is disputed is unpaid, but nobody is late with it.
  const asked = sum(
    unpaidItems(
      statement,
      loans.filter((loan) => !isDisputed(loan)),
    ),
  )
  const { id, lineId, number, openedOn, closedOn, dueOn, currency } = statement
  return {
    id,
    lineId,
    number,
    openedOn,
    closedOn,
    dueOn,
    currency,
    total: statement.totalMinor,
    minimum: statement.minimumMinor,
    credit: statement.creditMinor,
    outstanding,
    status: outstanding === 0n ? 'paid' : asked > 0n && dueOn < ctx.today() ? 'past-due' : 'open',
    items: statement.items.map((item, index) => viewOfItem(item, `${id}.${index + 1}`, unpaid[index]!)),
  }
}

function sum(amounts: readonly Minor[]): Minor {
  return amounts.reduce((total, amount) => total + amount, 0n)
}

/** Amounts were stored as JSON integers. */
function viewOfItem(item: StoredItem, id: string, outstanding: Minor): StatementItemView {
  const { loanId, instalment, kind, dueOn } = item
  return {
    id,
    loanId,
    instalment,
    kind,
    dueOn,
    principal: BigInt(item.principal),
    interest: BigInt(item.interest),
    fee: BigInt(item.fee),
    penalty: BigInt(item.penalty),
    total: BigInt(item.total),
    outstanding,
  }
}
