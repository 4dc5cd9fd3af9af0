import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { openDatabase } from '../platform/database.ts'
import { testDatabase } from '../platform/testing.ts'
import { readColumns, rowArray } from './rows.ts'

const db = openDatabase(await testDatabase({ after }), { max: 1 })
after(() => db.end())
const columns = await readColumns(db, ['journal', 'refunds'])

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
      const printed = rowArray(columns.get('journal')!, rows)
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
      const printed = rowArray(columns.get('journal')!, [{ data: plain }])
      const [read] = await db`select data from unnest(${printed}::journal[])`
      assert.deepEqual(read!.data, plain)
    }),
    { numRuns: 200 },
  )
  const printed = rowArray(columns.get('journal')!, [
    { data: { amount: 2n ** 62n, on: Temporal.PlainDate.from('2026-02-28'), not: undefined } },
  ])
  const [read] = await db`select data::text as data from unnest(${printed}::journal[])`
  assert.equal(read!.data, `{"amount":${2n ** 62n},"on":"2026-02-28"}`)
})

test('no rows are null, and a column that a row lacks is null', async () => {
  assert.equal(rowArray(columns.get('refunds')!, []), null)
  const [read] =
    await db`select id, reference from unnest(${rowArray(columns.get('refunds')!, [{ id: 'rfd_1' }])}::refunds[])`
  assert.deepEqual(read, { id: 'rfd_1', reference: null })
})

test('an object where a plain value belongs is a mistake in the program', () => {
  assert.throws(() => rowArray(columns.get('refunds')!, [{ id: {} }]), TypeError)
})
