/** A loan as it lies in its row, and as it is read from there. */
import type { Funding } from '../../core/journal/posting.ts'
import { decodeEvent, decodeTerms, foldLoan } from '../../core/loan/index.ts'
import type { LoanStatus } from '../../core/loan/types.ts'
import type { PayableLoan } from '../../core/program/bill.ts'
import { decodeLedger } from './book.ts'
import type { Loan } from './types.ts'

/**
 * What is folded alone needs the rest of its row, which comes in one text: a column more takes PostgreSQL and the server 0.25 µs
 * each for every loan that money passes over, the documents next to nothing.
 */
export interface StoredRow {
  readonly id: string
  readonly tenantId: string
  readonly lineId: string
  readonly programId: string
  readonly termsVersion: number
  readonly plan: string
  readonly status: LoanStatus
  readonly daysPastDue: number
  readonly openedOn: string
  readonly nextActionOn: string | null
  /** Of its line, from the same snapshot; only with one that is read ahead of its line. */
  readonly lineVersion?: number
  readonly kept: string
}

/** Not yet folded: of the loans of a line, money reaches one or two, and the others are only passed over. */
export interface UnfoldedLoan extends PayableLoan {
  readonly programId: string
  readonly termsVersion: number
  readonly status: LoanStatus
  /** Folds it, once. */
  folded(): Loan
}

export class StoredLoan implements UnfoldedLoan {
  readonly id: string
  readonly openedOn: string
  readonly unpaidFrom: string
  readonly #row: StoredRow
  readonly #loanOf: (row: StoredRow) => Loan
  #folded: Loan | null = null

  constructor(row: StoredRow, loanOf: (row: StoredRow) => Loan = loanOfRow) {
    this.id = row.id
    this.openedOn = row.openedOn
    this.unpaidFrom = unpaidFrom(row)
    this.#row = row
    this.#loanOf = loanOf
  }

  get lineId(): string {
    return this.#row.lineId
  }

  get programId(): string {
    return this.#row.programId
  }

  get termsVersion(): number {
    return this.#row.termsVersion
  }

  get status(): LoanStatus {
    return this.#row.status
  }

  /** Read from the text as it is: of a loan that money passes over nothing else is taken apart. */
  get isDisputed(): boolean {
    return this.#row.kept.includes(`${betweenParts}disputed${betweenParts}`)
  }

  folded(): Loan {
    this.#folded ??= this.#loanOf(this.#row)
    return this.#folded
  }

  /** While its line has the version that it had when this was read, the loan is as it was. */
  isAsUnder(line: { readonly version: number }): boolean {
    return this.#row.lineVersion === line.version
  }
}

/** One that is folded already. */
export function asUnfolded(loan: Loan): UnfoldedLoan {
  const { id, programId, termsVersion, openedOn, state } = loan
  return { id, programId, termsVersion, openedOn, status: state.status, unpaidFrom: openedOn, folded: () => loan }
}

/** With nothing past due the next thing to happen is the next due day; in arrears it is any of their milestones. */
function unpaidFrom({ daysPastDue, nextActionOn, openedOn }: StoredRow): string {
  return daysPastDue === 0 && nextActionOn !== null ? nextActionOn : openedOn
}

export function loanOfRow(row: StoredRow): Loan {
  const parts = row.kept.split(betweenParts) as KeptParts
  const [shard, currency, bucket, postedOn, chargeId, merchantId, seqs, termsText, eventsText, posted, funding] = parts
  const terms = decodeTerms(JSON.parse(termsText))
  const events = (JSON.parse(eventsText) as unknown[]).map(decodeEvent)
  return {
    shard: Number(shard),
    id: row.id,
    lineId: row.lineId,
    chargeId: chargeId === '' ? null : chargeId,
    merchantId: merchantId === '' ? null : merchantId,
    programId: row.programId,
    termsVersion: row.termsVersion,
    currency,
    plan: row.plan,
    terms,
    events,
    eventSeqs: seqsOf(seqs),
    posted: decodeLedger(JSON.parse(posted)),
    postedOn,
    funding: fundingOf(funding),
    bucket,
    openedOn: row.openedOn,
    nextActionOn: row.nextActionOn,
    state: foldLoan(terms, events),
  }
}

/** As the look-up puts them together; what is null is an empty text. */
export const betweenParts = '\u0001'

export type KeptParts = [
  shard: string,
  currency: string,
  bucket: Loan['bucket'],
  postedOn: string,
  chargeId: string,
  merchantId: string,
  eventSeqs: string,
  terms: string,
  events: string,
  posted: string,
  funding: string,
]

/** `{17,40}`. */
const seqsOf = (literal: string): bigint[] => (literal === '{}' ? [] : literal.slice(1, -1).split(',').map(BigInt))

/** By its text: it is that of the program's terms in all their loans, and posting keeps the weights of one it has met. */
const fundings = new Map<string, Funding>()
const fundingsMax = 1_000

function fundingOf(text: string): Funding {
  const known = fundings.get(text)
  if (known !== undefined) return known
  const funding = JSON.parse(text) as Funding
  if (fundings.size >= fundingsMax) fundings.clear()
  fundings.set(text, funding)
  return funding
}
