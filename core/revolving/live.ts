import type { Day } from '../calendar.ts'
import type { Fraction } from '../fraction.ts'
import { type Minor, minMinor } from '../money.ts'
import { type LiveItem, type RateTable, reduce } from './item.ts'
import type { RevolvingTerms, Spread, Statement } from './types.ts'

/** The account while it is folded. */
export interface LiveAccount {
  readonly terms: RevolvingTerms
  readonly rates: RateTable
  /** `minimum.percent` as a fraction of one. */
  readonly minimumShare: Fraction
  readonly items: LiveItem[]
  readonly plans: LivePlan[]
  readonly statements: LiveStatement[]
  readonly spreads: Spread[]
  /** Paid on principal since the last bill. */
  principalPaid: Minor
  creditBalance: Minor
  /** Bills paid in full in a row; starts at enough for the free period. */
  fullInARow: number
  /** Since the last bill. */
  debits: Minor
  fees: Minor
  credits: Minor
  converted: Minor
}

/** Instalments of a conversion while the account is folded. */
export interface LivePlan {
  readonly id: string
  readonly of: string
  readonly amount: Minor
  readonly instalments: number
  readonly fee: Minor
  billed: number
  unbilled: Minor
}

/** A bill as it will be shown, with what the fold needs of it. */
export interface LiveStatement {
  readonly shown: { -readonly [Key in keyof Statement]: Statement[Key] }
  readonly closedDay: Day
  readonly dueDay: Day
  /** Paid, refunded or converted since it closed. */
  creditedSince: Minor
}

/** Codes that are charges rather than principal. */
export const CHARGES: readonly string[] = ['interest', 'fee', 'penalty']

export function isPrincipal(code: string): boolean {
  return code !== 'instalment' && !CHARGES.includes(code)
}

/** A debt that bears no interest unless the terms list its code. */
export function chargeItem(id: string, code: string, on: Day, amount: Minor): LiveItem {
  return {
    id,
    code,
    on,
    amount,
    promotion: null,
    remaining: amount,
    reductions: [],
    statement: null,
    protected: false,
    chargedTo: on,
    flat: null,
  }
}

/** A new debt first uses the customer's credit. */
export function owe(account: LiveAccount, item: LiveItem): void {
  account.items.push(item)
  const used = minMinor(account.creditBalance, item.amount)
  if (used === 0n) return
  account.creditBalance -= used
  reduce(item, item.on, used)
}
