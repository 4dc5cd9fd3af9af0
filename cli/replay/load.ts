/** From rows to orders: rows of one order come together, and an order with a malformed row is left out as a whole. */
import { CommandError } from '../command-line.ts'
import type { Entry, Format, MalformedRow, Order, OrderFile, RowReader } from './orders.ts'
import { RowProblem } from './orders.ts'
import { readRows } from './rows.ts'

interface Gathering {
  readonly entries: Map<string, Entry[]>
  readonly spoiled: Set<string>
  readonly malformed: MalformedRow[]
  rows: number
}

/**
 * The whole file is read before the first order is sent: a malformed row may stand anywhere, and an order of which a
 * part is booked would be worse than one that is missing.
 */
export async function loadOrders(file: string, format: Format, delimiter = ','): Promise<OrderFile> {
  const gathering: Gathering = { entries: new Map(), spoiled: new Set(), malformed: [], rows: 0 }
  let read: RowReader | null = null
  for await (const { line, cells } of readRows(file, delimiter, (row) => gathering.malformed.push(row))) {
    if (read === null) {
      read = format.readerFor(cells)
      continue
    }
    gathering.rows++
    gather(gathering, line, () => read!(cells, line))
  }
  if (read === null) throw new CommandError(`${file} is empty; its first line must name the columns.`)
  return ordersOf(gathering)
}

function gather({ entries, spoiled, malformed }: Gathering, line: number, read: () => Entry): void {
  try {
    const entry = read()
    const own = entries.get(entry.order)
    if (own === undefined) {
      entries.set(entry.order, [entry])
      return
    }
    // Kept beside the others even when it contradicts them, so that the order is known and left out as a whole.
    own.push(entry)
    if (own[0]!.customer !== entry.customer) {
      throw new RowProblem(`order ${entry.order} has another customer on an earlier line`, entry.order)
    }
    if (own[0]!.kind !== entry.kind) {
      throw new RowProblem(`order ${entry.order} is a ${own[0]!.kind} on an earlier line`, entry.order)
    }
  } catch (error) {
    if (!(error instanceof RowProblem)) throw error
    malformed.push({ line, reason: error.message })
    if (error.order !== null) spoiled.add(error.order)
  }
}

function ordersOf({ entries, spoiled, malformed, rows }: Gathering): OrderFile {
  const orders = [...entries].filter(([id]) => !spoiled.has(id)).map(([id, own]) => orderOf(id, own))
  // A stable sort: orders of one second stay in the order of the file.
  orders.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
  return { orders, rows, malformed: malformed.toSorted((a, b) => a.line - b.line), spoiled: [...spoiled] }
}

function orderOf(id: string, items: readonly Entry[]): Order {
  const first = items[0]!
  return {
    id,
    kind: first.kind,
    customer: first.customer,
    merchant: largestMerchant(items),
    at: items.map((item) => item.at).toSorted()[0]!,
    amount: items.reduce((sum, item) => sum + item.amount, 0n),
    items,
    refundOf: items.find((item) => item.refundOf !== null)?.refundOf ?? null,
  }
}

function largestMerchant(items: readonly Entry[]): string {
  if (items.length === 1) return items[0]!.merchant
  const parts = new Map<string, bigint>()
  for (const { merchant, amount } of items) parts.set(merchant, (parts.get(merchant) ?? 0n) + amount)
  return [...parts].reduce((largest, part) => (part[1] > largest[1] ? part : largest))[0]
}
