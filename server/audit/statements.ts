/** Every bill made again from the loans as they were known when it closed. */
import { decodeEvent, decodeTerms, foldLoan } from '../../core/loan/index.ts'
import { type BilledLoan, billOf } from '../../core/program/bill.ts'
import { minimumDue } from '../../core/program/late.ts'
import type { ProgramTerms } from '../../core/program/terms.ts'
import type { LoanRow } from '../loans/book.ts'
import { canonicalJson } from '../platform/json.ts'
import { decodeProgramTerms, type ProgramTermsJson } from '../programs/types.ts'
import { openedOnOf } from '../statements/close.ts'
import type { Statement } from '../statements/types.ts'
import { ownRows, type Proof, proof, type Scope } from './types.ts'

interface Closed extends Statement {
  readonly programId: string
  readonly termsVersion: number
  readonly lineOpenedOn: string
  readonly close: Close | null
}

type BilledRow = Pick<LoanRow, 'id' | 'lineId' | 'chargeId' | 'openedOn' | 'terms' | 'events' | 'eventSeqs'>

/** A loan from what was booked before a journal row; null where it was not there yet, or nobody asked for it then. */
type KnownLoan = (before: bigint) => BilledLoan | null

const pageSize = 1_000

export async function statementsRecompute(scope: Scope): Promise<Proof> {
  const failures: string[] = []
  let checked = 0
  const termsOf = createTerms(scope)
  const closes = await closesInJournal(scope)
  const disputes = await disputesInJournal(scope)
  for await (const page of statementsWithSeq(scope, closes)) {
    const terms = await termsOf(page)
    const loans = await loansOf(scope, page, disputes)
    for (const statement of page) {
      checked++
      closes.delete(keyOf(statement.lineId, statement.id))
      const difference = differenceOf(statement, loans.get(statement.lineId) ?? [], terms(statement))
      if (difference !== null) failures.push(`statement ${statement.id}: ${difference}`)
    }
  }
  for (const { lineId, statementId } of closes.values()) {
    failures.push(`statement ${statementId}: the journal has its close, but it, or its line ${lineId}, is not there`)
  }
  return proof('every statement computes again to the same cents', checked, failures)
}

/** Bills of a line come one after the other, so that its loans are read once, and folded once for as long as nothing happens. */
async function* statementsWithSeq({ db, tenantId }: Scope, closes: Closes): AsyncGenerator<Closed[]> {
  let after = { shard: -1, lineId: '', number: 0 }
  for (;;) {
    const page = await db<Omit<Closed, 'close'>[]>`
      with page as (
        select * from statements
        where (shard, line_id, number) > (${after.shard}, ${after.lineId}, ${after.number}) and ${ownRows({ db, tenantId })}
        order by shard, line_id, number limit ${pageSize}
      )
      select page.*, l.program_id, l.terms_version, l.opened_on as line_opened_on
      from page join lines l on l.shard = page.shard and l.id = page.line_id
      order by page.shard, page.line_id, page.number`
    if (page.length === 0) return
    yield page.map((statement) => ({
      ...statement,
      close: closes.get(keyOf(statement.lineId, statement.id)) ?? null,
    }))
    after = page.at(-1)!
  }
}

interface Close {
  readonly lineId: string
  readonly statementId: string
  readonly seq: bigint
  /** Number, and the days on which it closed and falls due. */
  readonly when: string
}

type Closes = Map<string, Close>

const keyOf = (lineId: string, statementId: string): string => `${lineId} ${statementId}`

/**
 * Where in the journal each statement closed, by line and statement, in one pass over it. Joined to the statements in
 * SQL the journal was read anew for each of them, as it has no index on its data: 20 s for 1,000 statements beside
 * 170,000 events.
 */
async function closesInJournal({ db, tenantId }: Scope): Promise<Closes> {
  const closes = await db<Close[]>`
    select line_id, data ->> 'statementId' as statement_id, seq,
      concat_ws(' ', data ->> 'number', data ->> 'closedOn', data ->> 'dueOn') as when
    from journal
    where type = 'statement.closed' and ${ownRows({ db, tenantId })}`
  return new Map(closes.map((close) => [keyOf(close.lineId, close.statementId), close]))
}

/** By charge, the rows at which it came into dispute and out of it, in turns. */
type Disputes = ReadonlyMap<string, readonly bigint[]>

async function disputesInJournal({ db, tenantId }: Scope): Promise<Disputes> {
  const turns = await db<{ chargeId: string; seq: bigint }[]>`
    select charge_id, seq from journal
    where type in ('charge.disputed', 'dispute.resolved') and ${ownRows({ db, tenantId })}
    order by seq`
  const byCharge = Map.groupBy(turns, ({ chargeId }) => chargeId)
  return new Map([...byCharge].map(([chargeId, own]) => [chargeId, own.map(({ seq }) => seq)]))
}

/** Terms are some kilobytes, and those of a few programs serve all statements: each is read and decoded once. */
function createTerms({ db }: Scope) {
  const known = new Map<string, ProgramTerms>()
  const nameOf = ({ programId, termsVersion }: Pick<Closed, 'programId' | 'termsVersion'>) =>
    `${programId} ${termsVersion}`
  return async (page: readonly Closed[]) => {
    const missing = new Set(page.filter((statement) => !known.has(nameOf(statement))).map(({ programId }) => programId))
    const rows =
      missing.size === 0
        ? []
        : await db<{ programId: string; version: number; terms: ProgramTermsJson }[]>`
            select program_id, version, terms from program_terms where program_id = any (${db.typed.texts([...missing])})`
    for (const { programId, version: termsVersion, terms } of rows) {
      known.set(nameOf({ programId, termsVersion }), decodeProgramTerms(terms))
    }
    return (statement: Closed) => known.get(nameOf(statement))
  }
}

async function loansOf({ db }: Scope, page: readonly Closed[], disputes: Disputes): Promise<Map<string, KnownLoan[]>> {
  const shards = [...new Set(page.map((statement) => statement.shard))]
  const lineIds = [...new Set(page.map((statement) => statement.lineId))]
  const rows = await db<BilledRow[]>`
    select id, line_id, charge_id, opened_on, terms, events, event_seqs from loans
    where shard = any (${db.typed.smallints(shards)}) and line_id = any (${db.typed.texts(lineIds)})
    order by opened_on, id`
  const byLine = new Map<string, KnownLoan[]>()
  for (const row of rows) {
    const known = asKnown(row, disputes.get(row.chargeId ?? '') ?? [])
    const ofLine = byLine.get(row.lineId)
    if (ofLine === undefined) byLine.set(row.lineId, [known])
    else ofLine.push(known)
  }
  return byLine
}

function differenceOf(statement: Closed, loans: readonly KnownLoan[], terms: ProgramTerms | undefined): string | null {
  const { close, number, openedOn, closedOn, dueOn } = statement
  if (close === null) return 'the journal has no close of it'
  if (close.when !== `${number} ${closedOn} ${dueOn}`)
    return `number, close and due day are ${number} ${closedOn} ${dueOn}, in the journal ${close.when}`
  const begins = openedOnOf(statement.lineOpenedOn, closedOn)
  if (openedOn !== begins) return `it begins on ${openedOn}, reckoned again on ${begins}`
  if (terms === undefined) return `its program has no terms of version ${statement.termsVersion}`
  let known: BilledLoan[]
  try {
    known = loans.map((loan) => loan(close.seq)).filter((loan) => loan !== null)
  } catch (fault) {
    return `a loan of its line cannot be read: ${fault}`
  }
  const bill = billOf(known, closedOn, dueOn)
  if (canonicalJson(bill.items) !== canonicalJson(statement.items)) {
    return `its items are ${canonicalJson(statement.items)}, computed again ${canonicalJson(bill.items)}`
  }
  const minimum = minimumDue(bill, terms)
  if (bill.total !== statement.totalMinor || minimum !== statement.minimumMinor) {
    return `total and minimum are ${statement.totalMinor} and ${statement.minimumMinor}, computed again ${bill.total} and ${minimum}`
  }
  return null
}

/** From one bill to the next most loans have nothing new: they are folded again only where more was booked by then. */
function asKnown(
  { id: loanId, openedOn, terms, events, eventSeqs }: BilledRow,
  disputed: readonly bigint[],
): KnownLoan {
  const [disbursedAt, ...bookedAt] = eventSeqs
  const contract = once(() => decodeTerms(terms))
  const decoded = once(() => events.map(decodeEvent))
  let last: { readonly booked: number; readonly loan: BilledLoan } | null = null
  return (before) => {
    if (disbursedAt! >= before) return null
    // As often in as out of dispute, but for the last time.
    if (disputed.filter((seq) => seq < before).length % 2 === 1) return null
    const isBooked = (_: unknown, index: number) => bookedAt[index]! < before
    // As many are the same ones: what was booked before one row was booked before every later one.
    const booked = bookedAt.filter((seq) => seq < before).length
    if (last?.booked !== booked) {
      last = { booked, loan: { loanId, openedOn, state: foldLoan(contract(), decoded().filter(isBooked)) } }
    }
    return last.loan
  }
}

function once<Made>(make: () => Made): () => Made {
  let made: { readonly value: Made } | null = null
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
