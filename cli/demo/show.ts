/** The tables of the story. */
import type * as api from '../http/api.ts'
import { count, money } from '../http/money.ts'
import { tableOf } from '../http/table.ts'

export function costs(program: api.Program): string {
  const rows = program.review.costs.map(({ plan, irrPercent }) => [plan, percent(irrPercent)])
  return tableOf(['Plan', 'True cost a year, at most>'], rows)
}

function percent(text: string): string {
  return `${Number(text).toFixed(2)} %`
}

export function quotes(plans: readonly api.PlanQuote[], currency: string): string {
  const rows = plans.map((quote) => [
    quote.plan,
    String(quote.instalments),
    money(quote.total, currency),
    money(quote.cost, currency),
    percent(quote.irrPercent),
    quote.paidBy,
  ])
  return tableOf(['Plan', 'Instalments>', 'Total>', 'of it charges>', 'A year (IRR)>', 'Paid by'], rows)
}

/** The first rows of a schedule with a line for those left out. */
export function schedule(loan: api.Loan, currency: string, rowsShown = Number.POSITIVE_INFINITY): string {
  const shown = loan.instalments.filter((_, index) => index < rowsShown)
  const withPenalty = loan.instalments.some((instalment) => instalment.penalty > 0)
  const rows = shown.map((instalment) => [
    String(instalment.n),
    instalment.dueOn,
    money(instalment.principal, currency),
    money(instalment.interest, currency),
    ...(withPenalty ? [money(instalment.penalty, currency)] : []),
    money(instalment.total, currency),
    money(instalment.paid, currency),
    instalment.status,
  ])
  const columns = [
    'No>',
    'Due',
    'Principal>',
    'Charge>',
    ...(withPenalty ? ['Late charge>'] : []),
    'Total>',
    'Paid>',
    '',
  ]
  const left = loan.instalments.length - shown.length
  const table = tableOf(columns, left > 0 ? rows : [...rows, null, scheduleSum(loan, currency, withPenalty)])
  return left > 0 ? `${table}\n   … and ${left} more` : table
}

function scheduleSum(loan: api.Loan, currency: string, withPenalty: boolean): string[] {
  const sum = (figure: 'principal' | 'interest' | 'penalty' | 'total' | 'paid') =>
    money(
      total(loan.instalments, (instalment) => instalment[figure]),
      currency,
    )
  return [
    '',
    '',
    sum('principal'),
    sum('interest'),
    ...(withPenalty ? [sum('penalty')] : []),
    sum('total'),
    sum('paid'),
    '',
  ]
}

function total<Item>(items: readonly Item[], amount: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + amount(item), 0)
}

export function beforeAndAfter(before: api.Loan, after: api.Loan, currency: string): string {
  const rows = before.instalments.map((instalment, index) => {
    const now = after.instalments[index]
    const changed = now?.total !== instalment.total
    return [
      String(instalment.n),
      instalment.dueOn,
      money(instalment.total, currency),
      money(now?.total ?? 0, currency),
      changed ? money((now?.total ?? 0) - instalment.total, currency) : '',
    ]
  })
  const was = total(before.instalments, (instalment) => instalment.total)
  const is = total(after.instalments, (instalment) => instalment.total)
  const sum = ['', '', money(was, currency), money(is, currency), money(is - was, currency)]
  return tableOf(['No>', 'Due', 'Before>', 'After>', 'Change>'], [...rows, null, sum])
}

export function settlement(gross: number, payout: api.Payout, merchant: string, currency: string): string {
  return tableOf(
    [merchant, `${currency}>`],
    [
      ['Sales less refunds', money(gross, currency)],
      ['Merchant’s fee', money(payout.amount - gross, currency)],
      null,
      [`Paid out, ${payout.timing}, through ${payout.throughOn}`, money(payout.amount, currency)],
    ],
  )
}

export function statement(bill: api.Statement, goods: ReadonlyMap<string, string>, currency: string): string {
  const rows = bill.items.map((item) => [
    `${goods.get(item.loanId) ?? item.loanId}, ${item.kind} ${item.instalment}`,
    money(item.principal, currency),
    money(item.interest, currency),
    money(item.total, currency),
  ])
  const sum = [
    `Due on ${bill.dueOn}`,
    money(
      total(bill.items, (item) => item.principal),
      currency,
    ),
    money(
      total(bill.items, (item) => item.interest),
      currency,
    ),
    money(bill.total, currency),
  ]
  const columns = [`Bill ${bill.number}, ${bill.openedOn} to ${bill.closedOn}`, 'Principal>', 'Charge>', 'Total>']
  return tableOf(columns, [...rows, null, sum])
}

export function allocation(repayment: api.Repayment, goods: ReadonlyMap<string, string>, currency: string): string {
  const figures = ['principal', 'interest', 'penalty', 'amount'] as const
  const rows = repayment.allocations.map((part) => [
    goods.get(part.loanId) ?? part.loanId,
    ...figures.map((figure) => money(part[figure], currency)),
  ])
  const sums = figures.map((figure) =>
    money(
      total(repayment.allocations, (part) => part[figure]),
      currency,
    ),
  )
  const columns = ['', 'Principal>', 'Charge>', 'Late charge>', 'Total>']
  return tableOf(columns, rows.length > 1 ? [...rows, null, ['', ...sums]] : rows)
}

export interface FunderLedger {
  readonly name: string
  readonly basisPoints: number
  readonly accounts: readonly api.Account[]
  readonly payout: api.Payout
}

/** What a funder lent in all: the credits of its principal account. */
export function lentBy(ledger: FunderLedger): number {
  return accountOf(ledger, 'principal')?.credits ?? 0
}

function accountOf(ledger: FunderLedger, kind: string): api.Account | undefined {
  return ledger.accounts.find((account) => account.account.endsWith(`:${kind}`))
}

export function funderLedgers(ledgers: readonly FunderLedger[], currency: string): string {
  const figures = ledgers.map((ledger) => {
    const lent = lentBy(ledger)
    const back = accountOf(ledger, 'principal')?.debits ?? 0
    return [lent, back, ledger.payout.amount - (back - lent), ledger.payout.amount]
  })
  const rows = ledgers.map((ledger, index) => [
    `${ledger.name}, ${ledger.basisPoints / 100} %`,
    ...figures[index]!.map((figure) => money(figure, currency)),
  ])
  const sums = [0, 1, 2, 3].map((column) =>
    money(
      total(figures, (row) => row[column]!),
      currency,
    ),
  )
  const columns = ['Funder', 'Lent>', 'Principal back>', 'Income, less fee>', 'Paid out net>']
  return tableOf(columns, [...rows, null, ['', ...sums]])
}

/** Accounts with the names of whom they concern in place of ids. */
export function trialBalance(balance: api.TrialBalance, names: ReadonlyMap<string, string>, currency: string): string {
  const rows = balance.accounts.map(({ account, side, balance: amount }) => {
    const onDebit = (side === 'debit') === amount >= 0
    const figure = money(Math.abs(amount), currency)
    return [named(account, names), onDebit ? figure : '', onDebit ? '' : figure]
  })
  const sums = balance.totals.map(({ debits, credits }) => [
    `${balance.asOf}, ${currency}`,
    money(debits, currency),
    money(credits, currency),
  ])
  return tableOf(['Account', 'Debit>', 'Credit>'], [...rows, null, ...sums])
}

export function named(account: string, names: ReadonlyMap<string, string>): string {
  return account
    .split(':')
    .map((part) => names.get(part) ?? part)
    .join(' · ')
}

export function audit(report: api.AuditReport): string {
  const rows = report.proofs.map(({ name, checked, failures }) => [
    failures.length === 0 ? '✓' : '✗',
    name,
    count(checked),
    failures.length === 0 ? '' : failures.join('; '),
  ])
  return tableOf(['', 'Proof', 'Checked>', ''], rows)
}
