import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Type } from 'typebox'

import { stringifyJson } from './json.ts'
import { jsonPrinterOf } from './json-printer.ts'
import { MinorBalance, object } from './schema.ts'

const Row = object({ n: Type.Integer(), amount: MinorBalance, note: Type.Union([Type.String(), Type.Null()]) })
const Bill = object({
  'a "quoted" key': Type.String(),
  isOpen: Type.Boolean(),
  rows: Type.Array(Row),
  best: Type.Union([Row, Type.Null()]),
  tags: Type.Array(Type.String()),
  free: Type.Unknown(),
  reference: Type.Optional(Type.String()),
  on: Type.Optional(Type.Union([Type.String(), Type.Null()])),
})

const rows = fc.record({
  n: fc.integer(),
  amount: fc.bigInt(),
  note: fc.option(fc.string({ unit: 'binary' })),
})
const bills = fc.record(
  {
    'a "quoted" key': fc.string({ unit: 'binary' }),
    isOpen: fc.boolean(),
    rows: fc.array(rows),
    best: fc.option(rows),
    tags: fc.array(fc.string()),
    free: fc.jsonValue(),
    reference: fc.string(),
    on: fc.option(fc.string()),
  },
  { requiredKeys: ['a "quoted" key', 'isOpen', 'rows', 'best', 'tags', 'free'] },
)

test('a value of its schema is printed as stringifyJson prints it', () => {
  const print = jsonPrinterOf(Bill)
  fc.assert(fc.property(bills, (bill) => assert.equal(print(bill), stringifyJson(bill))))
})

test('members come in the order of the schema, those that may be absent last, and no others', () => {
  const print = jsonPrinterOf(object({ a: Type.Optional(Type.String()), b: Type.String(), c: Type.Integer() }))
  assert.equal(print({ secret: 'x', c: 3, b: 'two', a: 'one' }), '{"b":"two","c":3,"a":"one"}')
  assert.equal(print({ c: 3, b: 'two', a: undefined }), '{"b":"two","c":3}')
})

const wrong: readonly (readonly [string, unknown, string])[] = [
  ['null for an amount', { n: 1, amount: null, note: 'a' }, '{"n":1,"amount":null,"note":"a"}'],
  ['null for an object', null, 'null'],
  ['a text for a number', { n: '1', amount: 2n, note: 3 }, '{"n":"1","amount":2,"note":3}'],
  ['no number', { n: Number.NaN, amount: 2n, note: null }, '{"n":null,"amount":2,"note":null}'],
  ['nothing for an amount', { n: 1, note: null }, '{"n":1,"amount":null,"note":null}'],
]

for (const [name, value, printed] of wrong) {
  test(`what is not as the schema says is printed as what it is: ${name}`, () => {
    assert.equal(jsonPrinterOf(Row)(value), printed)
  })
}

test('a schema that says nothing of a value leaves it to stringifyJson', () => {
  for (const schema of [Type.Unknown(), Type.Object({}), Type.Union([Type.String(), Type.Integer()])]) {
    assert.equal(jsonPrinterOf(schema)({ amount: 5n, list: [1, null] }), '{"amount":5,"list":[1,null]}')
  }
})
