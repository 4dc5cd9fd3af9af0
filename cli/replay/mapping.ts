/** `--map`: any CSV, by naming its columns. */
import { currencyDecimals, parseMinor } from '../../core/money.ts'
import { Problem } from '../../core/problem.ts'
import { CommandError } from '../command-line.ts'
import { type Entry, type Format, localTime, RowProblem, type RowReader, readWithin, requireColumns } from './orders.ts'

const needed = ['customer', 'amount', 'time'] as const
const optional = ['merchant', 'order', 'type', 'refund-of'] as const
type Field = (typeof needed)[number] | (typeof optional)[number]
export type ColumnMap = Readonly<Partial<Record<Field, string>>>

export const mapHelp = `${needed.join(', ')} (needed), ${optional.join(', ')}`

/** Reads `customer=Buyer ID,amount=Total,time=Date`. Throws `CommandError`. */
export function parseMap(text: string): ColumnMap {
  const map: Partial<Record<Field, string>> = {}
  for (const part of text.split(',')) {
    const [name = '', ...column] = part.split('=')
    const field = [...needed, ...optional].find((known) => known === name.trim())
    if (field === undefined || column.length === 0) {
      throw new CommandError(`--map: "${part}" is not field=column; fields are ${mapHelp}.`)
    }
    map[field] = column.join('=').trim()
  }
  for (const field of needed) {
    if (map[field] === undefined) throw new CommandError(`--map: ${field}= is missing; fields are ${mapHelp}.`)
  }
  return map
}

export function mappedFormat(map: ColumnMap, currency: string, timeZone: string): Format {
  currencyDecimals(currency)
  return {
    currency,
    timeZone,
    rules: [
      map.order === undefined
        ? 'Each row is an order.'
        : 'Rows of one order number are one order; its merchant is the one with the largest part of it.',
      map.merchant === undefined ? 'All orders are of one merchant.' : `Merchant: column ${map.merchant}.`,
      map.type === undefined && map['refund-of'] === undefined
        ? 'The file has no column that tells refunds.'
        : 'Refunds are for the order they name, else for the customer’s latest orders at the same merchant.',
    ],
    readerFor: (head) => readerOf(head, columnsIn(head, map), currency, timeZone),
  }
}

type Columns = Readonly<Partial<Record<Field, number>>>

function columnsIn(head: readonly string[], map: ColumnMap): Columns {
  const names = head.map((name) => name.trim())
  return Object.fromEntries(
    Object.entries(map).map(([field, column]) => {
      const index = names.indexOf(column)
      if (index >= 0) return [field, index]
      throw new CommandError(`--map: there is no column "${column}"; the file has ${names.join(', ')}.`)
    }),
  )
}

function readerOf(head: readonly string[], columns: Columns, currency: string, timeZone: string): RowReader {
  return (row, line) => {
    const cell = (field: Field) => (columns[field] === undefined ? '' : (row[columns[field]] ?? '').trim())
    const order = columns.order === undefined ? `row ${line}` : cell('order')
    if (order === '') throw new RowProblem('the order number is empty')
    return readWithin(order, (): Entry => {
      requireColumns(row, head)
      const isRefund = isRefundRow(cell('type'), cell('refund-of'))
      const amount = amountOf(cell('amount'), currency)
      return {
        order,
        kind: isRefund ? 'refund' : 'purchase',
        customer: cell('customer') || null,
        merchant: columns.merchant === undefined ? 'Shop' : needText(cell('merchant'), 'merchant'),
        at: localTime(cell('time'), timeZone),
        article: null,
        quantity: 0n,
        amount: isRefund && amount < 0n ? -amount : amount,
        refundOf: cell('refund-of') || null,
      }
    })
  }
}

const purchaseWords = ['', 'purchase', 'order', 'sale', 'payment', 'charge']
const refundWords = ['refund', 'return', 'cancellation', 'cancel']

function isRefundRow(type: string, refundOf: string): boolean {
  const word = type.toLowerCase()
  if (refundWords.includes(word)) return true
  if (!purchaseWords.includes(word)) throw new RowProblem(`the type "${type}" is neither a purchase nor a refund`)
  return refundOf !== ''
}

function amountOf(text: string, currency: string): bigint {
  try {
    return parseMinor(text, currency)
  } catch (error) {
    throw error instanceof Problem ? new RowProblem(`the amount is wrong: ${error.message}`) : error
  }
}

function needText(text: string, field: Field): string {
  if (text === '') throw new RowProblem(`the ${field} is empty`)
  return text
}
