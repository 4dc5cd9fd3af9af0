import type { Minor } from '../../core/money.ts'

/** One line of a bill as stored: amounts are JSON integers. */
export interface StoredItem {
  readonly loanId: string
  readonly instalment: number
  readonly kind: 'instalment' | 'arrears'
  readonly dueOn: string
  readonly principal: number | bigint
  readonly interest: number | bigint
  readonly fee: number | bigint
  readonly penalty: number | bigint
  readonly total: number | bigint
}

export interface Statement {
  readonly shard: number
  readonly id: string
  readonly lineId: string
  readonly number: number
  readonly openedOn: string
  readonly closedOn: string
  readonly dueOn: string
  readonly currency: string
  readonly totalMinor: Minor
  readonly minimumMinor: Minor
  readonly creditMinor: Minor
  readonly items: readonly StoredItem[]
}

export interface StatementItemView {
  readonly id: string
  readonly loanId: string
  readonly instalment: number
  readonly kind: 'instalment' | 'arrears'
  readonly dueOn: string
  readonly principal: Minor
  readonly interest: Minor
  readonly fee: Minor
  readonly penalty: Minor
  readonly total: Minor
  readonly outstanding: Minor
}

export interface StatementView {
  readonly id: string
  readonly lineId: string
  readonly number: number
  readonly openedOn: string
  readonly closedOn: string
  readonly dueOn: string
  readonly currency: string
  readonly total: Minor
  readonly minimum: Minor
  /** The customer's credit left after it was used on this bill. */
  readonly credit: Minor
  /** What of it is still unpaid now. */
  readonly outstanding: Minor
  readonly status: 'open' | 'paid' | 'past-due'
  readonly items: readonly StatementItemView[]
}
