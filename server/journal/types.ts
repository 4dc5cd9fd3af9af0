/** What the capabilities hand to the journal: whole operations, which happen or do not happen. */
import type { Leg } from '../../core/journal/legs.ts'
import type { Minor } from '../../core/money.ts'

/** A table row in the columns' own names; missing columns are null. */
export type Row = Readonly<Record<string, unknown>>

export interface JournalEvent {
  readonly type: string
  readonly lineId?: string | null
  readonly chargeId?: string | null
  readonly loanId?: string | null
  readonly merchantId?: string | null
  /** Ids, terms and figures, never personal data. `loanEvent` is the encoded event of a loan, where there is one. */
  readonly data: Readonly<Record<string, unknown>>
  /** Null for events without money. */
  readonly currency: string | null
  readonly legs: readonly Leg[]
  /** When it counts; absent: today on the tenant's clock. */
  readonly effectiveOn?: string
}

/** Guards and changes of the line that an operation belongs to. */
export interface LineWrite {
  readonly id: string
  /** Decided on this version: another writer in between is a conflict, and the operation is decided anew. */
  readonly version?: number
  /** New debt or hold, refused beyond the limit or on a line that is not active. */
  readonly spend?: Minor
  /** The bill this purchase goes on; a close in between is a conflict. */
  readonly statementOn?: string | null
  readonly held?: Minor
  readonly owed?: Minor
  readonly credit?: Minor
  readonly status?: 'active' | 'frozen' | 'closed'
  readonly limit?: Minor
  readonly nextStatementOn?: string | null
  /** How many statements this adds to the line's count. */
  readonly statements?: number
  readonly autopay?: unknown
}

export interface Operation {
  readonly line?: LineWrite
  readonly customers?: readonly Row[]
  readonly lines?: readonly Row[]
  readonly charges?: readonly Row[]
  readonly loans?: readonly Row[]
  readonly statements?: readonly Row[]
  readonly repayments?: readonly Row[]
  readonly refunds?: readonly Row[]
  readonly events: readonly JournalEvent[]
}

/** An HTTP answer as a value, so that the first one can be kept and given again. */
export interface Reply<Body = unknown> {
  readonly status: number
  readonly body: Body
  readonly replayed: boolean
}

export type Verdict =
  | { readonly outcome: 'ok' }
  | { readonly outcome: 'replay'; readonly status: number; readonly body: unknown }
  | { readonly outcome: 'key-reused' | 'conflict' | 'line-not-found' | 'line-not-active' | 'limit-exceeded' }
