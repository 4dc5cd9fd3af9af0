/** Terms and events as plain JSON: amounts become decimal strings of minor units, everything else stays. */
import { LoanProblem } from './problem.ts'
import type { LoanEvent, LoanTerms } from './types.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }
export type JsonObject = { readonly [name: string]: Json }

const termAmounts = ['principal', 'instalmentMultiple', 'balloon'] as const

export function encodeTerms(terms: LoanTerms): JsonObject {
  return encode(terms)
}

export function decodeTerms(json: unknown): LoanTerms {
  return decode<LoanTerms>(json, termAmounts)
}

export function encodeEvent(event: LoanEvent): JsonObject {
  return encode(event)
}

export function decodeEvent(json: unknown): LoanEvent {
  return decode<LoanEvent>(json, ['amount'])
}

function encode(value: object): JsonObject {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .map(encodeField),
  )
}

function encodeField([name, field]: [string, unknown]): [string, Json] {
  return [name, typeof field === 'bigint' ? field.toString() : (field as Json)]
}

/** What was encoded here is trusted to have the fields of its type; only the amounts change. */
function decode<T>(json: unknown, amounts: readonly string[]): T {
  if (typeof json !== 'object' || json === null) throw new LoanProblem('malformed-json', 'an object is expected')
  const fields: Record<string, unknown> = { ...json }
  for (const name of amounts) {
    const text = fields[name]
    if (text !== undefined && text !== null) fields[name] = minorOf(text, name)
  }
  return fields as T
}

function minorOf(text: unknown, field: string): bigint {
  if (typeof text === 'bigint') return text
  if (typeof text !== 'string' || !/^-?\d+$/.test(text)) {
    throw new LoanProblem('malformed-amount', `${field} must be minor units as a decimal string`, field)
  }
  return BigInt(text)
}
