/** What explanations of all kinds are made of. */
import { formatMinor, type Minor } from '../money.ts'

export interface Explanation {
  readonly what: string
  readonly value: string
  /** How the parts make the value: each in turn with its sign, stretches of days together as the first; absent on a leaf. */
  readonly formula?: string
  readonly rounding?: string
  readonly parts?: readonly Explanation[]
}

export type Money = (amount: Minor) => string

export function moneyIn(currency: string): Money {
  return (amount) => `${formatMinor(amount, currency)} ${currency}`
}

export function leaf(what: string, value: string): Explanation {
  return { what, value }
}
