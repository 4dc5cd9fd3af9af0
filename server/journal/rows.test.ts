import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { ByteWriter } from '../platform/byte-writer.ts'
import { openDatabase } from '../platform/database.ts'
import { testDatabase } from '../platform/testing.ts'
import { BinaryValue } from '../platform/wire.ts'
import { readRowTypes, rewriteRow, rowArray, writeArrayHead } from './rows.ts'
import type { Row } from './types.ts'

const db = openDatabase(await testDatabase({ after }), { max: 1 })
after(() => db.end())
const types = await readRowTypes(db, ['journal', 'refunds', 'charges', 'statements'])
const arrayOf = (table: string, rows: readonly Row[]) => new BinaryValue(rowArray(types.get(table)!, rows))

/** PostgreSQL keeps no NUL and no half of a surrogate pair; requests with them are refused before. */
const text = fc.oneof(
  fc.string({ unit: 'binary' }).map((some) => some.replaceAll('\0', '').toWellFormed()),
  fc.constantFrom(
    '',
    ' ',
    'NULL',
    'null',
    '"',
    '\\',
    '\\"',
    '{}',
    '(,)',
    "'",
    '\n\t',
    'a,b',
    '微信 😀',
    '\u2028',
    '$1',
    '%s',
  ),
)

test('rows and arrays of any text arrive as they were', async () => {
  const row = fc.record(
    {
      type: text,
      actor: fc.option(text),
      accounts: fc.array(text),
      amounts: fc.array(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)),
    },
    { noNullPrototype: true },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 5 }), async (rows) => {
      const printed = arrayOf('journal', rows)
      const read = await db`select type, actor, accounts, amounts from unnest(${printed}::journal[])`
      assert.deepEqual([...read], rows)
    }),
    { numRuns: 200 },
  )
})

test('documents arrive as they were, amounts as digits', async () => {
  await fc.assert(
    fc.asyncProperty(fc.dictionary(text, fc.jsonValue({ noUnicodeString: false })), async (data) => {
      const plain = JSON.parse(JSON.stringify(data).replaceAll('\\u0000', ''))
      const printed = arrayOf('journal', [{ data: plain }])
      const [read] = await db`select data from unnest(${printed}::journal[])`
      assert.deepEqual(read!.data, plain)
    }),
    { numRuns: 200 },
  )
  const printed = arrayOf('journal', [
    { data: { amount: 2n ** 62n, on: Temporal.PlainDate.from('2026-02-28'), not: undefined } },
  ])
  const [read] = await db`select data::text as data from unnest(${printed}::journal[])`
  assert.equal(read!.data, `{"amount":${2n ** 62n},"on":"2026-02-28"}`)
})

test('a column that a row lacks is null, and so is one that is undefined', async () => {
  const sent = arrayOf('refunds', [{ id: 'rfd_1', line_id: undefined }])
  const [read] = await db`select id, reference, line_id from unnest(${sent}::refunds[])`
  assert.deepEqual(read, { id: 'rfd_1', reference: null, lineId: null })
})

test('numbers, dates and instants arrive as they were, to the microsecond and the last minor unit', async () => {
  const integer = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)
  const day = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true })
  const instant = fc
    .tuple(day, fc.integer({ min: 0, max: 999_999 }))
    .map(([date, microseconds]) => `${date.toISOString().slice(0, 19)}.${String(microseconds).padStart(6, '0')}Z`)
  const row = fc.record(
    {
      shard: fc.integer({ min: 0, max: 32_767 }),
      amount_minor: integer,
      authorized_on: fc.option(day.map((date) => date.toISOString().slice(0, 10))),
      created_at: instant,
    },
    { noNullPrototype: true },
  )
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 5 }), async (rows) => {
      const read = await db`
        select r.shard = w.shard and r.amount_minor = w.amount_minor
          and r.authorized_on is not distinct from w.authorized_on and r.created_at = w.created_at as same
        from unnest(${arrayOf('charges', rows)}::charges[]) with ordinality as r
        join unnest(${db.typed.smallints(rows.map((one) => one.shard))},
          ${db.typed.bigints(rows.map((one) => one.amount_minor))}, ${db.typed.dates(rows.map((one) => one.authorized_on))},
          ${db.typed.instants(rows.map((one) => one.created_at))})
          with ordinality as w(shard, amount_minor, authorized_on, created_at, n) on w.n = r.ordinality`
      assert.deepEqual(
        [...read],
        rows.map(() => ({ same: true })),
      )
    }),
    { numRuns: 200 },
  )
})

test('what is no date and no instant is a mistake in the program', () => {
  assert.throws(() => arrayOf('charges', [{ authorized_on: 'tomorrow' }]), TypeError)
  assert.throws(() => arrayOf('charges', [{ created_at: 'now' }]), TypeError)
})

test('an object where a plain value belongs is a mistake in the program', () => {
  assert.throws(() => arrayOf('refunds', [{ id: {} }]), TypeError)
})

test('a row that was written before its table changed is written again for the columns of now', async () => {
  await db`create table changing (first text, dropped text[], second bigint, third int4)`
  const typeOfNow = async () => (await readRowTypes(db, ['changing'])).get('changing')!
  const before = await typeOfNow()
  const rows = [
    { first: 'one', dropped: ['x', 'y'], second: 7n, third: 3 },
    { dropped: [], second: -1n },
  ]
  const written = rowArray(before, rows)
  await db`alter table changing drop column dropped, add column fourth text`
  const now = await typeOfNow()
  const writer = new ByteWriter(1_000)
  writeArrayHead(writer, now.type, rows.length)
  const first = writer.length
  const second = rewriteRow(writer, written, first, before, now)
  assert.equal(rewriteRow(writer, written, second, before, now), written.length)
  const read = await db`select * from unnest(${new BinaryValue(writer.take())}::changing[])`
  assert.deepEqual(
    [...read],
    [
      { first: 'one', second: 7n, third: 3, fourth: null },
      { first: null, second: -1n, third: null, fourth: null },
    ],
  )
  await db`alter table changing alter column third type bigint`
  const later = await typeOfNow()
  assert.throws(
    () => rewriteRow(writer, written, first, before, later),
    /the column third has become one of another type/,
  )
})
