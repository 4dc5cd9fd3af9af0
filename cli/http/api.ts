/** The answers of the API that the commands read, as far as they read them. Amounts are integers in minor units. */

export interface Created {
  readonly id: string
}

export interface Program extends Created {
  readonly name: string
  readonly review: {
    readonly capPercent: string | null
    readonly interestFreeDaysMax: number
    readonly costs: readonly { readonly plan: string; readonly irrPercent: string }[]
  }
}

export interface Line extends Created {
  readonly status: 'declined' | 'active' | 'frozen' | 'closed'
  readonly limit: number
  readonly owed: number
  readonly available: number
  readonly nextStatementOn: string | null
  readonly decision: { readonly reasons: readonly { readonly code: string; readonly text: string }[] }
}

export interface PlanQuote {
  readonly plan: string
  readonly instalments: number
  readonly paidBy: 'customer' | 'merchant'
  readonly total: number
  readonly cost: number
  readonly irrPercent: string
}

export interface Charge extends Created {
  readonly amount: number
  readonly refunded: number
  readonly merchantFee: number
  readonly loanIds: readonly string[]
}

export interface Refund extends Created {
  readonly amount: number
  readonly debtReduced: number
  readonly credited: number
}

export interface Instalment {
  readonly n: number
  readonly dueOn: string
  readonly principal: number
  readonly interest: number
  readonly penalty: number
  readonly total: number
  readonly paid: number
  readonly outstanding: number
  readonly status: 'upcoming' | 'due' | 'past-due' | 'paid'
}

export interface Loan extends Created {
  readonly chargeId: string | null
  readonly status: string
  readonly principal: number
  readonly principalOutstanding: number
  readonly daysPastDue: number
  readonly bucket: string
  readonly payoff: number
  readonly instalments: readonly Instalment[]
  readonly funders: readonly {
    readonly funderId: string
    readonly basisPoints: number
    readonly principalOutstanding: number
  }[]
}

export interface Statement extends Created {
  readonly lineId: string
  readonly number: number
  readonly openedOn: string
  readonly closedOn: string
  readonly dueOn: string
  readonly total: number
  readonly outstanding: number
  readonly status: 'open' | 'paid' | 'past-due'
  readonly items: readonly {
    readonly loanId: string
    readonly instalment: number
    readonly kind: string
    readonly principal: number
    readonly interest: number
    readonly penalty: number
    readonly total: number
  }[]
}

export interface Repayment extends Created {
  readonly amount: number
  readonly source: string
  readonly effectiveOn: string
  readonly allocations: readonly {
    readonly loanId: string
    readonly amount: number
    readonly principal: number
    readonly interest: number
    readonly fee: number
    readonly penalty: number
  }[]
  readonly credited: number
}

export interface Payout extends Created {
  readonly merchantId: string | null
  readonly funderId: string | null
  readonly amount: number
  readonly direction: 'pay' | 'collect'
  readonly status: 'pending' | 'paid'
  readonly timing: string
  readonly throughOn: string
}

export interface Account {
  readonly account: string
  readonly currency: string
  readonly side: 'debit' | 'credit'
  readonly debits: number
  readonly credits: number
  readonly balance: number
}

export interface TrialBalance {
  readonly asOf: string
  readonly accounts: readonly Account[]
  readonly totals: readonly {
    readonly currency: string
    readonly debits: number
    readonly credits: number
    readonly balanced: boolean
  }[]
}

export interface AuditReport {
  readonly ok: boolean
  readonly proofs: readonly { readonly name: string; readonly checked: number; readonly failures: readonly string[] }[]
}

export interface Advanced {
  readonly today: string
  readonly days: number
  readonly statements: number
  readonly autopaid: number
  readonly lateCharges: number
  readonly payouts: number
}

export interface JournalEvent {
  readonly type: string
  readonly lineId: string | null
  readonly loanId: string | null
  readonly data: Readonly<Record<string, unknown>>
  readonly effectiveOn: string
}

export interface EventPage {
  readonly data: readonly JournalEvent[]
  readonly next: string
  readonly more: boolean
}

/** `next`: sent as `after` for the page behind it. */
export interface Page<Item> extends Listed<Item> {
  readonly next: string | null
}

export interface Listed<Item> {
  readonly data: readonly Item[]
}
