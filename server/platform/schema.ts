import { type TObjectOptions, type TProperties, Type } from 'typebox'

/** An object that refuses fields it does not know: a misspelt optional field must not be dropped in silence. */
export function object<Properties extends TProperties>(properties: Properties, options: TObjectOptions = {}) {
  return Type.Object(properties, { additionalProperties: false, ...options })
}

/** 10^15 minor units: beyond any purchase, and far below 2^53, so a JSON number holds it exactly. */
export const amountMax = 1_000_000_000_000_000

function amount(minimum: number, description: string) {
  // `minor` is the keyword that hands the amount to the route as a bigint (see validation.ts).
  return Type.Unsafe<bigint>({ type: 'integer', minimum, maximum: amountMax, minor: true, description })
}

/** A JSON integer outside, a bigint inside. Do not put it in a union other than `| null`: the first branch converts it. */
export const MinorAmount = amount(1, 'Amount in minor units of the currency, such as 399900 for 3,999.00.')
export const MinorAmountOrZero = amount(0, 'Amount in minor units of the currency; may be 0.')
/** For answers: a balance may be negative or larger than any single amount. */
export const MinorBalance = Type.Unsafe<bigint>({
  type: 'integer',
  description: 'Amount in minor units; may be negative.',
})
