/**
 * The end of one day for one line: autopay, what may be carried over, dues and late charges, the bill. All of it is one
 * operation, so a close that is cut off leaves each line either before its day or after it.
 */
import { addPeriods, formatDay, parseDay } from '../../core/calendar.ts'
import { type Minor, maxMinor, minMinor } from '../../core/money.ts'
import { isUnpaid, unpaidOf } from '../../core/program/bill.ts'
import { dueOnOf, monthBefore, nextStatementOn, statementAfter } from '../../core/program/cycle.ts'
import { yearlyOfDaily } from '../../core/program/plan.ts'
import type { ProgramTerms } from '../../core/program/terms.ts'
import type { Decided } from '../disputes/types.ts'
import type { JournalEvent, Operation, Row } from '../journal/types.ts'
import type { Line } from '../lines/types.ts'
import { chargeLate, delinquencyEvents, recogniseDues } from '../loans/age.ts'
import { afterClose, changesOfLoan, isDisputed, type Movement, move } from '../loans/book.ts'
import * as loanService from '../loans/service.ts'
import { asUnfolded } from '../loans/stored.ts'
import type { Loan } from '../loans/types.ts'
import type { Context } from '../platform/context.ts'
import { type Allocated, allocate } from '../repayments/allocate.ts'
import { rowOfNewRepayment } from '../repayments/types.ts'
import { closeStatement, minimumMet, unpaidItems, useCredit } from '../statements/close.ts'
import type { Statement } from '../statements/types.ts'
import { collect } from './collect.ts'
import type { Counts } from './types.ts'

export interface LineDay {
  readonly line: Line
  readonly loans: readonly Loan[]
  /** Bills due today, and those due in `reminderDays`. */
  readonly statements: readonly Statement[]
  readonly terms: ProgramTerms
  readonly termsOf: (loan: Loan) => ProgramTerms
  /** By charge, the disputes of it that are decided. */
  readonly decided: ReadonlyMap<string, readonly Decided[]>
}

/** Days before its due date on which an unpaid bill is called to mind. */
export const reminderDays = 3

/** What has come together of the day so far. */
interface Work extends LineDay {
  line: Line
  loans: Loan[]
  touched: Set<string>
  events: JournalEvent[]
  repayments: Row[]
  owed: Minor
  credit: Minor
}

/** Null where the day has nothing for this line. */
export function closeLine(ctx: Context, day: LineDay): { operation: Operation; counts: Counts } | null {
  const today = ctx.today()
  const work: Work = {
    ...day,
    loans: [...day.loans],
    touched: new Set(),
    events: [],
    repayments: [],
    owed: 0n,
    credit: 0n,
  }
  const autopaid = work.statements.filter((bill) => bill.dueOn === today && runAutopay(ctx, work, bill)).length
  for (const bill of work.statements.filter((candidate) => candidate.dueOn === today)) carryOver(ctx, work, bill)
  const lateCharges = ageLoans(work, today)
  remind(work, today)
  const bill = runStatement(ctx, work, today)
  if (work.events.length === 0 && work.touched.size === 0 && bill === null) return null
  return {
    operation: operationOf(ctx, work, bill),
    counts: { statements: bill?.statement ? 1 : 0, autopaid, lateCharges },
  }
}

function operationOf(ctx: Context, work: Work, bill: ReturnType<typeof runStatement>): Operation {
  const touched = work.loans.filter((loan) => work.touched.has(loan.id))
  const tomorrow = dayAfter(ctx.today(), 1)
  return {
    line: {
      id: work.line.id,
      version: work.line.version,
      owed: work.owed,
      credit: work.credit,
      ...(bill === null ? {} : { nextStatementOn: bill.nextStatementOn, statements: bill.statement === null ? 0 : 1 }),
    },
    loans: touched.map((loan) => changesOfLoan(loan, ctx.today(), tomorrow)),
    statements: bill?.rows ?? [],
    repayments: work.repayments,
    events: [...work.events, ...(bill?.events ?? [])],
  }
}

/** Loans that the day asks for money: not those whose charge is disputed. What a bill has of one counts as paid. */
function asked(work: Work): Loan[] {
  return work.loans.filter((loan) => !isDisputed(loan))
}

function apply(work: Work, movement: Movement): void {
  replace(work, movement.loan)
  work.events.push(movement.event)
  work.owed += movement.owed
  work.credit += movement.credit
  work.line = {
    ...work.line,
    owedMinor: work.line.owedMinor + movement.owed,
    creditMinor: work.line.creditMinor + movement.credit,
  }
}

function replace(work: Work, loan: Loan): void {
  work.loans = work.loans.map((candidate) => (candidate.id === loan.id ? loan : candidate))
  work.touched.add(loan.id)
}

function applyMoney(ctx: Context, work: Work, money: Allocated): void {
  for (const movement of money.movements) apply(work, movement)
  work.events.push(...money.kept)
  work.repayments.push(rowOfNewRepayment(ctx.tenantId, money.repayment))
  work.credit += money.credit
  work.line = { ...work.line, creditMinor: work.line.creditMinor + money.credit }
}

/** Collects what is due on the day a bill falls due; true where the money came. */
function runAutopay(ctx: Context, work: Work, bill: Statement): boolean {
  const { autopay } = work.line
  if (autopay === null) return false
  const amount = amountToCollect(work, bill, autopay.amount)
  if (amount <= 0n) return false
  const result = collect(ctx, autopay)
  const data = { statementId: bill.id, amount, result }
  work.events.push({ type: `autopay.${result}`, lineId: work.line.id, data, currency: null, legs: [] })
  if (result !== 'collected') return false
  const receipt = {
    line: work.line,
    loans: asked(work).map(asUnfolded),
    termsOf: work.termsOf,
    amount,
    reference: bill.id,
    loanId: null,
  }
  applyMoney(ctx, work, allocate(ctx, { ...receipt, source: 'autopay', effectiveOn: ctx.today(), until: bill.dueOn }))
  return true
}

function amountToCollect(work: Work, bill: Statement, wanted: 'total' | 'minimum'): Minor {
  const due = asked(work)
    .flatMap((loan) => (loan.state.status === 'active' ? loan.state.instalments : []))
    .filter((instalment) => instalment.dueOn <= bill.dueOn)
    .reduce((sum, instalment) => sum + unpaidOf(instalment), 0n)
  // Overdrawn credit takes of the money before the bill does.
  const overdrawn = maxMinor(-work.line.creditMinor, 0n)
  if (wanted === 'total') return due + overdrawn
  const unpaid = unpaidItems(bill, asked(work)).reduce((sum, amount) => sum + amount, 0n)
  return overdrawn + maxMinor(minMinor(due, bill.minimumMinor - (bill.totalMinor - unpaid)), 0n)
}

/**
 * Where the minimum was paid, the rest of purchases moves to the next bill and bears revolving interest until then:
 * the loan is rescheduled to one instalment at the next due date, at the revolving rate.
 */
function carryOver(ctx: Context, work: Work, bill: Statement): void {
  const { minimumPayment } = work.terms
  if (minimumPayment === null || !minimumMet(bill, asked(work))) return
  const firstDueOn = dueOnOf(work.terms.cycle, statementAfter(bill.closedOn))
  for (const loan of asked(work).filter((candidate) => isCarried(candidate, bill.dueOn))) {
    const annualRatePercent = yearlyOfDaily(minimumPayment.revolvingDailyPercent)
    apply(
      work,
      move(loan, work.termsOf(loan), {
        type: 'loan.carried-over',
        today: ctx.today(),
        loanEvent: { type: 'reschedule', ...loanService.stamp(ctx), instalments: 1, firstDueOn, annualRatePercent },
        data: { statementId: bill.id, carried: loan.state.principalOutstanding },
      }),
    )
  }
}

function isCarried(loan: Loan, dueOn: string): boolean {
  const { state } = loan
  return (
    state.status === 'active' &&
    state.terms.method === 'bullet' &&
    state.instalments.some((instalment) => instalment.dueOn === dueOn && isUnpaid(instalment))
  )
}

/** Dues, late charges and buckets of the loans whose day it is; the number of late charges. */
function ageLoans(work: Work, today: string): number {
  let charges = 0
  for (const { id } of work.loans.filter((loan) => loan.nextActionOn !== null && loan.nextActionOn <= today)) {
    const current = () => work.loans.find((loan) => loan.id === id)!
    const terms = work.termsOf(current())
    for (const movement of recogniseDues(current(), terms, today)) apply(work, movement)
    const late = chargeLate(current(), terms, today, sparedUntil(work, current()))
    for (const movement of late) apply(work, movement)
    charges += late.length
    work.events.push(...delinquencyEvents(current(), today))
    replace(work, afterClose(current(), terms, today))
  }
  return charges
}

/** The last day whose dues, and those before, bear no late charge any more; empty where there was no dispute. */
function sparedUntil({ decided, terms: { cycle } }: Work, { chargeId }: Loan): string {
  const days = (decided.get(chargeId ?? '') ?? []).flatMap(({ openedOn, resolvedOn }) => {
    const closedOn = monthBefore(nextStatementOn(cycle, resolvedOn))
    // Closed meanwhile, a bill left out what was disputed: no bill asked for it before it fell due.
    return closedOn >= openedOn ? [resolvedOn, dueOnOf(cycle, closedOn)] : [resolvedOn]
  })
  return days.reduce((last, day) => (day > last ? day : last), '')
}

function remind(work: Work, today: string): void {
  const soon = dayAfter(today, reminderDays)
  for (const bill of work.statements.filter((candidate) => candidate.dueOn === soon)) {
    const unpaid = unpaidItems(bill, asked(work)).reduce((sum, amount) => sum + amount, 0n)
    if (unpaid === 0n) continue
    const data = { statementId: bill.id, dueOn: bill.dueOn, unpaid }
    work.events.push({ type: 'reminder.due-soon', lineId: work.line.id, data, currency: null, legs: [] })
  }
}

function dayAfter(day: string, days: number): string {
  return formatDay(addPeriods(parseDay(day), { n: 1, unit: 'day' }, days))
}

function runStatement(ctx: Context, work: Work, today: string) {
  const closedOn = work.line.nextStatementOn
  if (closedOn === null || closedOn > today) return null
  const credit = useCredit(ctx, work.line, asked(work), work.termsOf, closedOn, dueOnOf(work.terms.cycle, closedOn))
  if (credit !== null) applyMoney(ctx, work, credit)
  return closeStatement(ctx, work.line, asked(work), work.terms)
}
