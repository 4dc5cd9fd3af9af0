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
import { hasEffect, isDisputed, type Movement, move } from './book.ts'
import type { Loan, LoanBucket } from './types.ts'

/** Charges of instalments due by `on` become income; nothing where all of it was recognised before. */
export function recogniseDues(loan: Loan, terms: ProgramTerms, on: string): Movement[] {
  const movement = move(loan, terms, { type: 'loan.dues-recognised', today: on })
  return hasEffect(movement) ? [movement] : []
}

/**
 * Late charges of the instalments whose days of grace are over, each once, never above the cap of the rule pack. While its charge
 * is disputed a loan has none; nor has it later for what was due by `sparedUntil`, when that was decided or its bill had left it out.
 */
export function chargeLate(loan: Loan, terms: ProgramTerms, on: string, sparedUntil = ''): Movement[] {
  const { lateCharge: rule } = terms
  if (rule === null || loan.state.status !== 'active' || isDisputed(loan)) return []
  const movements: Movement[] = []
  let current = loan
  for (const instalment of missed(loan, rule.graceDays, on)) {
    if (instalment.dueOn <= sparedUntil) continue
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
  if (isDisputed(loan) || !isReminderDay(days)) return bucketChange(loan, on)
  const data = { daysPastDue: days, pastDue: pastDueOf(loan, on) }
  return [...bucketChange(loan, on), { ...silent(loan, on), type: 'reminder.overdue', data }]
}

/** Tells that a loan stands in another bucket than the one it was stored with. A disputed one stays where it is. */
export function bucketChange(loan: Loan, on: string): JournalEvent[] {
  return isDisputed(loan) ? [] : movedTo(loan, bucketOf(daysPastDueOf(loan, on)), on)
}

function movedTo(loan: Loan, bucket: LoanBucket, on: string): JournalEvent[] {
  if (bucket === loan.bucket) return []
  const data = { from: loan.bucket, to: bucket, daysPastDue: daysPastDueOf(loan, on), pastDue: pastDueOf(loan, on) }
  return [{ ...silent(loan, on), type: 'loan.delinquency-changed', data }]
}

/** A loan whose charge comes into dispute, or out of it, and what tells of it. */
export interface Regrouped {
  readonly loan: Loan
  readonly events: readonly JournalEvent[]
}

export function intoDispute(loan: Loan, on: string): Regrouped {
  return { loan: { ...loan, bucket: 'disputed' }, events: movedTo(loan, 'disputed', on) }
}

/** It stands where its days past due have brought it meanwhile. */
export function outOfDispute(loan: Loan, on: string): Regrouped {
  const bucket = bucketOf(daysPastDueOf(loan, on))
  return { loan: { ...loan, bucket }, events: movedTo(loan, bucket, on) }
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
