/**
 * Money. Amounts are bigint minor units beside an ISO 4217 code, never a float: `amount * 0.1` does not compile.
 */
import { assert, Problem } from './problem.ts'

/** An amount in minor units of its currency. A bigint, so that `amount * 0.1` does not compile. */
export type Minor = bigint

export class MoneyProblem extends Problem {}

/** Decimal places other than two, by ISO 4217 (list one, amendment 176). */
const decimalsOf: Readonly<Record<string, number>> = {
  ...allAt(0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'),
  ...allAt(3, 'BHD IQD JOD KWD LYD OMR TND'),
  ...allAt(4, 'CLF UYW'),
  ...allAt(
    2,
    'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY ' +
      'COP COU CRC CUC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR ' +
      'ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR ' +
      'MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP ' +
      'STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG ZWL',
  ),
}

function allAt(decimals: number, codes: string): Record<string, number> {
  return Object.fromEntries(codes.split(' ').map((code) => [code, decimals]))
}

/** How many decimal places the currency's minor unit has. */
export function currencyDecimals(currency: string): number {
  const decimals = Object.hasOwn(decimalsOf, currency) ? decimalsOf[currency] : undefined
  if (decimals === undefined) {
    throw new MoneyProblem('unknown-currency', `"${currency}" is not an ISO 4217 currency code`, 'currency')
  }
  return decimals
}

/** 399900n USD is "3999.00"; no grouping, so that it can be read back. */
export function formatMinor(amount: Minor, currency: string): string {
  const decimals = currencyDecimals(currency)
  const digits = (amount < 0n ? -amount : amount).toString().padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const sign = amount < 0n ? '-' : ''
  return decimals === 0 ? sign + whole : `${sign}${whole}.${digits.slice(-decimals)}`
}

const decimalText = /^(-?)(\d{1,30})(?:\.(\d{1,30}))?$/

/** The inverse of `formatMinor`; fewer decimals are read as zeros, more than the currency has only if they are zeros. */
export function parseMinor(text: string, currency: string): Minor {
  const decimals = currencyDecimals(currency)
  const parts = decimalText.exec(text)
  if (parts === null) throw new MoneyProblem('malformed-amount', `"${text}" is not a decimal amount like "12.34"`)
  const fraction = parts[3] ?? ''
  const excess = fraction.slice(decimals)
  if (/[1-9]/.test(excess)) {
    throw new MoneyProblem('too-many-decimals', `"${text}" has more decimals than ${currency} has (${decimals})`)
  }
  const minor = BigInt(parts[2] + fraction.slice(0, decimals).padEnd(decimals, '0'))
  return parts[1] === '-' ? -minor : minor
}

/**
 * Splits a total in proportion to weights by largest remainder: the parts always sum to the total, a tie goes to the
 * lower index, and the split of −x is the negated split of x.
 */
export function splitByWeights(total: Minor, weights: readonly bigint[]): Minor[] {
  if (total < 0n) return splitByWeights(-total, weights).map((part) => -part)
  let sum = 0n
  let negative = false
  for (const weight of weights) {
    sum += weight
    negative ||= weight < 0n
  }
  assert(sum > 0n && !negative, () => `weights must be ≥ 0 with a sum > 0, got ${weights}`)
  if (weights.length === 1) return [total]
  const parts: Minor[] = []
  const remainders: { readonly index: number; readonly rest: bigint }[] = []
  let rest = total
  for (let index = 0; index < weights.length; index++) {
    const product = total * weights[index]!
    const part = product / sum
    parts.push(part)
    rest -= part
    remainders.push({ index, rest: product - part * sum })
  }
  if (rest === 0n) return parts
  remainders.sort((a, b) => (a.rest === b.rest ? a.index - b.index : a.rest > b.rest ? -1 : 1))
  for (let at = 0, left = Number(rest); at < left; at++) parts[remainders[at]!.index]! += 1n
  return parts
}

export function minMinor(a: Minor, b: Minor): Minor {
  return a < b ? a : b
}

export function maxMinor(a: Minor, b: Minor): Minor {
  return a > b ? a : b
}
