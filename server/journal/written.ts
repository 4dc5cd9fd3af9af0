/**
 * Operations as bytes. Each is written when it is decided, while the commit before is still under way; when its turn comes,
 * the bytes of a batch only have to be put together. Written at that moment, all rows of a batch would have PostgreSQL wait.
 */
import { ByteWriter } from '../platform/byte-writer.ts'
import { BinaryValue } from '../platform/wire.ts'
import { PlacesInBatch, type RowType, rewriteRow, writeArrayHead, writeRow } from './rows.ts'
import type { JournalEvent, Operation, Row } from './types.ts'

/** An operation as rows. */
export interface Posting {
  readonly shard: number
  /** The line, or something unique: operations of one line never share a batch. */
  readonly lane: string
  /** A row of the type `operation`. */
  readonly head: Row
  readonly events: readonly Row[]
  readonly rows: Pick<Operation, (typeof tables)[number]>
}

export const tables = ['customers', 'lines', 'charges', 'loans', 'statements', 'repayments', 'refunds'] as const

/** What a posting's bytes are of, in their order. */
const kinds = ['operation', 'journal', ...tables] as const

export type Kind = (typeof kinds)[number]

export type RowTypes = ReadonlyMap<string, RowType>

export interface Written {
  /** The columns it was written for. */
  readonly types: RowTypes
  readonly bytes: Buffer
  /** By kind: how many rows, and where the last of them ends. */
  readonly counts: readonly number[]
  readonly ends: readonly number[]
  /** Of each loan that events of this operation change: they are numbered as if it were alone in its batch. */
  readonly places: readonly PlacesInBatch[]
}

/** Enough for some hundred operations. */
const blockBytes = 2 ** 19

export function createPostingWriter(): (posting: Posting, types: RowTypes) => Written {
  let writer = new ByteWriter(blockBytes)

  function write({ head, events, rows }: Posting, types: RowTypes): Written {
    const counts: number[] = []
    const ends: number[] = []
    const places: PlacesInBatch[] = []
    for (const kind of kinds) {
      const own = kind === 'operation' ? [head] : kind === 'journal' ? events : rows[kind]
      if (own !== undefined) {
        const type = types.get(kind)!
        for (const row of own) writeRow(writer, type, row, kind === 'loans' ? notePlaces(row, events, places) : null)
      }
      counts.push(own?.length ?? 0)
      ends.push(writer.length)
    }
    return { types, bytes: writer.take(), counts, ends, places }
  }

  return (posting, types) => {
    try {
      return write(posting, types)
    } catch (error) {
      // A row that can't be written is left in the middle of it; the next operation does not begin there.
      writer = new ByteWriter(blockBytes)
      throw error
    }
  }
}

/** The same for the columns of now: what was added is null, what was dropped is left out. */
export function rewritten(written: Written, types: RowTypes): Written {
  const writer = new ByteWriter(2 * written.bytes.length)
  const ends: number[] = []
  let from = 0
  for (let at = 0; at < kinds.length; at++) {
    const kind = kinds[at]!
    for (let row = 0; row < written.counts[at]!; row++) {
      const places = kind === 'loans' ? written.places[row]! : null
      from = rewriteRow(writer, written.bytes, from, written.types.get(kind)!, types.get(kind)!, places)
    }
    ends.push(writer.length)
  }
  return { ...written, types, bytes: writer.take(), ends }
}

/** The places, from 1, of the events that change a loan among the events of its operation. */
function notePlaces(loan: Row, events: readonly Row[], noted: PlacesInBatch[]): PlacesInBatch {
  const own: number[] = []
  for (let index = 0; index < events.length; index++) {
    const { loan_id: loanId, data } = events[index] as { loan_id: unknown; data: JournalEvent['data'] }
    if (loanId === loan.id && ('loanEvent' in data || 'loanTerms' in data)) own.push(index + 1)
  }
  const places = new PlacesInBatch(own)
  noted.push(places)
  return places
}

/** Rows of one kind of all operations as one array, and for each row its operation, from 1; null where there are none. */
export function gather(
  kind: Kind,
  types: RowTypes,
  batch: readonly Written[],
): { rows: BinaryValue | null; of: string | null } {
  const at = kinds.indexOf(kind)
  const of: number[] = []
  let bytes = 0
  for (let index = 0; index < batch.length; index++) {
    const { counts, ends } = batch[index]!
    bytes += ends[at]! - startOf(ends, at)
    for (let row = 0; row < counts[at]!; row++) of.push(index + 1)
  }
  if (of.length === 0) return { rows: null, of: null }
  const writer = new ByteWriter(bytes + arrayHeadBytes)
  writeArrayHead(writer, types.get(kind)!.type, of.length)
  let eventsBefore = 0
  for (const { bytes: rows, counts, ends, places } of batch) {
    if (kind === 'loans') for (const place of places) place.writeAgain(rows, eventsBefore)
    writer.copy(rows, startOf(ends, at), ends[at]!)
    eventsBefore += counts[eventsAt]!
  }
  return { rows: new BinaryValue(writer.take()), of: `{${of}}` }
}

const arrayHeadBytes = 20
const eventsAt = kinds.indexOf('journal')

function startOf(ends: readonly number[], at: number): number {
  return at === 0 ? 0 : ends[at - 1]!
}
