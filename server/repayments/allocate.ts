/** Money for a line, spread over its loans: the movements, before anything is written. */
import { accounts } from '../../core/journal/accounts.ts'
import type { LoanEvent } from '../../core/loan/types.ts'
import { type Minor, maxMinor, minMinor } from '../../core/money.ts'
import { type BilledLoan, spread } from '../../core/program/bill.ts'
import type { ProgramTerms } from '../../core/program/terms.ts'
import type { JournalEvent } from '../journal/types.ts'
import type { Line } from '../lines/types.ts'
import { type Movement, move } from '../loans/book.ts'
import type { UnfoldedLoan } from '../loans/stored.ts'
import type { Loan } from '../loans/types.ts'
import type { Context } from '../platform/context.ts'
import type { Allocation, Repayment, RepaymentSource } from './types.ts'

export interface Receipt {
  readonly line: Line
  readonly loans: readonly UnfoldedLoan[]
  readonly termsOf: (loan: Loan) => ProgramTerms
  readonly amount: Minor
  readonly source: RepaymentSource
  /** When the money was there; may be earlier than today. */
  readonly effectiveOn: string
  /** Only dues up to this date are paid, the rest is kept. Null: the whole debt in order of due dates. */
  readonly until: string | null
  readonly reference: string | null
  /** The one loan it is for; null: the line as a whole. */
  readonly loanId: string | null
  /** What the surplus does to the rest of that loan. */
  readonly prepay?: 'shorten' | 'lower'
}

export interface Allocated {
  readonly repayment: Repayment
  readonly movements: readonly Movement[]
  /** The part kept as credit, as an event of its own. */
  readonly kept: readonly JournalEvent[]
  /** Change of the line's credit besides what the movements do. */
  readonly credit: Minor
}

/** Where the money comes from: the bank, or the customer's own credit. */
function counterOf(receipt: Receipt): string {
  return receipt.source === 'credit' ? accounts.customerCredit(receipt.line.programId) : accounts.bank
}

export function allocate(ctx: Context, receipt: Receipt): Allocated {
  const repaymentId = ctx.platform.ids.create('rep', receipt.line.shard)
  const overdrawn = toMakeGood(receipt)
  const { shares, rest } = spread(receipt.amount - overdrawn, receipt.loans, ctx.today(), receipt.until)
  const active = shares.map((share) => {
    const loan = receipt.loans.find((candidate) => candidate.id === share.loanId)!.folded()
    return paid(ctx, receipt, loan, eventFor(ctx, receipt, share.amount, share.settles), repaymentId)
  })
  const { movements: recovered, rest: left } = recover(ctx, receipt, rest, repaymentId)
  const movements = [...active, ...recovered]
  const kept = overdrawn + left
  return {
    repayment: {
      shard: receipt.line.shard,
      id: repaymentId,
      lineId: receipt.line.id,
      loanId: receipt.loanId,
      currency: receipt.line.currency,
      amountMinor: receipt.source === 'credit' ? receipt.amount - left : receipt.amount,
      source: receipt.source,
      effectiveOn: receipt.effectiveOn,
      status: 'booked',
      allocations: movements.map((movement) => allocationOf(movement)),
      creditMinor: receipt.source === 'credit' ? 0n : kept,
      reference: receipt.reference,
      createdAt: ctx.timestamp(),
    },
    movements,
    kept: receipt.source === 'credit' || kept === 0n ? [] : [keptEvent(receipt, kept, repaymentId)],
    credit: receipt.source === 'credit' ? left - receipt.amount : kept,
  }
}

/** A reversal may have left the customer's credit overdrawn. Money for the line makes that good first. */
function toMakeGood({ source, loanId, amount, line }: Receipt): Minor {
  return source === 'credit' || loanId !== null ? 0n : minMinor(amount, maxMinor(-line.creditMinor, 0n))
}

export function billed(loan: Loan): BilledLoan {
  return { loanId: loan.id, openedOn: loan.openedOn, state: loan.state }
}

function eventFor(ctx: Context, receipt: Receipt, amount: Minor, settles: boolean): LoanEvent {
  const base = { id: ctx.platform.ids.create('lev'), on: receipt.effectiveOn, amount }
  // A payoff is reckoned to its day; money that was there earlier pays as it would have then.
  if (settles && receipt.effectiveOn === ctx.today()) return { type: 'payoff', ...base }
  return receipt.prepay === undefined
    ? { type: 'repayment', ...base }
    : { type: 'repayment', ...base, prepay: receipt.prepay }
}

function paid(ctx: Context, receipt: Receipt, loan: Loan, loanEvent: LoanEvent, repaymentId: string): Movement {
  return move(loan, receipt.termsOf(loan), {
    type: loanEvent.type === 'recovery' ? 'repayment.recovered' : 'repayment.booked',
    today: ctx.today(),
    loanEvent,
    counter: counterOf(receipt),
    data: { repaymentId, source: receipt.source, effectiveOn: receipt.effectiveOn },
  })
}

/**
 * What comes in for a debt already written off is a recovery, before anything is kept as credit. Money that was there before
 * it was given up is one of that day: the loan knows no recovery before, and refused, all of the money would be.
 */
function recover(
  ctx: Context,
  receipt: Receipt,
  money: Minor,
  repaymentId: string,
): { movements: Movement[]; rest: Minor } {
  const movements: Movement[] = []
  let rest = money
  if (receipt.until !== null) return { movements, rest }
  for (const stored of receipt.loans.filter((candidate) => candidate.status === 'charged-off')) {
    const loan = stored.folded()
    const amount = minMinor(rest, unrecovered(loan))
    if (amount === 0n) continue
    const on = later(receipt.effectiveOn, writtenOffOn(loan))
    const event: LoanEvent = { type: 'recovery', id: ctx.platform.ids.create('lev'), on, amount }
    movements.push(paid(ctx, receipt, loan, event, repaymentId))
    rest -= amount
  }
  return { movements, rest }
}

function writtenOffOn({ events }: Loan): string {
  return events.findLast((event) => event.type === 'charge-off')!.on
}

function later(one: string, other: string): string {
  return one > other ? one : other
}

function unrecovered({ posted }: Loan): Minor {
  const writtenOff =
    posted.principalWrittenOff + posted.interestWrittenOff + posted.feeWrittenOff + posted.penaltyWrittenOff
  return maxMinor(writtenOff - posted.recovered, 0n)
}

/** How the loan itself spread the money, as its fold says. */
function allocationOf(movement: Movement): Allocation {
  const last = movement.loan.events.at(-1)!
  const spreadTo = movement.loan.state.allocated.find((allocated) => allocated.eventId === last.id)
  return {
    loanId: movement.loan.id,
    eventId: last.id,
    amount: 'amount' in last ? last.amount : 0n,
    principal: spreadTo?.principal ?? 0n,
    interest: spreadTo?.interest ?? 0n,
    fee: spreadTo?.fee ?? 0n,
    penalty: spreadTo?.penalty ?? 0n,
  }
}

function keptEvent(receipt: Receipt, amount: Minor, repaymentId: string): JournalEvent {
  return {
    type: 'repayment.kept-as-credit',
    lineId: receipt.line.id,
    data: { repaymentId, source: receipt.source, amount },
    currency: receipt.line.currency,
    legs: [
      { account: accounts.bank, amount },
      { account: accounts.customerCredit(receipt.line.programId), amount: -amount },
    ],
  }
}
