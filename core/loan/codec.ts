/**
 * Terms and events as plain JSON: amounts become decimal strings of minor units, everything else stays. A contract is
 * written twice for every purchase (with the loan and in its journal event), so what a contract has not is left out, and the
 * terms that nearly all have are named.
 */
import { LoanProblem } from './problem.ts'
import type { LoanEvent, LoanTerms } from './types.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }
export type JsonObject = { readonly [name: string]: Json }

const termAmounts = ['principal', 'instalmentMultiple', 'balloon'] as const

/** What a contract without the word has: nothing. Stored contracts rely on it, so no value here may ever change. */
const absentTerms = {
  firstDueOn: null,
  overdueInterest: false,
  instalmentMultiple: null,
  downPaymentPercent: null,
  downPaymentPaid: false,
  principalGrace: 0,
  interestFreePeriods: 0,
  allocation: null,
} satisfies Partial<LoanTerms>

/**
 * Standard terms, which a contract names (`as`) instead of repeating them, as nearly all purchases would. Stored contracts rely
 * on them, so none may ever change or get a further word: other terms get another name.
 */
const standardTerms = {
  'bill-1': {
    every: { n: 1, unit: 'month' },
    dayCount: 'actual/365',
    interestPeriod: 'whole-period',
    interestRecalculation: 'daily',
    earlyInterest: 'to-due-date',
    earlyFlat: 'forgiven',
    lastInstalment: 'remainder',
    rounding: 'half-even',
  },
} satisfies Record<string, Partial<LoanTerms>>

const bill = standardTerms['bill-1']

/** All of them: a contract that has some of these terms says each by itself. */
function isAsBill({ every, ...terms }: LoanTerms): boolean {
  return (
    every.n === bill.every.n &&
    every.unit === bill.every.unit &&
    terms.dayCount === bill.dayCount &&
    terms.interestPeriod === bill.interestPeriod &&
    terms.interestRecalculation === bill.interestRecalculation &&
    terms.earlyInterest === bill.earlyInterest &&
    terms.earlyFlat === bill.earlyFlat &&
    terms.lastInstalment === bill.lastInstalment &&
    terms.rounding === bill.rounding
  )
}

export function encodeTerms(terms: LoanTerms): JsonObject {
  const asBill = isAsBill(terms)
  const encoded: Record<string, Json> = asBill ? { as: 'bill-1' } : {}
  for (const name in terms) {
    const field = terms[name as keyof LoanTerms]
    if (field === undefined || field === absentTerms[name as keyof typeof absentTerms]) continue
    if (asBill && name in bill) continue
    encoded[name] = typeof field === 'bigint' ? field.toString() : (field as Json)
  }
  if (terms.dueDates !== undefined) encoded.dueDates = encodeDueDates(terms.dueDates)
  return encoded
}

export function decodeTerms(json: unknown): LoanTerms {
  const { as, ...fields } = decode<LoanTerms & { as?: string }>(json, termAmounts)
  const { dueDates } = fields
  const dates = dueDates === undefined ? {} : { dueDates: decodeDueDates(dueDates, fields.instalments) }
  return { ...absentTerms, ...standardOf(as), ...fields, ...dates }
}

function standardOf(name: string | undefined): Partial<LoanTerms> {
  if (name === undefined) return {}
  if (!Object.hasOwn(standardTerms, name))
    throw new LoanProblem('malformed-json', `there are no standard terms "${name}"`)
  return standardTerms[name as keyof typeof standardTerms]
}

/** Dates that fall on one day of consecutive months, as those of bills do, are told by the first of them. */
function encodeDueDates(dates: readonly string[]): Json {
  const first = dates[0]
  if (dates.length < 3 || first === undefined || first.slice(8) > '28') return dates
  let month = monthOf(first)
  for (const date of dates) {
    if (date.slice(8) !== first.slice(8) || monthOf(date) !== month) return dates
    month++
  }
  return { monthlyFrom: first }
}

function decodeDueDates(encoded: readonly string[] | { monthlyFrom: string }, count: number): readonly string[] {
  if (!('monthlyFrom' in encoded)) return encoded
  const from = monthOf(encoded.monthlyFrom)
  return Array.from({ length: count }, (_, index) => dateOf(from + index, encoded.monthlyFrom.slice(8)))
}

/** Months since the year 0. */
function monthOf(date: string): number {
  return 12 * Number(date.slice(0, 4)) + Number(date.slice(5, 7)) - 1
}

function dateOf(month: number, day: string): string {
  const year = String(Math.floor(month / 12)).padStart(4, '0')
  return `${year}-${String((month % 12) + 1).padStart(2, '0')}-${day}`
}

export function encodeEvent(event: LoanEvent): JsonObject {
  const encoded: Record<string, Json> = {}
  for (const name in event) {
    const field: unknown = event[name as keyof LoanEvent]
    if (field !== undefined) encoded[name] = typeof field === 'bigint' ? field.toString() : (field as Json)
  }
  return encoded
}

export function decodeEvent(json: unknown): LoanEvent {
  return decode<LoanEvent>(json, ['amount'])
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
