/** Money in: from a customer, a partner or autopay; allocated in the program's order; reversed when a debit bounces. */
import { accounts } from '../../core/journal/accounts.ts'
import { payoffOn } from '../../core/loan/index.ts'
import { formatMinor, type Minor } from '../../core/money.ts'
import type { ProgramTerms } from '../../core/program/terms.ts'
import { postReply } from '../journal/post.ts'
import type { JournalEvent, Operation, Reply } from '../journal/types.ts'
import * as lines from '../lines/service.ts'
import { type Line, type LineView, viewOfLine } from '../lines/types.ts'
import { type Movement, move } from '../loans/book.ts'
import * as loans from '../loans/service.ts'
import { listLoansById, listUnsettledLoans } from '../loans/store.ts'
import type { StoredLoan } from '../loans/stored.ts'
import type { Loan } from '../loans/types.ts'
import type { Ahead, Context } from '../platform/context.ts'
import { problem } from '../platform/errors.ts'
import * as programs from '../programs/service.ts'
import { type Allocated, allocate } from './allocate.ts'
import * as store from './store.ts'
import {
  changesOfRepayment,
  type Repayment,
  type RepaymentSource,
  type RepaymentView,
  rowOfNewRepayment,
  viewOfRepayment,
} from './types.ts'

export interface NewRepayment {
  readonly lineId?: string
  readonly loanId?: string
  readonly amount: Minor
  readonly currency?: string
  readonly source?: Exclude<RepaymentSource, 'credit'>
  /** When the money was there, if not today. */
  readonly effectiveOn?: string
  readonly reference?: string
}

/** What money for a line is decided on first; the line of a loan is known only when the loan is. */
export function lookAhead(ahead: Ahead, { lineId }: Pick<NewRepayment, 'lineId'>): void {
  if (lineId !== undefined) lines.lookAhead(ahead, lineId)
}

export async function receive(ctx: Context, money: NewRepayment): Promise<Reply<RepaymentView>> {
  const { lineId, loanId } = money
  if ((lineId === undefined) === (loanId === undefined)) {
    throw problem('invalid-request', { detail: 'Send either `lineId` or `loanId`.' })
  }
  if (lineId === undefined) return bookOnLoan(ctx, await loans.findStored(ctx, loanId!), () => money)
  return lines.withLine(ctx, lineId, async (line) => book(ctx, line, null, await listAsked(ctx, lineId), money))
}

/** Money for a line passes over what is disputed, which its customer may hold back. */
async function listAsked(ctx: Context, lineId: string): Promise<StoredLoan[]> {
  return (await listUnsettledLoans(ctx, lineId)).filter((loan) => !loan.isDisputed)
}

/** Pays part of a loan ahead: the term gets shorter, or the instalments lower. */
export async function prepay(
  ctx: Context,
  loanId: string,
  request: { amount: Minor; effect?: 'shorten' | 'lower' },
): Promise<Reply<RepaymentView>> {
  return bookOnLoan(ctx, await loans.findStored(ctx, loanId), (loan) => {
    loans.requireActive(loan, 'prepay')
    const { total } = payoffOn(loan.state, ctx.today())
    if (request.amount > total) {
      const detail = `${formatMinor(total, loan.currency)} ${loan.currency} settles the loan today; prepay at most that.`
      throw problem('above-payoff', { detail, extra: { payoff: total } })
    }
    return { amount: request.amount, prepay: request.effect ?? 'shorten' }
  })
}

/** Pays the whole rest of a loan as of today. */
export async function settle(ctx: Context, loanId: string): Promise<Reply<RepaymentView>> {
  return bookOnLoan(ctx, await loans.findStored(ctx, loanId), (loan) => {
    loans.requireActive(loan, 'settle')
    return { amount: payoffOn(loan.state, ctx.today()).total }
  })
}

type Money = Omit<NewRepayment, 'lineId' | 'loanId'> & { readonly prepay?: 'shorten' | 'lower' }

function bookOnLoan(ctx: Context, ahead: StoredLoan, decide: (loan: Loan) => Money): Promise<Reply<RepaymentView>> {
  return lines.withLine(ctx, ahead.lineId, async (line) => {
    const loan = await loans.underLine(ctx, line, ahead)
    return book(ctx, line, loan.id, [loan], decide(loan.folded()))
  })
}

async function book(
  ctx: Context,
  line: Line,
  loanId: string | null,
  candidates: readonly StoredLoan[],
  money: Money,
): Promise<Reply<RepaymentView>> {
  if (line.status === 'declined')
    throw problem('line-wrong-state', { detail: 'This line was declined; nothing is owed on it.' })
  if (money.currency !== undefined && money.currency !== line.currency) {
    throw problem('currency-mismatch', { detail: `The line is in ${line.currency}, the money in ${money.currency}.` })
  }
  const effectiveOn = checkedDate(ctx, line, candidates, money.effectiveOn)
  const allocated = allocate(ctx, {
    line,
    loans: candidates,
    termsOf: await termsFor(ctx, candidates),
    amount: money.amount,
    source: money.source ?? 'customer',
    effectiveOn,
    until: null,
    reference: money.reference ?? null,
    loanId,
    ...(money.prepay === undefined ? {} : { prepay: money.prepay }),
  })
  const operation = operationOf(ctx, line, allocated)
  return postReply(ctx, line.shard, operation, 201, viewOfRepayment(allocated.repayment))
}

/** Money can't be there tomorrow, nor before the debt it pays. */
function checkedDate(ctx: Context, line: Line, candidates: readonly StoredLoan[], wanted: string | undefined): string {
  const today = ctx.today()
  const on = wanted ?? today
  if (on > today) throw problem('date-in-future', { detail: `${on} is after today, ${today}.` })
  const opened = candidates
    .map((loan) => loan.openedOn)
    .reduce((latest, day) => (day > latest ? day : latest), line.openedOn)
  if (on < opened)
    throw problem('date-before-debt', { detail: `${on} is before ${opened}, when the youngest of these debts began.` })
  return on
}

type OfProgram = Pick<Loan, 'programId' | 'termsVersion'>

/** Terms of all loans at hand, fetched beforehand so that the allocation itself is a pure step. */
export async function termsFor(
  ctx: Context,
  candidates: readonly OfProgram[],
): Promise<(loan: OfProgram) => ProgramTerms> {
  const terms = new Map<string, ProgramTerms>()
  for (const loan of candidates) {
    const key = `${loan.programId}/${loan.termsVersion}`
    if (!terms.has(key)) terms.set(key, await programs.termsOf(ctx, loan.programId, loan.termsVersion))
  }
  return (loan) => terms.get(`${loan.programId}/${loan.termsVersion}`)!
}

function operationOf(ctx: Context, line: Line, allocated: Allocated): Operation {
  const moved = loans.operationOf(ctx, line, allocated.movements)
  return {
    ...moved,
    line: { ...moved.line!, credit: moved.line!.credit! + allocated.credit },
    repayments: [rowOfNewRepayment(ctx.tenantId, allocated.repayment)],
    events: [...moved.events, ...allocated.kept],
  }
}

/** Undoes a repayment that did not hold: every loan stands as if the money had never come. */
export async function reverse(ctx: Context, repaymentId: string, reason: string | null): Promise<Reply<RepaymentView>> {
  const { lineId } = await find(ctx, repaymentId)
  return lines.withLine(ctx, lineId, async (line) => {
    const repayment = await find(ctx, repaymentId)
    if (repayment.status === 'reversed') throw problem('repayment-reversed')
    const paid = await listLoansById(
      ctx,
      repayment.allocations.map((allocation) => allocation.loanId),
    )
    const termsOf = await termsFor(ctx, paid)
    const counter = repayment.source === 'credit' ? accounts.customerCredit(line.programId) : accounts.bank
    const movements = repayment.allocations.map((allocation) => {
      const loan = paid.find((candidate) => candidate.id === allocation.loanId)!
      return undo(ctx, loan, termsOf(loan), allocation.eventId, counter, { repaymentId, reason })
    })
    const reversed = { ...repayment, status: 'reversed' as const }
    const moved = loans.operationOf(ctx, line, movements)
    const returned = repayment.source === 'credit' ? repayment.amountMinor : -repayment.creditMinor
    const operation = {
      ...moved,
      line: { ...moved.line!, credit: moved.line!.credit! + returned },
      repayments: [changesOfRepayment(reversed)],
      events: [...moved.events, ...takenBack(line, repayment, reason)],
    }
    return postReply(ctx, line.shard, operation, 200, viewOfRepayment(reversed))
  })
}

function undo(
  ctx: Context,
  loan: Loan,
  terms: ProgramTerms,
  eventId: string,
  counter: string,
  data: Record<string, unknown>,
): Movement {
  const loanEvent = { type: 'reversal' as const, ...loans.stamp(ctx), of: eventId }
  return move(loan, terms, { type: 'repayment.reversed', today: ctx.today(), loanEvent, counter, data })
}

function takenBack(line: Line, repayment: Repayment, reason: string | null): JournalEvent[] {
  const amount = repayment.creditMinor
  if (amount === 0n) return []
  return [
    {
      type: 'repayment.reversed',
      lineId: line.id,
      data: { repaymentId: repayment.id, reason, amount },
      currency: line.currency,
      legs: [
        { account: accounts.customerCredit(line.programId), amount },
        { account: accounts.bank, amount: -amount },
      ],
    },
  ]
}

/** Gives kept credit back to the customer: all of it, or an amount. */
export function payBack(ctx: Context, lineId: string, wanted: Minor | null): Promise<Reply<LineView>> {
  return lines.withDecidedLine(ctx, lineId, async (line) => {
    const amount = wanted ?? line.creditMinor
    if (amount <= 0n || amount > line.creditMinor) {
      const detail = `The customer has ${formatMinor(line.creditMinor, line.currency)} ${line.currency} of credit on this line.`
      throw problem('credit-insufficient', { detail, extra: { credit: line.creditMinor } })
    }
    const event: JournalEvent = {
      type: 'customer.paid-back',
      lineId: line.id,
      data: { amount },
      currency: line.currency,
      legs: [
        { account: accounts.customerCredit(line.programId), amount },
        { account: accounts.bank, amount: -amount },
      ],
    }
    const write = { id: line.id, version: line.version, credit: -amount }
    const after = viewOfLine({ ...line, creditMinor: line.creditMinor - amount })
    return postReply(ctx, line.shard, { line: write, events: [event] }, 200, after)
  })
}

export async function find(ctx: Context, repaymentId: string): Promise<Repayment> {
  const repayment = await store.findRepayment(ctx, repaymentId)
  if (repayment === undefined) throw problem('not-found', { detail: `There is no repayment ${repaymentId}.` })
  return repayment
}

export async function view(ctx: Context, repaymentId: string): Promise<RepaymentView> {
  return viewOfRepayment(await find(ctx, repaymentId))
}

export async function listOf(ctx: Context, line: Line, after: string, limit: number): Promise<RepaymentView[]> {
  return (await store.listRepayments(ctx, line.shard, line.id, after, limit)).map(viewOfRepayment)
}
