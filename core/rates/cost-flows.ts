import type { Minor } from '../money.ts'
import type { Flow } from './flow.ts'
import { type Convention, type TrueRate, type TrueRateInput, trueRate } from './true-rate.ts'

/** What a borrower may be charged beside the instalments, or spared. */
export type CostKind =
  /** Arrangement, service or account fee of the lender or its partner. */
  | 'fee'
  /** Guarantee or credit-enhancement fee. */
  | 'guarantee'
  | 'required-insurance'
  | 'optional-insurance'
  /** Paid to a notary or a public register. */
  | 'notary'
  /** Charged only when the borrower is late or breaks the contract. */
  | 'default'
  /** Interest or price that a merchant, platform or coupon pays for the borrower, certain when the contract is made. */
  | 'subsidy'
  /** A benefit that depends on what the borrower does later. */
  | 'conditional-benefit'

export interface LoanCost {
  readonly kind: CostKind
  readonly on: string
  /** Above zero; a subsidy or benefit counts for the borrower. */
  readonly amount: Minor
}

export interface CostedLoan {
  /** Price of the goods, or the sum lent. */
  readonly principal: Minor
  readonly disbursedOn: string
  /** Paid by the borrower on the day: that part is not credit under any of the laws. */
  readonly downPayment?: Minor
  /** Instalments as the contract has them, interest in them. */
  readonly payments: readonly { readonly on: string; readonly amount: Minor }[]
  readonly costs?: readonly LoanCost[]
}

/**
 * Which costs a law counts. EU: Directive 2023/2225, Art. 3(5) (all costs the lender knows of, without notarial ones;
 * ancillary services only where compulsory) and Annex III with Art. 30(2) (without charges for breach). UK: FCA CONC App
 * 1.2.3 R, likewise. US: 12 CFR 1026.4(b), (c)(2), (d) and (e). China: announcement [2021] No. 3 takes all costs of the
 * loan to its principal; what is not demanded for the loan, and what only a breach costs, is none.
 */
const COUNTED: Readonly<Record<Exclude<CostKind, 'subsidy'>, readonly Convention[]>> = {
  fee: ['us-reg-z', 'eu-aprc', 'uk-apr', 'cn-irr', 'cn-simple', 'xirr'],
  guarantee: ['us-reg-z', 'eu-aprc', 'uk-apr', 'cn-irr', 'cn-simple', 'xirr'],
  'required-insurance': ['us-reg-z', 'eu-aprc', 'uk-apr', 'cn-irr', 'cn-simple', 'xirr'],
  'optional-insurance': ['xirr'],
  notary: ['cn-irr', 'cn-simple', 'xirr'],
  default: ['xirr'],
  'conditional-benefit': ['xirr'],
}

/** The flows of a loan as a law takes them. `xirr` counts everything that moves. */
export function costFlows(convention: Convention, loan: CostedLoan): TrueRateInput {
  const counted = (loan.costs ?? []).filter(({ kind }) => kind === 'subsidy' || COUNTED[kind].includes(convention))
  const costs = counted.map(({ kind, on, amount }): Flow => {
    const spared = kind === 'subsidy' || kind === 'conditional-benefit'
    return { on, amount: spared ? -amount : amount }
  })
  return {
    advances: [{ on: loan.disbursedOn, amount: loan.principal - (loan.downPayment ?? 0n) }],
    payments: [...loan.payments, ...costs],
  }
}

/** The rate of a loan with its costs: what a quote shows. */
export function loanRate(convention: Convention, loan: CostedLoan): TrueRate {
  return trueRate(convention, costFlows(convention, loan))
}
