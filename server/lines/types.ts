import type { Minor } from '../../core/money.ts'
import type { Reason } from '../risk/decide.ts'

export type LineStatus = 'declined' | 'active' | 'frozen' | 'closed'

/** How dues are collected without the customer's doing; the token names an account at the collecting bank. */
export interface Autopay {
  readonly token: string
  readonly amount: 'total' | 'minimum'
}

export interface StoredDecision {
  readonly outcome: 'approve' | 'decline'
  readonly limit: number
  readonly reasons: readonly Reason[]
  readonly policy: string
  readonly decidedAt: string
}

/** A customer's limit in a program, as stored, but for the decision that opened it: money asks for a line and never for that. */
export interface Line {
  readonly shard: number
  readonly id: string
  readonly customerId: string
  readonly programId: string
  readonly termsVersion: number
  readonly currency: string
  readonly status: LineStatus
  readonly limitMinor: Minor
  readonly heldMinor: Minor
  readonly owedMinor: Minor
  readonly creditMinor: Minor
  readonly nextStatementOn: string | null
  readonly statementCount: number
  readonly autopay: Autopay | null
  readonly openedOn: string
  readonly version: number
}

export interface DecidedLine extends Line {
  readonly decision: StoredDecision
}

export interface LineView {
  readonly id: string
  readonly customerId: string
  readonly programId: string
  readonly termsVersion: number
  readonly currency: string
  readonly status: LineStatus
  readonly limit: Minor
  readonly held: Minor
  readonly owed: Minor
  readonly available: Minor
  /** The customer's money kept for later dues. */
  readonly credit: Minor
  readonly nextStatementOn: string | null
  readonly autopay: Autopay | null
  readonly decision: StoredDecision
  readonly openedOn: string
}

/** What may still be bought for. */
export function availableOf({ status, limitMinor, heldMinor, owedMinor }: Line): Minor {
  const free = limitMinor - heldMinor - owedMinor
  return status === 'active' && free > 0n ? free : 0n
}

export function viewOfLine(line: DecidedLine): LineView {
  return {
    id: line.id,
    customerId: line.customerId,
    programId: line.programId,
    termsVersion: line.termsVersion,
    currency: line.currency,
    status: line.status,
    limit: line.limitMinor,
    held: line.heldMinor,
    owed: line.owedMinor,
    available: availableOf(line),
    credit: line.creditMinor,
    nextStatementOn: line.nextStatementOn,
    autopay: line.autopay,
    decision: line.decision,
    openedOn: line.openedOn,
  }
}
