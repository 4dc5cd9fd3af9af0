/**
 * The posting rules: from the movement of a loan's counters to balanced legs, one table that an accountant can read.
 *
 * Every leg of a loan is split among its funders in the proportions of its funding. What is split is the cumulative
 * counter, not the single movement: cents never drift, whatever the number of events.
 */
import type { LoanLedger } from '../loan/types.ts'
import { type Minor, splitByWeights } from '../money.ts'
import { assert } from '../problem.ts'
import { accounts } from './accounts.ts'
import { type Leg, mergeLegs } from './legs.ts'

/** Parts of ten thousand. What the shares leave over is the operator's own book. */
export interface Funding {
  readonly shares: readonly { readonly funderId: string; readonly basisPoints: number }[]
  /** Part of every charge (interest, fee, late charge) that the operator keeps before the rest is shared. */
  readonly serviceFeeBasisPoints: number
}

export const ownFunding: Funding = { shares: [], serviceFeeBasisPoints: 0 }

const whole = 10_000n

/** Weights of the funders and, last, of the operator: of principal. */
function principalWeights(funding: Funding): bigint[] {
  const shares = funding.shares.map((share) => BigInt(share.basisPoints))
  const own = whole - shares.reduce((sum, share) => sum + share, 0n)
  assert(own >= 0n, () => `funders' shares exceed the whole: ${funding.shares.map((share) => share.basisPoints)}`)
  return [...shares, own]
}

/** The same of charges, after the operator's service fee. */
function chargeWeights(funding: Funding): bigint[] {
  const shared = whole - BigInt(funding.serviceFeeBasisPoints)
  const shares = principalWeights(funding)
    .slice(0, -1)
    .map((share) => share * shared)
  return [...shares, whole * whole - shares.reduce((sum, share) => sum + share, 0n)]
}

/** How one movement of a counter from `before` to `after` falls on the funders and, last, on the operator. */
function movement(before: Minor, after: Minor, weights: readonly bigint[]): Minor[] {
  if (before === after) return weights.map(() => 0n)
  const from = splitByWeights(before, weights)
  return splitByWeights(after, weights).map((part, index) => part - from[index]!)
}

type Counter = keyof LoanLedger

/** debit and credit of one unit of movement; `funder` has the accounts of a funder's part, `own` those of the operator's. */
interface Rule {
  readonly counter: Counter
  readonly split: 'principal' | 'charge'
  /** Legs of the whole movement. */
  readonly whole: readonly [sign: 1n | -1n, account: (program: string) => string][]
  readonly funder: readonly [sign: 1n | -1n, account: (funder: string) => string][]
  readonly own: readonly [sign: 1n | -1n, account: (program: string) => string][]
}

const debit = 1n
const credit = -1n
const { funderPrincipal, funderIncome, funderSettlement } = accounts

const principalReturned: Rule['funder'] = [
  [debit, funderPrincipal],
  [credit, funderSettlement],
]

/** The four things that happen to a charge are the same for interest, fees and late charges. */
function chargeRules(component: 'interest' | 'fee' | 'penalty', receivable: Account, income: Account): Rule[] {
  return [
    {
      counter: `${component}Recognised`,
      split: 'charge',
      whole: [[debit, receivable]],
      funder: [[credit, funderIncome]],
      own: [[credit, income]],
    },
    {
      counter: `${component}Paid`,
      split: 'charge',
      whole: [[credit, receivable]],
      funder: [
        [debit, funderIncome],
        [credit, funderSettlement],
      ],
      own: [],
    },
    {
      counter: `${component}Waived`,
      split: 'charge',
      whole: [[credit, receivable]],
      funder: [[debit, funderIncome]],
      own: [[debit, accounts.waiverExpense]],
    },
    {
      counter: `${component}WrittenOff`,
      split: 'charge',
      whole: [[credit, receivable]],
      funder: [[debit, funderIncome]],
      own: [[debit, accounts.writeOffExpense]],
    },
  ]
}

type Account = (id: string) => string

const lent: Rule['funder'] = [
  [debit, funderSettlement],
  [credit, funderPrincipal],
]

/** The posting table. Legs that a rule leaves open stand against the event's counter-account (bank, merchant, credit). */
export const postingRules: readonly Rule[] = [
  { counter: 'disbursed', split: 'principal', whole: [[debit, accounts.loans]], funder: lent, own: [] },
  { counter: 'principalRestored', split: 'principal', whole: [[debit, accounts.loans]], funder: lent, own: [] },
  {
    counter: 'principalPaid',
    split: 'principal',
    whole: [[credit, accounts.loans]],
    funder: principalReturned,
    own: [],
  },
  {
    counter: 'principalRefunded',
    split: 'principal',
    whole: [[credit, accounts.loans]],
    funder: principalReturned,
    own: [],
  },
  {
    counter: 'principalWrittenOff',
    split: 'principal',
    whole: [[credit, accounts.loans]],
    funder: [[debit, funderPrincipal]],
    own: [[debit, accounts.writeOffExpense]],
  },
  ...chargeRules('interest', accounts.interestReceivable, accounts.interestIncome),
  ...chargeRules('fee', accounts.feeReceivable, accounts.feeIncome),
  ...chargeRules('penalty', accounts.penaltyReceivable, accounts.penaltyIncome),
  { counter: 'overpaid', split: 'principal', whole: [[credit, accounts.customerCredit]], funder: [], own: [] },
  { counter: 'overpaidReturned', split: 'principal', whole: [[debit, accounts.customerCredit]], funder: [], own: [] },
  {
    counter: 'recovered',
    split: 'principal',
    whole: [],
    funder: [[credit, funderSettlement]],
    own: [[credit, accounts.recoveryIncome]],
  },
]

/**
 * Legs of a loan's movement from one ledger to another, not yet closed by a counter-account: their sum is what the
 * event's other side (money at the bank, a merchant, a customer's credit) has to bear.
 */
export function loanLegs(program: string, funding: Funding, before: LoanLedger, after: LoanLedger): Leg[] {
  // Most events move one or two of the twenty counters.
  const moved = postingRules.filter((rule) => after[rule.counter] !== before[rule.counter])
  return mergeLegs(moved.flatMap((rule) => legsOf(rule, program, funding, before, after)))
}

function legsOf(rule: Rule, program: string, funding: Funding, before: LoanLedger, after: LoanLedger): Leg[] {
  const change = after[rule.counter] - before[rule.counter]
  const weights = rule.split === 'principal' ? principalWeights(funding) : chargeWeights(funding)
  const parts = movement(before[rule.counter], after[rule.counter], weights)
  return [
    ...rule.whole.map(([sign, account]) => ({ account: account(program), amount: sign * change })),
    ...funding.shares.flatMap((share, index) =>
      rule.funder.map(([sign, account]) => ({ account: account(share.funderId), amount: sign * parts[index]! })),
    ),
    ...rule.own.map(([sign, account]) => ({ account: account(program), amount: sign * parts.at(-1)! })),
  ]
}

/** What one funder has in a loan, by counter: for its ledger and for the audit. */
export function funderPart(funding: Funding, funderId: string, counter: Counter, total: Minor): Minor {
  const rule = postingRules.find((candidate) => candidate.counter === counter)
  assert(rule !== undefined, () => `no posting rule for ${counter}`)
  const index = funding.shares.findIndex((share) => share.funderId === funderId)
  if (index < 0) return 0n
  const weights = rule.split === 'principal' ? principalWeights(funding) : chargeWeights(funding)
  return splitByWeights(total, weights)[index]!
}

export const emptyLedger: LoanLedger = {
  disbursed: 0n,
  principalRestored: 0n,
  principalPaid: 0n,
  principalRefunded: 0n,
  principalWrittenOff: 0n,
  interestRecognised: 0n,
  interestPaid: 0n,
  interestWaived: 0n,
  interestWrittenOff: 0n,
  feeRecognised: 0n,
  feePaid: 0n,
  feeWaived: 0n,
  feeWrittenOff: 0n,
  penaltyRecognised: 0n,
  penaltyPaid: 0n,
  penaltyWaived: 0n,
  penaltyWrittenOff: 0n,
  overpaid: 0n,
  overpaidReturned: 0n,
  recovered: 0n,
}
