/** Money of a customer: where it goes, what is kept, what comes back when it bounces. */
import { Refused } from './facts.ts'
import {
  happens,
  isDisputed,
  type Line,
  type Loan,
  type Moves,
  type Repayment,
  refuseUnlessActive,
  retell,
} from './line.ts'
import { settles } from './loan.ts'
import { unpaid } from './part.ts'
import { type Happening, type LoanState, partsOf } from './state.ts'

export interface Money {
  readonly amount: number
  readonly source: 'customer' | 'autopay' | 'credit'
  /** When it was there. */
  readonly on: number
  readonly today: number
  readonly loanId: string | null
  /** Only dues up to here; null: all that is owed. */
  readonly until: number | null
  /** What it does to the rest of that loan. */
  readonly prepay?: 'shorten' | 'lower'
}

/** Oldest due first, of one day the loan opened first; what was written off next; the rest is kept. */
export function repay(line: Line, moves: Moves, money: Money, id = ''): Repayment {
  const { today, on, source } = money
  if (line.status === 'declined') throw new Refused('line-wrong-state')
  if (on > today) throw new Refused('date-in-future')
  // Money for the line as a whole passes over what is in dispute; whoever names a loan pays it.
  const among = line.loans.filter((loan) =>
    money.loanId === null ? !isDisputed(line, loan) : loan.id === money.loanId,
  )
  // Of what it may pay: a loan that is settled is no debt of before or after.
  const unsettled = among.filter((loan) => loan.state.status === 'active' || loan.state.status === 'charged-off')
  const youngest = Math.max(line.openedOn, ...unsettled.map((loan) => loan.facts.openedOn))
  if (on < youngest) throw new Refused('date-before-debt')
  const missing = source === 'credit' || money.loanId !== null ? 0 : Math.min(money.amount, Math.max(-line.credit, 0))
  const spread = spreadOver(among, money.amount - missing, today, money.until)
  let left = spread.left
  const to: { loanId: string; key: number }[] = []
  const undo = line.loans.map(({ happenings, state }) => ({ happenings, state }))
  const credit = line.credit
  try {
    for (const { loan, amount } of spread.shares) {
      const settled = amount === settles(loan.state, today) && on === today
      const happening: Happening =
        !settled && money.prepay !== undefined
          ? { what: 'prepaid', on, amount, effect: money.prepay }
          : { what: settled ? 'settled' : 'paid', on, amount }
      to.push({ loanId: loan.id, key: happens(line, moves, loan, happening) })
    }
  } catch (problem) {
    restore(line, undo)
    line.credit = credit
    throw problem
  }
  for (const loan of money.until === null ? among.filter((one) => one.state.status === 'charged-off') : []) {
    const amount = Math.min(left, Math.max(0, lostOf(loan.state) - loan.state.recovered))
    if (amount === 0) continue
    to.push({ loanId: loan.id, key: happens(line, moves, loan, { what: 'recovered', on, amount }) })
    left -= amount
  }
  const kept = source === 'credit' ? 0 : missing + left
  const change = source === 'credit' ? left - money.amount : kept
  line.credit += change
  moves.credit += change
  if (source !== 'credit') moves.bank += money.amount
  const amount = source === 'credit' ? money.amount - left : money.amount
  const repayment: Repayment = { id, amount, source, on, to, kept, reversed: false }
  line.repayments.push(repayment)
  return repayment
}

/** What did not fit together did not happen. */
function restore(line: Line, before: readonly Pick<Loan, 'happenings' | 'state'>[]): void {
  for (const [place, loan] of line.loans.entries()) Object.assign(loan, before[place])
}

function lostOf(state: LoanState): number {
  return partsOf(state).reduce((sum, part) => sum + part.lostPrincipal + part.lostInterest + part.lostPenalty, 0)
}

function spreadOver(loans: readonly Loan[], amount: number, today: number, until: number | null) {
  const dues = loans
    .filter((loan) => loan.state.status === 'active')
    .flatMap((loan) => partsOf(loan.state).map((part) => ({ loan, part })))
    .filter(({ part }) => until === null || part.due <= until)
    .sort(
      (one, other) =>
        one.part.due - other.part.due ||
        one.loan.facts.openedOn - other.loan.facts.openedOn ||
        (one.loan.id < other.loan.id ? -1 : one.loan.id > other.loan.id ? 1 : 0),
    )
  const taken = new Map<Loan, number>()
  let left = amount
  for (const { loan, part } of dues) {
    const already = taken.get(loan) ?? 0
    const take = Math.min(left, unpaid(part), settles(loan.state, today) - already)
    if (take <= 0) continue
    taken.set(loan, already + take)
    left -= take
  }
  return { shares: [...taken].map(([loan, share]) => ({ loan, amount: share })), left }
}

/** As if the money had never come. */
export function reverse(line: Line, moves: Moves, repayment: Repayment): void {
  if (repayment.reversed) throw new Refused('repayment-reversed')
  const undo = line.loans.map(({ happenings, state }) => ({ happenings, state }))
  const credit = line.credit
  try {
    for (const { loanId, key } of repayment.to) {
      const loan = line.loans.find((candidate) => candidate.id === loanId)!
      retell(
        line,
        moves,
        loan,
        loan.happenings.filter((happening) => happening.key !== key),
      )
    }
  } catch (problem) {
    restore(line, undo)
    line.credit = credit
    throw problem
  }
  repayment.reversed = true
  const change = repayment.source === 'credit' ? repayment.amount : -repayment.kept
  line.credit += change
  moves.credit += change
  if (repayment.source !== 'credit') moves.bank -= repayment.amount
}

export function settle(line: Line, moves: Moves, loan: Loan, today: number, id: string): Repayment {
  refuseUnlessActive(loan)
  const amount = settles(loan.state, today)
  return repay(line, moves, { amount, source: 'customer', on: today, today, loanId: loan.id, until: null }, id)
}

/** Part of a loan ahead of its time. */
export function prepayLoan(
  line: Line,
  moves: Moves,
  loan: Loan,
  order: { amount: number; effect: 'shorten' | 'lower'; today: number; id: string },
): Repayment {
  refuseUnlessActive(loan)
  const { amount, effect: prepay, today, id } = order
  if (amount > settles(loan.state, today)) throw new Refused('above-payoff')
  const money = { amount, source: 'customer' as const, on: today, today, loanId: loan.id, until: null, prepay }
  return repay(line, moves, money, id)
}

export function giveBackCredit(line: Line, moves: Moves, wanted: number | null): void {
  const amount = wanted ?? line.credit
  if (amount <= 0 || amount > line.credit) throw new Refused('credit-insufficient')
  line.credit -= amount
  moves.credit -= amount
  moves.bank -= amount
}
