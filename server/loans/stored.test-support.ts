import { emptyLedger, ownFunding } from '../../core/journal/posting.ts'
import { encodeTerms } from '../../core/loan/index.ts'
import type { LoanState } from '../../core/loan/types.ts'
import { stringifyJson } from '../platform/json.ts'
import { changesOfLoan } from './book.ts'
import { betweenParts, type KeptParts, type StoredRow } from './stored.ts'
import type { Loan } from './types.ts'

const ids = { id: 'loan', lineId: 'line', chargeId: 'charge', merchantId: 'merchant', programId: 'program' }

/** As nothing of it has been posted yet. */
export function loanOf(state: LoanState): Loan {
  const { terms, events } = state
  return {
    ...ids,
    shard: 0,
    termsVersion: 1,
    currency: terms.currency,
    plan: 'plan',
    terms,
    events,
    eventSeqs: [1n],
    posted: emptyLedger,
    postedOn: terms.disbursedOn,
    funding: ownFunding,
    bucket: 'current',
    openedOn: terms.disbursedOn,
    nextActionOn: null,
    state,
  }
}

/** Written as operations write it, the contract when it was opened and now its changes, and read as the look-up reads it. */
export function rowOf(loan: Loan, today: string, readOn: string, lineVersion?: number): StoredRow {
  const row = changesOfLoan(loan, today, readOn) as Record<string, never>
  const text = (column: string) => stringifyJson(row[column])
  const parts: KeptParts = [
    String(loan.shard),
    loan.currency,
    row.bucket!,
    loan.postedOn,
    loan.chargeId ?? '',
    loan.merchantId ?? '',
    `{${loan.eventSeqs}}`,
    stringifyJson(encodeTerms(loan.terms)),
    text('events'),
    text('posted'),
    stringifyJson(loan.funding),
  ]
  return {
    id: loan.id,
    tenantId: 'tenant',
    lineId: loan.lineId,
    programId: loan.programId,
    termsVersion: loan.termsVersion,
    plan: loan.plan,
    ...(lineVersion === undefined ? {} : { lineVersion }),
    status: row.status!,
    daysPastDue: row.days_past_due!,
    openedOn: loan.openedOn,
    nextActionOn: row.next_action_on!,
    kept: parts.join(betweenParts),
  }
}
