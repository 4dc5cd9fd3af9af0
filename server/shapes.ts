/** Schemas that many routes share. An object refuses fields it does not know; amounts are integers in minor units. */
import { Type } from 'typebox'

export { amountMax, MinorAmount, MinorAmountOrZero, MinorBalance, object } from './platform/schema.ts'

export const Currency = Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217 code, e.g. CNY.' })
export const Id = Type.String({ pattern: '^[a-z]{2,8}_[0-9a-z]{10,40}$', description: 'An id that Chit gave.' })
export const Day = Type.String({ format: 'date', description: 'YYYY-MM-DD' })
export const Percent = Type.String({
  pattern: '^[0-9]{1,5}(\\.[0-9]{1,10})?$',
  description: 'Percent as a decimal string, e.g. "0.5".',
})
export const Reference = Type.String({ minLength: 1, maxLength: 200, description: "The caller's own reference." })

/** One of some words. */
export function oneOf<const Word extends string>(words: readonly Word[], description?: string) {
  return Type.Unsafe<Word>({ type: 'string', enum: [...words], ...(description === undefined ? {} : { description }) })
}
