/** What a client of the API sees, as far as these tests read it. Amounts are numbers here, as JSON carries them. */

export interface Identified {
  readonly id: string
}

export interface Line extends Identified {
  readonly customerId: string
  readonly status: 'declined' | 'active' | 'frozen' | 'closed'
  readonly limit: number
  readonly held: number
  readonly owed: number
  readonly available: number
  readonly credit: number
  readonly nextStatementOn: string | null
}

export interface Charge extends Identified {
  readonly lineId: string
  readonly status: 'authorized' | 'captured' | 'voided' | 'expired'
  readonly amount: number
  readonly captured: number
  readonly released: number
  readonly refunded: number
  readonly held: number
  readonly merchantFee: number
  readonly loanIds: readonly string[]
}

export interface Dispute extends Identified {
  readonly chargeId: string
  readonly lineId: string
  readonly amount: number
  readonly status: string
  readonly withheld: number
  readonly refund: Omit<Refund, 'charge'> | null
}

export interface Refund extends Identified {
  readonly amount: number
  readonly debtReduced: number
  readonly credited: number
  readonly paidBack: number
  readonly charge: Charge
}

export interface Instalment {
  readonly n: number
  readonly dueOn: string
  readonly principal: number
  readonly interest: number
  readonly fee: number
  readonly penalty: number
  readonly total: number
  readonly paid: number
  readonly outstanding: number
  readonly balanceAfter: number
}

export interface Loan extends Identified {
  readonly lineId: string
  readonly chargeId: string | null
  readonly plan: string
  readonly status: 'active' | 'paid' | 'overpaid' | 'charged-off'
  readonly principal: number
  readonly principalOutstanding: number
  readonly daysPastDue: number
  readonly payoff: number
  readonly instalments: readonly Instalment[]
  readonly funders: readonly { readonly funderId: string; readonly principalOutstanding: number }[]
}

export interface Repayment extends Identified {
  readonly amount: number
  readonly status: 'booked' | 'reversed'
  readonly source: 'customer' | 'partner' | 'autopay' | 'credit'
  readonly credited: number
  readonly allocations: readonly {
    readonly loanId: string
    readonly amount: number
    readonly principal: number
    readonly interest: number
    readonly fee: number
    readonly penalty: number
  }[]
}

export interface Statement extends Identified {
  readonly dueOn: string
  readonly total: number
  readonly minimum: number
  readonly outstanding: number
  readonly items: readonly (Identified & { readonly total: number; readonly outstanding: number })[]
}

export interface Payout extends Identified {
  readonly amount: number
  readonly direction: 'pay' | 'collect'
  readonly status: 'pending' | 'paid'
}

export interface Event extends Identified {
  readonly cursor: string
  readonly type: string
  readonly lineId: string | null
  readonly chargeId: string | null
  readonly loanId: string | null
  readonly data: Readonly<Record<string, unknown>>
  readonly legs: readonly { readonly account: string; readonly amount: number }[]
}

export interface EventPage {
  readonly data: readonly Event[]
  readonly next: string
  readonly more: boolean
}

export interface ListOf<Entry> {
  readonly data: readonly Entry[]
}

export interface ProblemDocument {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly remedy: string
  readonly requestId: string
  readonly errors?: readonly { readonly path: string; readonly message: string }[]
}

export interface AuditReport {
  readonly ok: boolean
  readonly proofs: readonly { readonly name: string; readonly failures: readonly string[] }[]
}

export interface TrialBalance {
  readonly accounts: readonly { readonly account: string; readonly balance: number }[]
  readonly totals: readonly { readonly currency: string; readonly balanced: boolean }[]
}
