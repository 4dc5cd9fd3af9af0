/** What the passing of a day does to a loan: dues are earned, late charges fall, buckets change, reminders go out. */

import { daysBetween } from '../../core/calendar.ts'
import { daysPastDueOn, duesOn } from '../../core/loan/index.ts'
import type { Instalment } from '../../core/loan/types.ts'
import { type Minor, minMinor } from '../../core/money.ts'
import { isUnpaid } from '../../core/program/bill.ts'
import { bucketOf, costRoom, isReminderDay, lateCharge } from '../../core/program/late.ts'
import type { ProgramTerms } from '../../core/program/terms.ts'
import { allInCapOn, findRulePack } from '../../core/rules/packs.ts'
import type { JournalEvent } from '../journal/types.ts'
import { hasEffect, type Movement, move } from './book.ts'
import type { Loan } from './types.ts'

/** Charges of instalments due by `on` become income; nothing where all of it was recognised before. */
export function recogniseDues(loan: Loan, terms: ProgramTerms, on: string): Movement[] {
  const movement = move(loan, terms, { type: 'loan.dues-recognised', today: on })
  return hasEffect(movement) ? [movement] : []
}

/** Late charges of the instalments whose days of grace are over, each once, never above the cap of the rule pack. */
export function chargeLate(loan: Loan, terms: ProgramTerms, on: string): Movement[] {
  const { lateCharge: rule } = terms
  if (rule === null || loan.state.status !== 'active') return []
  const movements: Movement[] = []
  let current = loan
  for (const instalment of missed(loan, rule.graceDays, on)) {
    const amount = withinCap(current, terms, on, lateCharge(rule, instalment, terms.rounding))
    if (amount === 0n) continue
    const movement = move(current, terms, {
      type: 'loan.late-charged',
      today: on,
      loanEvent: { type: 'penalty', id: chargeId(instalment), on, amount },
      data: { instalment: instalment.n, dueOn: instalment.dueOn, amount },
    })
    movements.push(movement)
    current = movement.loan
  }
  return movements
}

/** Names the missed due date, so that it is charged once, whatever happens later. */
function chargeId(instalment: Instalment): string {
  return `late-${instalment.dueOn}`
}

function missed(loan: Loan, graceDays: number, on: string): Instalment[] {
  const charged = new Set(loan.events.map((event) => event.id))
  return loan.state.instalments.filter(
    (instalment) =>
      !instalment.extra &&
      isUnpaid(instalment) &&
      daysBetween(instalment.dueOn, on) > graceDays &&
      !charged.has(chargeId(instalment)),
  )
}

function withinCap(loan: Loan, terms: ProgramTerms, on: string, charge: Minor): Minor {
  const pack = findRulePack(terms.rulePack)
  const cap = pack === undefined ? undefined : allInCapOn(pack, terms.lenderType, loan.openedOn)
  return cap === undefined ? charge : minMinor(charge, costRoom(loan.state, on, cap.percent))
}

/** Events without money: the bucket a loan has come to, and the reminder of the day. */
export function delinquencyEvents(loan: Loan, on: string): JournalEvent[] {
  const days = daysPastDueOf(loan, on)
  if (!isReminderDay(days)) return bucketChange(loan, on)
  const data = { daysPastDue: days, pastDue: pastDueOf(loan, on) }
  return [...bucketChange(loan, on), { ...silent(loan, on), type: 'reminder.overdue', data }]
}

/** Tells that a loan stands in another bucket than the one it was stored with. */
export function bucketChange(loan: Loan, on: string): JournalEvent[] {
  const days = daysPastDueOf(loan, on)
  const bucket = bucketOf(days)
  if (bucket === loan.bucket) return []
  const data = { from: loan.bucket, to: bucket, daysPastDue: days, pastDue: pastDueOf(loan, on) }
  return [{ ...silent(loan, on), type: 'loan.delinquency-changed', data }]
}

function daysPastDueOf({ state }: Loan, on: string): number {
  return state.status === 'active' ? daysPastDueOn(state, on) : 0
}

function pastDueOf({ state }: Loan, on: string): Minor {
  return duesOn(state, on).pastDue.total
}

function silent(loan: Loan, on: string) {
  return { lineId: loan.lineId, loanId: loan.id, currency: null, legs: [], effectiveOn: on }
}
