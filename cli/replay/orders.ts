/** What a file of orders comes to, whatever its columns are called. */
import type { Minor } from '../../core/money.ts'

/** One row of the file, understood. */
export interface Entry {
  readonly order: string
  readonly kind: 'purchase' | 'refund'
  /** Null: a guest. */
  readonly customer: string | null
  readonly merchant: string
  /** Local time, `2011-03-04T09:58:00`: its order is the order of time. */
  readonly at: string
  /** Null where the file knows no articles. */
  readonly article: string | null
  /** Pieces, not negative; 0 where the file knows none. */
  readonly quantity: bigint
  /** Not negative for a refund; a purchase may hold a line that takes something off. */
  readonly amount: Minor
  /** The order a refund is for, where the file says it. */
  readonly refundOf: string | null
}

export interface Order {
  readonly id: string
  readonly kind: 'purchase' | 'refund'
  readonly customer: string | null
  /** Whose lines are the largest part of the order. */
  readonly merchant: string
  readonly at: string
  readonly amount: Minor
  readonly items: readonly Entry[]
  readonly refundOf: string | null
}

/** Why a row can't be used, in the words that the report prints. */
export class RowProblem extends Error {
  /** The order that the row belongs to, which is left out with it. */
  readonly order: string | null

  constructor(reason: string, order: string | null = null) {
    super(reason)
    this.order = order
  }
}

export function requireColumns(row: readonly string[], head: readonly string[]): void {
  if (row.length === head.length) return
  throw new RowProblem(`${row.length} columns where the head has ${head.length}`)
}

/** Reads a row whose order is known by now: whatever is wrong with the rest of it leaves the whole order out. */
export function readWithin(order: string, read: () => Entry): Entry {
  try {
    return read()
  } catch (error) {
    throw error instanceof RowProblem ? new RowProblem(error.message, order) : error
  }
}

/** Understands a row; `line` is its number in the file. Throws `RowProblem`. */
export type RowReader = (row: readonly string[], line: number) => Entry

/** How to read a kind of file. */
export interface Format {
  readonly currency: string
  readonly timeZone: string
  /** Sentences for the report: how merchants and refunds come out of the rows. */
  readonly rules: readonly string[]
  /** Given the head of the file. Throws `CommandError` where a column is missing. */
  readerFor(head: readonly string[]): RowReader
}

export interface MalformedRow {
  readonly line: number
  readonly reason: string
}

/** The file as a whole, orders in order of time. */
export interface OrderFile {
  readonly orders: readonly Order[]
  readonly rows: number
  readonly malformed: readonly MalformedRow[]
  /** Orders left out because one of their rows is malformed. */
  readonly spoiled: readonly string[]
}

const plainTime = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::(\d{2}))?)?$/

/** Reads `2011-03-04`, `2011-03-04 09:58[:00]`, or an instant with an offset, as local time of the zone. */
export function localTime(text: string, timeZone: string): string {
  const plain = plainTime.exec(text)
  try {
    if (plain === null) {
      return Temporal.Instant.from(text).toZonedDateTimeISO(timeZone).toPlainDateTime().toString().slice(0, 19)
    }
    const [, date, minutes = '00:00', seconds = '00'] = plain
    Temporal.PlainDateTime.from(`${date}T${minutes}:${seconds}`)
    return `${date}T${minutes}:${seconds}`
  } catch {
    throw new RowProblem(`"${text}" is not a time like 2011-03-04 09:58`)
  }
}
