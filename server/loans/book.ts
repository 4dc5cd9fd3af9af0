/**
 * Keeping the books of a loan: an event is added, the loan is folded anew, and what its counters moved since they were
 * last posted becomes the legs. So back-dated events and day closes are no special case.
 */

import { addPeriods, daysBetween, formatDay, parseDay } from '../../core/calendar.ts'
import { balanceAgainst, type Leg, mergeLegs } from '../../core/journal/legs.ts'
import { emptyLedger, type Funding, funderPart, loanLegs } from '../../core/journal/posting.ts'
import {
  applyEvent,
  daysPastDueOn,
  type decodeEvent,
  type decodeTerms,
  duesOn,
  encodeEvent,
  ledgerOn,
  owedOn,
  payoffOn,
} from '../../core/loan/index.ts'
import type { Instalment, LoanEvent, LoanLedger, LoanState } from '../../core/loan/types.ts'
import type { Minor } from '../../core/money.ts'
import { isUnpaid, unpaidOf } from '../../core/program/bill.ts'
import { bucketOf, milestones } from '../../core/program/late.ts'
import type { ProgramTerms } from '../../core/program/terms.ts'
import type { JournalEvent, Row } from '../journal/types.ts'
import type { InstalmentView, Loan, LoanView } from './types.ts'

/** One movement of a loan: the loan after it, its journal event, and what it does to the line. */
export interface Movement {
  readonly loan: Loan
  readonly event: JournalEvent
  /** Change of the line's owed principal and of the customer's credit. */
  readonly owed: Minor
  readonly credit: Minor
}

export interface Booking {
  readonly type: string
  readonly today: string
  /** Absent when only time has passed. */
  readonly loanEvent?: LoanEvent
  /** Where the other side of the money stands; absent where the legs close by themselves. */
  readonly counter?: string
  /** Further legs of the same business event, such as a merchant's fee. */
  readonly legs?: readonly Leg[]
  readonly data?: Readonly<Record<string, unknown>>
}

/** Books an event, or what became due by `today`. */
export function move(loan: Loan, terms: ProgramTerms, booking: Booking): Movement {
  const events = booking.loanEvent === undefined ? loan.events : [...loan.events, booking.loanEvent]
  const state = booking.loanEvent === undefined ? loan.state : applyEvent(loan.state, booking.loanEvent)
  const posted = ledgerOn(state, booking.today)
  const moved = settled(loan, terms, state, events, posted, booking.today)
  return { loan: moved, event: eventOf(moved, loan, posted, booking), ...lineEffect(loan.posted, posted) }
}

/** Opens a loan: its disbursement against the counter-account. */
export function open(
  fresh: Omit<Loan, 'posted' | 'bucket' | 'nextActionOn'>,
  terms: ProgramTerms,
  booking: Booking,
): Movement {
  const loan: Loan = { ...fresh, posted: emptyLedger, bucket: 'current', nextActionOn: null }
  return move(loan, terms, booking)
}

function settled(
  loan: Loan,
  terms: ProgramTerms,
  state: LoanState,
  events: readonly LoanEvent[],
  posted: LoanLedger,
  today: string,
): Loan {
  const nextActionOn = nextAction(state, terms, today)
  return { ...loan, events, state, posted, postedOn: today, nextActionOn }
}

function eventOf(loan: Loan, before: Loan, posted: LoanLedger, booking: Booking): JournalEvent {
  const own = [...loanLegs(loan.programId, loan.funding, before.posted, posted), ...(booking.legs ?? [])]
  const { loanEvent } = booking
  return {
    type: booking.type,
    lineId: loan.lineId,
    loanId: loan.id,
    chargeId: loan.chargeId,
    merchantId: loan.merchantId,
    data: { ...booking.data, ...(loanEvent === undefined ? {} : { loanEvent: encodeEvent(loanEvent) }) },
    currency: loan.currency,
    legs: booking.counter === undefined ? mergeLegs(own) : balanceAgainst(booking.counter, own),
    effectiveOn: booking.today,
  }
}

function lineEffect(before: LoanLedger, after: LoanLedger): { owed: Minor; credit: Minor } {
  return { owed: outstanding(after) - outstanding(before), credit: kept(after) - kept(before) }
}

export function outstanding(ledger: LoanLedger): Minor {
  return (
    ledger.disbursed +
    ledger.principalRestored -
    ledger.principalPaid -
    ledger.principalRefunded -
    ledger.principalWrittenOff
  )
}

function kept(ledger: LoanLedger): Minor {
  return ledger.overpaid - ledger.overpaidReturned
}

function chargedOf({ principal, interest, fee, penalty }: Instalment): Minor {
  return principal + interest + fee + penalty
}

function paidOf({ principalPaid, interestPaid, feePaid, penaltyPaid }: Instalment): Minor {
  return principalPaid + interestPaid + feePaid + penaltyPaid
}

/**
 * The next day on whose close something happens: an instalment falls due, or an overdue one reaches a late charge, a
 * reminder, a bucket or the day its line stops buying. `today` itself counts while its close is still to come.
 */
function nextAction(state: LoanState, terms: ProgramTerms, today: string): string | null {
  if (state.status !== 'active') return null
  let next: string | null = null
  for (const instalment of state.instalments) {
    if (!isUnpaid(instalment)) continue
    // Those after it are due later.
    if (instalment.dueOn >= today) return earlier(next, instalment.dueOn)
    next = earlier(next, nextMilestone(instalment.dueOn, terms, today))
  }
  return next
}

function earlier(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other
  return one < other ? one : other
}

/** Of an instalment in arrears. */
function nextMilestone(dueOn: string, terms: ProgramTerms, today: string): string | null {
  const past = daysBetween(dueOn, today)
  const milestone = milestones(terms).find((days) => days >= past)
  return milestone === undefined ? null : formatDay(parseDay(dueOn) + milestone)
}

/** After the close of a day: whatever that day had to do is done. */
export function afterClose(loan: Loan, terms: ProgramTerms, closed: string): Loan {
  const tomorrow = formatDay(addPeriods(parseDay(closed), { n: 1, unit: 'day' }, 1))
  return { ...loan, nextActionOn: nextAction(loan.state, terms, tomorrow) }
}

/** Its dues are earned as ever, but nobody asks for them until the dispute of its charge is decided. */
export function isDisputed({ bucket }: Pick<Loan, 'bucket'>): boolean {
  return bucket === 'disputed'
}

/** Events of an effect-free kind leave no row. */
export function hasEffect(movement: Movement): boolean {
  return movement.event.legs.length > 0
}

/** Of a loan that nobody has written yet all of it. Its contract stands in its first event, which is sent with it. */
export function rowOfNewLoan(tenantId: string, loan: Loan, today: string): Row {
  return {
    ...changesOfLoan(loan, today),
    tenant_id: tenantId,
    line_id: loan.lineId,
    charge_id: loan.chargeId,
    merchant_id: loan.merchantId,
    program_id: loan.programId,
    terms_version: loan.termsVersion,
    currency: loan.currency,
    plan: loan.plan,
    funding: loan.funding,
    opened_on: loan.openedOn,
  }
}

/** Of a loan that is stored its key and what may change. `readOn` is the day whose requests read it: after a close the next. */
export function changesOfLoan(loan: Loan, today: string, readOn = today): Row {
  const active = loan.state.status === 'active'
  const daysPastDue = active ? daysPastDueOn(loan.state, today) : 0
  return {
    shard: loan.shard,
    id: loan.id,
    status: loan.state.status,
    events: loan.events.map(encodeEvent),
    posted: encodeLedger(loan.posted),
    posted_on: loan.postedOn,
    principal_minor: loan.state.principalOutstanding,
    days_past_due: active && readOn !== today ? daysPastDueOn(loan.state, readOn) : daysPastDue,
    bucket: isDisputed(loan) ? loan.bucket : bucketOf(daysPastDue),
    next_action_on: loan.nextActionOn,
  }
}

/** Counters that never moved are left out: most loans have three. */
export function encodeLedger(ledger: LoanLedger): Record<string, string> {
  const moved: Record<string, string> = {}
  for (const counter in ledger) {
    const amount = ledger[counter as keyof LoanLedger]
    if (amount !== 0n) moved[counter] = String(amount)
  }
  return moved
}

export function decodeLedger(json: Record<string, string>): LoanLedger {
  const moved = Object.entries(json).map(([counter, amount]) => [counter, BigInt(amount)])
  return { ...emptyLedger, ...Object.fromEntries(moved) }
}

export interface LoanRow {
  readonly shard: number
  readonly id: string
  readonly lineId: string
  readonly chargeId: string | null
  readonly merchantId: string | null
  readonly programId: string
  readonly termsVersion: number
  readonly currency: string
  readonly plan: string
  readonly terms: Parameters<typeof decodeTerms>[0]
  readonly events: Parameters<typeof decodeEvent>[0][]
  readonly eventSeqs: bigint[]
  readonly posted: Record<string, string>
  readonly postedOn: string
  readonly funding: Funding
  readonly bucket: Loan['bucket']
  readonly openedOn: string
  readonly nextActionOn: string | null
}

export function viewOfLoan(loan: Loan, today: string): LoanView {
  const { state } = loan
  const dues = duesOn(state, today)
  const active = state.status === 'active'
  return {
    id: loan.id,
    lineId: loan.lineId,
    chargeId: loan.chargeId,
    merchantId: loan.merchantId,
    programId: loan.programId,
    plan: loan.plan,
    currency: loan.currency,
    status: state.status,
    principal: loan.terms.principal,
    principalOutstanding: state.principalOutstanding,
    openedOn: loan.openedOn,
    daysPastDue: active ? dues.daysPastDue : 0,
    bucket: isDisputed(loan) ? loan.bucket : bucketOf(active ? dues.daysPastDue : 0),
    nextDueOn: active ? dues.nextDueOn : null,
    payoff: active ? payoffOn(state, today).total : 0n,
    instalments: state.instalments.map((instalment) => viewOfInstalment(instalment, today)),
    funders: funderParts(loan),
  }
}

export function viewOfInstalment(instalment: Instalment, today: string): InstalmentView {
  const { n, dueOn, principal, interest, fee, penalty, balanceAfter } = instalment
  const unpaid = unpaidOf(instalment)
  return {
    n,
    dueOn,
    principal,
    interest,
    fee,
    penalty,
    total: chargedOf(instalment),
    paid: paidOf(instalment),
    outstanding: unpaid,
    balanceAfter,
    status: unpaid <= 0n ? 'paid' : dueOn < today ? 'past-due' : dueOn === today ? 'due' : 'upcoming',
  }
}

/** Each funder's part of the outstanding principal: of every counter its part, so that it equals its ledger. */
function funderParts(loan: Loan): LoanView['funders'] {
  return loan.funding.shares.map((share) => {
    const part = (counter: keyof LoanLedger) => funderPart(loan.funding, share.funderId, counter, loan.posted[counter])
    return {
      ...share,
      principalOutstanding:
        part('disbursed') +
        part('principalRestored') -
        part('principalPaid') -
        part('principalRefunded') -
        part('principalWrittenOff'),
    }
  })
}

/** Everything owed on a loan as scheduled, due or not. */
export function owed(loan: Loan, today: string): Minor {
  return owedOn(loan.state, today).total
}
