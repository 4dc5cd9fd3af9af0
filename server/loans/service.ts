/** Loans after their making: read, rescheduled in hardship, charges waived, written off. Money in is the repayments' work. */
import { duesOn, payoffOn } from '../../core/loan/index.ts'
import type { Component, Dues, LoanEvent, LoanStatus } from '../../core/loan/types.ts'
import type { Minor } from '../../core/money.ts'
import { postReply } from '../journal/post.ts'
import type { Operation, Reply } from '../journal/types.ts'
import { find as findLine, withLine } from '../lines/service.ts'
import type { Line } from '../lines/types.ts'
import type { Context } from '../platform/context.ts'
import { problem } from '../platform/errors.ts'
import * as programs from '../programs/service.ts'
import { bucketChange } from './age.ts'
import { type Booking, changesOfLoan, isDisputed, type Movement, move, viewOfLoan } from './book.ts'
import * as store from './store.ts'
import type { StoredLoan } from './stored.ts'
import type { Loan, LoanView } from './types.ts'

export async function find(ctx: Context, loanId: string): Promise<Loan> {
  return (await findStored(ctx, loanId)).folded()
}

export async function findStored(ctx: Context, loanId: string): Promise<StoredLoan> {
  const loan = await store.findLoan(ctx, loanId)
  if (loan === undefined) throw problem('not-found', { detail: `There is no loan ${loanId}.` })
  return loan
}

export async function view(ctx: Context, loanId: string): Promise<LoanView> {
  return viewOfLoan(await find(ctx, loanId), ctx.today())
}

export interface LoanFilter {
  readonly lineId?: string
  /** Parted by commas. */
  readonly lineIds?: string
  readonly status?: LoanStatus
}

/**
 * A page of the loans of one line, or of several, line by line in the order given, of each in the order opened. Throws
 * `invalid-request` unless exactly one of them is said, and where `after` is no loan of theirs.
 */
export async function list(ctx: Context, filter: LoanFilter, after: string, limit: number): Promise<LoanView[]> {
  const { lineId, lineIds, ...only } = filter
  if ((lineId === undefined) === (lineIds === undefined)) {
    throw problem('invalid-request', { detail: 'Send either `lineId` or `lineIds`.' })
  }
  const ids = lineId === undefined ? [...new Set(lineIds!.split(','))] : [(await findLine(ctx, lineId)).id]
  const last = after === '' ? null : ((await store.findLoan(ctx, after)) ?? null)
  const place = after === '' ? 0 : ids.indexOf(last?.lineId ?? '')
  if (place < 0) {
    throw problem('invalid-request', { detail: '`after` is none of these loans: send what `next` was.' })
  }
  const loans = await store.listLoans(ctx, ids.slice(place), { ...only, after: last, limit })
  return loans.map((loan) => viewOfLoan(loan, ctx.today()))
}

export interface PayoffQuote extends Dues {
  readonly loanId: string
  readonly on: string
  readonly currency: string
}

/** What settles the loan on a day, today or later. */
export async function quotePayoff(ctx: Context, loanId: string, on: string | null): Promise<PayoffQuote> {
  const loan = await find(ctx, loanId)
  const day = on ?? ctx.today()
  if (day < ctx.today()) throw problem('date-in-past', { detail: `${day} is before today, ${ctx.today()}.` })
  return { loanId, on: day, currency: loan.currency, ...payoffOn(loan.state, day) }
}

export interface Hardship {
  readonly instalments: number
  readonly firstDueOn: string
  readonly annualRatePercent?: string
  readonly reason?: string
}

/** New due dates for what is not yet paid, arrears included. Never dearer a year than the loan was. */
export function reschedule(ctx: Context, loanId: string, plan: Hardship): Promise<Reply<LoanView>> {
  if (plan.firstDueOn <= ctx.today()) {
    throw problem('date-in-past', { detail: `The first due date must be after today, ${ctx.today()}.` })
  }
  return change(ctx, loanId, 'loan.rescheduled', (loan) => {
    requireActive(loan, 'reschedule')
    if (plan.annualRatePercent !== undefined && Number(plan.annualRatePercent) > Number(loan.terms.annualRatePercent)) {
      throw problem('rate-too-high', {
        detail: `The loan bears ${loan.terms.annualRatePercent} % a year; a reschedule may only lower it.`,
      })
    }
    const { reason, ...terms } = plan
    return { loanEvent: { type: 'reschedule', ...stamp(ctx), ...terms }, data: { reason: reason ?? null } }
  })
}

/** Gives up a charge that is owed; the cost is the operator's and the funders' in their shares. */
export function waive(
  ctx: Context,
  loanId: string,
  component: Exclude<Component, 'principal'>,
  amount: Minor,
): Promise<Reply<LoanView>> {
  return change(ctx, loanId, 'loan.waived', (loan) => {
    requireActive(loan, 'waive a charge of')
    return { loanEvent: { type: 'waiver', ...stamp(ctx), component, amount } }
  })
}

/** Takes a loan that will not be repaid off the books. What comes in later is a recovery. */
export function writeOff(ctx: Context, loanId: string, reason: string | null): Promise<Reply<LoanView>> {
  return change(ctx, loanId, 'loan.written-off', (loan, terms) => {
    requireActive(loan, 'write off')
    if (isDisputed(loan)) {
      throw problem('charge-disputed', {
        detail: `The charge of loan ${loan.id} is in dispute; nothing of it is given up meanwhile.`,
      })
    }
    const { daysPastDue } = duesOn(loan.state, ctx.today())
    if (daysPastDue < terms.writeOffAfterDays) {
      const detail = `The loan is ${daysPastDue} days past due; the program writes off after ${terms.writeOffAfterDays}.`
      throw problem('write-off-too-early', { detail })
    }
    return { loanEvent: { type: 'charge-off', ...stamp(ctx) }, data: { reason, daysPastDue } }
  })
}

export function requireActive(loan: Loan, verb: string): void {
  if (loan.state.status === 'active') return
  throw problem('loan-wrong-state', {
    detail: `Can't ${verb} a loan that is ${loan.state.status}.`,
    extra: { loanStatus: loan.state.status },
  })
}

/** Id and date of a loan's own event; unique within the loan, ordered as made. */
export function stamp(ctx: Context): { id: string; on: string } {
  return { id: ctx.platform.ids.create('lev'), on: ctx.today() }
}

type Decide = (
  loan: Loan,
  terms: Awaited<ReturnType<typeof programs.termsOf>>,
) => Omit<Booking, 'type' | 'today'> & {
  loanEvent: LoanEvent
}

async function change(ctx: Context, loanId: string, type: string, decide: Decide): Promise<Reply<LoanView>> {
  const ahead = await findStored(ctx, loanId)
  return withLine(ctx, ahead.lineId, async (line) => {
    const loan = (await underLine(ctx, line, ahead)).folded()
    const terms = await programs.termsOf(ctx, loan.programId, loan.termsVersion)
    const movement = move(loan, terms, { type, today: ctx.today(), ...decide(loan, terms) })
    return postReply(ctx, line.shard, operationOf(ctx, line, [movement]), 200, viewOfLoan(movement.loan, ctx.today()))
  })
}

/** A loan that was read ahead of its line, as it is under it: read anew if somebody wrote in between. */
export async function underLine(ctx: Context, line: Line, ahead: StoredLoan): Promise<StoredLoan> {
  return ahead.isAsUnder(line) ? ahead : findStored(ctx, ahead.id)
}

/** The whole write of movements of loans of one line. */
export function operationOf(ctx: Context, line: Line, movements: readonly Movement[]): Operation {
  return {
    line: {
      id: line.id,
      version: line.version,
      owed: movements.reduce((sum, movement) => sum + movement.owed, 0n),
      credit: movements.reduce((sum, movement) => sum + movement.credit, 0n),
    },
    loans: latest(movements).map((loan) => changesOfLoan(loan, ctx.today())),
    events: [
      ...movements.map((movement) => movement.event),
      // A payment cures, a debit that bounces makes late again: told now, and not at the close of the day, which is stored.
      ...latest(movements).flatMap((loan) => bucketChange(loan, ctx.today())),
    ],
  }
}

/** A loan moved several times is written once, as it stands at last. */
function latest(movements: readonly Movement[]): Loan[] {
  return [...new Map(movements.map((movement) => [movement.loan.id, movement.loan])).values()]
}
