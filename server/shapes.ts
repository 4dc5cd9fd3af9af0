/** Schemas that many routes share. An object refuses fields it does not know; amounts are integers in minor units. */
import { type Static, type TSchema, Type } from 'typebox'

import { object } from './platform/schema.ts'

export { amountMax, MinorAmount, MinorAmountOrZero, MinorBalance, object } from './platform/schema.ts'

export const Currency = Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217 code, e.g. CNY.' })
export const Id = Type.String({ pattern: '^[a-z]{2,8}_[0-9a-z]{10,40}$', description: 'An id that Chit gave.' })
export const Day = Type.String({
  format: 'date',
  pattern: '^(1[6-9]|2)',
  description: 'YYYY-MM-DD, from the year 1600.',
})
export const Percent = Type.String({
  pattern: '^[0-9]{1,5}(\\.[0-9]{1,10})?$',
  description: 'Percent as a decimal string, e.g. "0.5".',
})
export const Reference = Type.String({ minLength: 1, maxLength: 200, description: "The caller's own reference." })

/** One of some words. */
export function oneOf<const Word extends string>(words: readonly Word[], description?: string) {
  return Type.Unsafe<Word>({ type: 'string', enum: [...words], ...(description === undefined ? {} : { description }) })
}

/** Several ids in a query, parted by commas. */
export const Ids = Type.String({
  pattern: '^[a-z]{2,8}_[0-9a-z]{10,40}(,[a-z]{2,8}_[0-9a-z]{10,40}){0,99}$',
  description: 'Up to 100 ids, parted by commas.',
})

export const IdParams = object({ id: Id })
/** An instant as answers carry it. */
export const Instant = Type.String({ description: 'RFC 3339, UTC' })
export const Reason = object({ code: Type.String(), text: Type.String() })

export function nullable<Schema extends TSchema>(schema: Schema) {
  return Type.Union([schema, Type.Null()])
}

/** Paging by cursor: `after` is the id of the last entry seen. */
export const PageQuery = {
  after: Type.Optional(Type.String({ maxLength: 60, description: 'Id of the last entry of the page before.' })),
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
}

export function pageOf<Schema extends TSchema>(item: Schema) {
  return object({
    data: Type.Array(item),
    next: nullable(Type.String({ description: 'Send as `after` for the next page.' })),
  })
}

/** An array in an answer; what it is made from may be readonly. */
export function listOf<Schema extends TSchema>(item: Schema) {
  return Type.Unsafe<readonly Static<Schema>[]>(Type.Array(item))
}
