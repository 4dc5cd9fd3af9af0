import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { CommandError } from '../command-line.ts'
import { loadOrders } from './load.ts'
import { mappedFormat, parseMap } from './mapping.ts'
import { departmentOf, onlineRetail } from './online-retail.ts'

const shop = mappedFormat(
  parseMap('customer=Buyer,merchant=Shop,amount=Total,time=Placed,order=Order,type=Kind,refund-of=Of'),
  'CNY',
  'UTC',
)
const head = 'Order,Placed,Buyer,Shop,Total,Kind,Of'

async function fileOf(t: TestContext, content: string | Buffer, name = 'orders.csv'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'chit-orders-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, name), content)
  return join(folder, name)
}

test('the shipped file: every malformed row is named with its line, and its order is left out', async () => {
  const read = await loadOrders(join(import.meta.dirname, '../testdata/orders.csv'), shop)
  assert.deepEqual(read.malformed, [
    { line: 22, reason: 'the amount is wrong: "12.345" has more decimals than CNY has (2)' },
    { line: 43, reason: '"2026-02-30 11:00" is not a time like 2011-03-04 09:58' },
    { line: 62, reason: '4 columns where the head has 7' },
    { line: 77, reason: 'the merchant is empty' },
    { line: 90, reason: 'the amount is wrong: "twelve" is not a decimal amount like "12.34"' },
    { line: 99, reason: 'the type "gift" is neither a purchase nor a refund' },
    { line: 113, reason: 'order A9008 has another customer on an earlier line' },
  ])
  assert.equal(read.rows, 174)
  assert.ok(read.spoiled.includes('A9008'))
  assert.ok(!read.orders.some((order) => order.id === 'A9008' || order.id === 'A9001'))
})

test('orders come in order of time, whatever the order of the file', async (t) => {
  const file = await fileOf(t, `${head}\nB,2026-01-03,x,S,1.00,,\nA,2026-01-02 09:30,x,S,2.00,,\n`)
  assert.deepEqual(
    (await loadOrders(file, shop)).orders.map(({ id, at }) => [id, at]),
    [
      ['A', '2026-01-02T09:30:00'],
      ['B', '2026-01-03T00:00:00'],
    ],
  )
})

test('rows of one order are one order; one malformed row of it, also a later one, leaves it out as a whole', async (t) => {
  const rows = [
    'A,2026-01-02,x,S,1.00,,',
    'A,2026-01-02,x,T,2.50,,',
    'B,2026-01-02,y,S,1.00,,',
    'B,2026-01-02,y,S,much,,',
    'C,2026-01-02,z,S,1.00,,',
    'C,2026-01-02,z',
  ]
  const read = await loadOrders(await fileOf(t, [head, ...rows].join('\n')), shop)
  assert.deepEqual(
    read.orders.map(({ id, amount, merchant }) => [id, amount, merchant]),
    [['A', 350n, 'T']],
  )
  assert.deepEqual(read.spoiled, ['B', 'C'])
  assert.equal(read.malformed[0]?.line, 5)
})

test('a quote inside a cell spoils its own row only', async (t) => {
  const read = await loadOrders(await fileOf(t, `${head}\nA,2026-01-02,x,S"p,1.00,,\nB,2026-01-03,x,S,2.00,,\n`), shop)
  assert.deepEqual(
    read.orders.map(({ id }) => id),
    ['B'],
  )
  assert.match(read.malformed[0]!.reason, /^not CSV: /)
})

test('instants with an offset are read as local time of the zone', async (t) => {
  const shanghai = mappedFormat(parseMap('customer=Buyer,amount=Total,time=Placed'), 'CNY', 'Asia/Shanghai')
  const file = await fileOf(t, 'Buyer,Total,Placed\nx,1.00,2026-01-02T20:30:00Z\n')
  assert.equal((await loadOrders(file, shanghai)).orders[0]?.at, '2026-01-03T04:30:00')
})

test('gzip is recognised by its content', async (t) => {
  const file = await fileOf(t, gzipSync(`${head}\nA,2026-01-02,x,S,1.00,,\n`))
  assert.equal((await loadOrders(file, shop)).orders.length, 1)
})

test('a file that is missing, empty or without a named column is refused in one sentence', async (t) => {
  await assert.rejects(
    loadOrders('/nowhere/orders.csv', shop),
    new CommandError('There is no file /nowhere/orders.csv.'),
  )
  await assert.rejects(loadOrders(await fileOf(t, ''), shop), /is empty; its first line must name the columns/)
  await assert.rejects(loadOrders(await fileOf(t, 'a,b\n1,2\n'), shop), /there is no column "Buyer"; the file has a, b/)
  await assert.rejects(loadOrders(await fileOf(t, 'a,b\n1,2\n'), onlineRetail), /has no column InvoiceNo, /)
  assert.throws(() => parseMap('customer=A,amount=B'), /time= is missing/)
  assert.throws(() => parseMap('customer=A,colour=B'), /"colour=B" is not field=column/)
})

test('online-retail: lines of an invoice, guests, cancellations, pennies rounded once a line', async (t) => {
  const rows = [
    'InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country',
    '536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,6,2010-12-01 08:26:00,2.55,17850.0,United Kingdom',
    '536365,22752,SET 7 BABUSHKA NESTING BOXES,3,2010-12-01 08:26:00,0.125,17850.0,United Kingdom',
    '536366,22633,HAND WARMER UNION JACK,6,2010-12-01 08:28:00,1.85,,United Kingdom',
    'C536379,85123A,WHITE HANGING HEART T-LIGHT HOLDER,-2,2010-12-01 09:41:00,2.55,17850.0,United Kingdom',
    'C536380,D,Discount,1,2010-12-01 09:41:00,27.50,14527.0,United Kingdom',
  ]
  const read = await loadOrders(await fileOf(t, rows.join('\n')), onlineRetail)
  assert.deepEqual(
    read.orders.map(({ id, kind, customer, amount }) => [id, kind, customer, amount]),
    [
      ['536365', 'purchase', '17850', 1530n + 38n],
      ['536366', 'purchase', null, 1110n],
      ['C536379', 'refund', '17850', 510n],
    ],
  )
  assert.deepEqual(read.malformed, [{ line: 6, reason: 'a cancellation has the quantity 1' }])
})

test('a department is the first of the list that has a word of the description', () => {
  assert.equal(departmentOf('85123A', 'WHITE HANGING HEART T-LIGHT HOLDER'), 'Lights & candles')
  assert.equal(departmentOf('22111', 'CHRISTMAS LUNCH BAG'), 'Christmas')
  assert.equal(departmentOf('22752', 'SET 7 BABUSHKA NESTING BOXES'), 'Home & decoration')
  assert.equal(departmentOf('POST', 'POSTAGE'), 'Carriage & services')
})
