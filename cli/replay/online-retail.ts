/** `--preset online-retail`: the columns of the Online Retail file of the UCI repository, a gift shop's order lines. */
import { roundQuotient } from '../../core/rounding.ts'
import { CommandError } from '../command-line.ts'
import { type Format, localTime, RowProblem, type RowReader, readWithin, requireColumns } from './orders.ts'

const timeZone = 'Europe/London'
const columns = ['InvoiceNo', 'StockCode', 'Description', 'Quantity', 'InvoiceDate', 'UnitPrice', 'CustomerID'] as const

/** The first department of which a word is in the article's description, from its start or after a space. */
const departments: readonly (readonly [name: string, words: readonly string[]])[] = [
  ['Christmas', ['CHRISTMAS', 'XMAS', 'ADVENT', 'SANTA', 'REINDEER', 'SNOWFLAKE', 'BAUBLE']],
  ['Bags & luggage', ['BAG', 'BAGS', 'PURSE', 'SHOPPER', 'HANDBAG', 'LUGGAGE', 'WALLET', 'BACKPACK']],
  ['Lights & candles', ['T-LIGHT', 'CANDLE', 'CANDLES', 'LANTERN', 'LIGHT', 'LIGHTS', 'LAMP', 'CANDLEHOLDER', 'NIGHT']],
  [
    'Toys & children',
    [
      'CHILDRENS',
      'CHILDS',
      'TOY',
      'GAME',
      'DOLL',
      'DOLLY',
      'SPACEBOY',
      'PUZZLE',
      'JIGSAW',
      'SOLDIER',
      'FELTCRAFT',
      'BABY',
    ],
  ],
  [
    'Paper & party',
    [
      'PAPER',
      'CARD',
      'CARDS',
      'WRAP',
      'TISSUE',
      'TISSUES',
      'NAPKIN',
      'NAPKINS',
      'PARTY',
      'BUNTING',
      'NOTEBOOK',
      'STICKER',
      'STICKERS',
      'PENCIL',
      'PENCILS',
      'DOILY',
      'DOILIES',
      'CHALK',
    ],
  ],
  [
    'Kitchen & table',
    [
      'CAKE',
      'CAKESTAND',
      'LUNCH',
      'TEA',
      'TEACUP',
      'MUG',
      'CUP',
      'CUPS',
      'BOWL',
      'PLATE',
      'PLATES',
      'BOTTLE',
      'CUTLERY',
      'JAR',
      'PANTRY',
      'BAKING',
      'COFFEE',
      'TRAY',
      'APRON',
      'KITCHEN',
      'GLASS',
      'SPOON',
      'SPOONS',
      'TOWEL',
      'TOWELS',
      'JUG',
      'TEAPOT',
      'SAUCER',
      'RECIPE',
      'PICNIC',
      'TIN',
      'TINS',
      'EGG',
      'DINER',
      'OVEN',
    ],
  ],
  ['Garden', ['GARDEN', 'PLANT', 'WATERING', 'BIRDHOUSE', 'HERB', 'FLOWER', 'BUCKET', 'PARASOL']],
  ['Jewellery', ['EARRINGS', 'NECKLACE', 'BRACELET', 'RING', 'BROOCH', 'HAIR', 'JEWELLERY', 'BANGLE']],
]
const otherDepartment = 'Home & decoration'
const serviceDepartment = 'Carriage & services'

const rules = [
  'Lines of one InvoiceNo are one order; its amount is the sum of Quantity × UnitPrice, each line rounded half-even to the penny.',
  'An order without CustomerID is a guest’s; it is counted and not sent.',
  `The shop is treated as a mall of ${departments.length + 2} merchants. An article’s department is the first of these of which a word is in its Description: ${departments.map(([name, words]) => `${name} (${words.join(', ').toLowerCase()})`).join('; ')}; else ${otherDepartment}. A StockCode that does not begin with a digit (postage, manual entries) is ${serviceDepartment}. An order’s merchant is the department with the largest part of it.`,
  'An invoice beginning with C is a refund: each line takes back pieces of the same StockCode from the customer’s earlier accepted orders, the latest first, at the lower of the two prices and never more pieces than were bought.',
]

const departmentOfWord = new Map(departments.flatMap(([name, words]) => words.map((word) => [word, name] as const)))
const rankOf = new Map(departments.map(([name], index) => [name, index]))

export function departmentOf(stockCode: string, description: string): string {
  return /^\d/.test(stockCode) ? departmentDescribed(description) : serviceDepartment
}

const departmentDescribed = remembering((description) => {
  const found = description
    .toUpperCase()
    .split(/[^A-Z0-9-]+/)
    .flatMap((word) => departmentOfWord.get(word) ?? [])
    .toSorted((a, b) => rankOf.get(a)! - rankOf.get(b)!)
  return found[0] ?? otherDepartment
})

/** Half a million rows describe some thousands of articles and stand in some thousands of minutes. */
function remembering(work: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>()
  return (text) => {
    const found = known.get(text) ?? work(text)
    known.set(text, found)
    return found
  }
}

export const onlineRetail: Format = { currency: 'GBP', timeZone, rules, readerFor }

function readerFor(head: readonly string[]): RowReader {
  const index = Object.fromEntries(columns.map((column) => [column, head.indexOf(column)]))
  const missing = columns.filter((column) => index[column] === -1)
  if (missing.length > 0)
    throw new CommandError(`--preset online-retail: the file has no column ${missing.join(', ')}.`)
  const timeOf = remembering((text) => localTime(text, timeZone))
  return (row) => {
    const cell = (column: (typeof columns)[number]) => (row[index[column]!] ?? '').trim()
    const invoice = cell('InvoiceNo')
    if (invoice === '') throw new RowProblem('InvoiceNo is empty')
    return readWithin(invoice, () => {
      requireColumns(row, head)
      const isRefund = /^C/i.test(invoice)
      const quantity = wholeNumber(cell('Quantity'))
      const pieces = isRefund ? -quantity : quantity
      if (isRefund && pieces <= 0n) throw new RowProblem(`a cancellation has the quantity ${quantity}`)
      const article = cell('StockCode')
      return {
        order: invoice,
        kind: isRefund ? 'refund' : 'purchase',
        customer: customerOf(cell('CustomerID')),
        merchant: departmentOf(article, cell('Description')),
        at: timeOf(cell('InvoiceDate')),
        article,
        quantity: pieces < 0n ? 0n : pieces,
        amount: pence(pieces, cell('UnitPrice')),
        refundOf: null,
      }
    })
  }
}

/** The file writes `17850.0`. */
function customerOf(text: string): string | null {
  if (text === '') return null
  const id = /^(\d+)(?:\.0+)?$/.exec(text)?.[1]
  if (id === undefined) throw new RowProblem(`CustomerID "${text}" is not a number`)
  return id
}

function wholeNumber(text: string): bigint {
  if (!/^-?\d{1,9}$/.test(text)) throw new RowProblem(`Quantity "${text}" is not a whole number`)
  return BigInt(text)
}

/** Prices have up to four decimals; exact until the one rounding. */
function pence(pieces: bigint, price: string): bigint {
  const parts = /^(-?)(\d{1,9})(?:\.(\d{1,6}))?$/.exec(price)
  if (parts === null) throw new RowProblem(`UnitPrice "${price}" is not a decimal number`)
  const millionths = BigInt(parts[2]!) * 1_000_000n + BigInt((parts[3] ?? '').padEnd(6, '0'))
  return roundQuotient(pieces * (parts[1] === '-' ? -millionths : millionths), 10_000n)
}
