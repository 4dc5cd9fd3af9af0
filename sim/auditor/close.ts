/** The end of a day for one line: autopay, late charges, the bill. */
import { monthsLater, nextDayNumbered, percent, yearly } from './arithmetic.ts'
import { type Bill, happens, isDisputed, type Line, type Loan, type Moves, release, retell } from './line.ts'
import { roomUnder } from './loan.ts'
import { repay } from './money.ts'
import { unpaid, unpaidPenalty, unpaidPrincipal } from './part.ts'
import { openFrom, partsOf } from './state.ts'

/** Whether the end of this day can do anything to the line; most lines on most days it cannot. */
export function isBusy(line: Line, day: number): boolean {
  if (line.nextStatement !== null && line.nextStatement <= day) return true
  if (line.charges.some((charge) => charge.status === 'authorized' && charge.heldUntil! <= day + 1)) return true
  if (line.bills.some((bill) => bill.dueOn === day)) return true
  return line.loans.some((loan) => isLookedAt(line, loan, day))
}

export function closeLine(line: Line, moves: Moves, day: number): void {
  expireHolds(line, day)
  for (const bill of line.bills) if (bill.dueOn === day) collect(line, moves, bill)
  for (const bill of line.bills) if (bill.dueOn === day) carryOver(line, moves, bill)
  for (const loan of line.loans) if (isLookedAt(line, loan, day)) chargeLate(line, moves, loan, day)
  if (line.nextStatement === day) closeBill(line, moves, day)
}

/** Holds are given back by the morning on which they run out. */
function expireHolds(line: Line, day: number): void {
  for (const charge of line.charges) {
    if (charge.status === 'authorized' && charge.heldUntil! <= day + 1) release(charge, day, 'expired')
  }
}

function collect(line: Line, moves: Moves, bill: Bill): void {
  if (line.autopay === null || line.autopay.token.startsWith('tok_insufficient')) return
  const due = dueUntil(line, bill.dueOn)
  const paid = bill.total - askedOf(line, bill)
  const wanted = line.autopay.amount === 'total' ? due : Math.max(0, Math.min(due, bill.minimum - paid))
  const amount = wanted + Math.max(0, -line.credit)
  if (amount <= 0) return
  const { dueOn } = bill
  repay(line, moves, { amount, source: 'autopay', on: dueOn, today: dueOn, loanId: null, until: dueOn })
}

/** Where the minimum was paid, the rest of what was bought on the bill is due with the next one, with interest by days. */
function carryOver(line: Line, moves: Moves, bill: Bill): void {
  const { minimum, dueDay } = line.program
  if (minimum === null || bill.total - askedOf(line, bill) < bill.minimum) return
  const on = bill.dueOn
  const firstDue = nextDayNumbered(monthsLater(bill.closedOn, 1) + 1, dueDay)
  for (const loan of askedFor(line)) {
    const isUnpaid = partsOf(loan.state).some((part) => part.due === on && unpaid(part) > 0)
    if (loan.facts.plan.method !== 'carried' || !isUnpaid) continue
    happens(line, moves, loan, {
      what: 'new-plan',
      on,
      instalments: 1,
      firstDue,
      percent: yearly(minimum.dailyPercent),
    })
  }
}

/** What is owed and not in dispute. */
function askedFor(line: Line): Loan[] {
  return line.loans.filter((loan) => loan.state.status === 'active' && !isDisputed(line, loan))
}

/** Of what a bill asked for, as it was billed. */
export function unpaidOf({ items }: Pick<Bill, 'items'>): number {
  return items.reduce((sum, { loan, place, due, total }) => {
    const part = partsOf(loan.state)[place]
    const isThere = part !== undefined && loan.state.status === 'active' && part.due === due
    return isThere ? sum + Math.max(0, Math.min(unpaid(part), total)) : sum
  }, 0)
}

/** Of that, what it still asks for: nothing that is in dispute by now. */
export function askedOf(line: Line, { items }: Bill): number {
  return unpaidOf({ items: items.filter(({ loan }) => !isDisputed(line, loan)) })
}

function dueUntil(line: Line, until: number): number {
  return askedFor(line)
    .flatMap((loan) => partsOf(loan.state))
    .filter((part) => part.due <= until)
    .reduce((sum, part) => sum + unpaid(part), 0)
}

/** Days past due on which an overdue loan is looked at: reminders, buckets, the end of grace, the eve of the end of buying. */
const milestones = [1, 7, 15, 31, 61, 91, 121, 151, 181]

function isLookedAt(line: Line, loan: Loan, day: number): boolean {
  if (loan.state.status !== 'active' || openFrom(loan.state) > day) return false
  const { late, suspendAfterDays } = line.program
  return partsOf(loan.state).some((part) => {
    if (unpaid(part) === 0 || part.due > day) return false
    const days = day - part.due
    return days === 0 || days === late.graceDays + 1 || days === suspendAfterDays - 1 || milestones.includes(days)
  })
}

/**
 * Once for each missed due, after its days of grace, of what is unpaid without late charges, under the cap. Never for what
 * was due while its charge was in dispute, or had been before.
 */
function chargeLate(line: Line, moves: Moves, loan: Loan, day: number): void {
  const { late, capPercent } = line.program
  const spared = sparedUntil(line, loan)
  for (const part of [...partsOf(loan.state)]) {
    if (part.due <= spared) continue
    if (part.kind === 'extra' || unpaid(part) <= 0 || day - part.due <= late.graceDays) continue
    if (loan.happenings.some((one) => one.what === 'late-charge' && one.missed === part.due)) continue
    const missed = unpaid(part) - unpaidPenalty(part)
    if (missed <= 0) continue
    const wanted = Math.min(Math.max(percent(missed, late.percent), late.floor), late.ceiling)
    const amount = Math.min(wanted, roomUnder(loan.state, loan.facts, capPercent, day))
    if (amount === 0) continue
    const key = line.keys++
    retell(line, moves, loan, [...loan.happenings, { what: 'late-charge', on: day, amount, missed: part.due, key }])
  }
  moves.loans.add(loan)
}

/** The last day whose dues, and those before, cost nothing more for having been missed: of no bill that closed meanwhile either. */
function sparedUntil(line: Line, loan: Loan): number {
  const { statementDay, dueDay } = line.program
  const days = line.disputes
    .filter(({ charge }) => charge.id === loan.chargeId)
    .flatMap(({ openedOn, resolvedOn }) => {
      if (resolvedOn === null) return Number.POSITIVE_INFINITY
      const lastClosed = monthsLater(nextDayNumbered(resolvedOn, statementDay), -1)
      return lastClosed < openedOn ? resolvedOn : [resolvedOn, nextDayNumbered(lastClosed + 1, dueDay)]
    })
  return Math.max(Number.NEGATIVE_INFINITY, ...days)
}

function closeBill(line: Line, moves: Moves, day: number): void {
  const dueOn = nextDayNumbered(day + 1, line.program.dueDay)
  const used = Math.min(Math.max(0, line.credit), dueUntil(line, dueOn))
  if (used > 0) {
    repay(line, moves, { amount: used, source: 'credit', on: day, today: day, loanId: null, until: dueOn })
  }
  const items = askedFor(line)
    .flatMap((loan) =>
      partsOf(loan.state).map((part, place) => ({ loan, part, place, due: part.due, total: unpaid(part) })),
    )
    .filter(({ due, total }) => due <= dueOn && total > 0)
  const total = items.reduce((sum, item) => sum + item.total, 0)
  const bought = items
    .filter(({ loan, due }) => loan.facts.plan.method === 'carried' && due >= day)
    .reduce((sum, { part }) => sum + unpaidPrincipal(part), 0)
  if (total > 0) line.bills.push({ closedOn: day, dueOn, total, minimum: minimumOf(line, total, bought), items })
  line.nextStatement = monthsLater(day, 1)
}

/** All but a part of what was bought since; never less than the floor, never more than all. */
function minimumOf({ program: { minimum } }: Line, total: number, bought: number): number {
  if (minimum === null) return total
  return Math.min(total, Math.max(total - bought + percent(bought, minimum.percent), minimum.floor))
}
