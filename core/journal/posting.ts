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
import type { Leg } from './legs.ts'

/** Parts of ten thousand. What the shares leave over is the operator's own book. */
export interface Funding {
  readonly shares: readonly { readonly funderId: string; readonly basisPoints: number }[]
  /** Part of every charge (interest, fee, late charge) that the operator keeps before the rest is shared. */
  readonly serviceFeeBasisPoints: number
}

export const ownFunding: Funding = { shares: [], serviceFeeBasisPoints: 0 }

const whole = 10_000n

/** Weights of the funders and, last, of the operator. */
interface Weights {
  readonly principal: readonly bigint[]
  /** Of charges: after the operator's service fee. */
  readonly charge: readonly bigint[]
}

/** A program's funding is that of all its purchases. */
const knownWeights = new WeakMap<Funding, Weights>()

function weightsOf(funding: Funding): Weights {
  const known = knownWeights.get(funding)
  if (known !== undefined) return known
  const shares = funding.shares.map((share) => BigInt(share.basisPoints))
  const own = whole - sumOf(shares)
  assert(own >= 0n, () => `funders' shares exceed the whole: ${funding.shares.map((share) => share.basisPoints)}`)
  const shared = whole - BigInt(funding.serviceFeeBasisPoints)
  const ofCharges = shares.map((share) => share * shared)
  const weights = { principal: [...shares, own], charge: [...ofCharges, whole * whole - sumOf(ofCharges)] }
  knownWeights.set(funding, weights)
  return weights
}

function sumOf(amounts: readonly bigint[]): bigint {
  return amounts.reduce((sum, amount) => sum + amount, 0n)
}

/** How one movement of a counter from `before` to `after` falls on the funders and, last, on the operator. */
function movement(before: Minor, after: Minor, weights: readonly bigint[]): Minor[] {
  const parts = splitByWeights(after, weights)
  if (before === 0n) return parts
  const from = splitByWeights(before, weights)
  return parts.map((part, index) => part - from[index]!)
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
 * Legs of a loan's movement from one ledger to another, zeros among them and not yet closed by a counter-account: their
 * sum is what the event's other side (money at the bank, a merchant, a customer's credit) has to bear.
 */
export function loanLegs(program: string, funding: Funding, before: LoanLedger, after: LoanLedger): Leg[] {
  const sums: Sums = { legs: [], places: new Map() }
  for (const rule of postingRules) {
    // Most events move one or two of the twenty counters.
    if (after[rule.counter] !== before[rule.counter]) addLegs(sums, rule, { program, funding, before, after })
  }
  return sums.legs
}

/** One leg for an account however many rules name it, so that its text is written once. */
interface Sums {
  readonly legs: { readonly account: string; amount: Minor }[]
  /** Of an account's leg, by the funder's place; accounts of the program have one. */
  readonly places: Map<Account, number[]>
}

function addTo({ legs, places }: Sums, account: Account, id: string, at: number, amount: Minor): void {
  const known = places.get(account) ?? []
  const place = known[at]
  if (place !== undefined) {
    legs[place]!.amount += amount
    return
  }
  known[at] = legs.length
  places.set(account, known)
  legs.push({ account: account(id), amount })
}

interface LedgerMove {
  readonly program: string
  readonly funding: Funding
  readonly before: LoanLedger
  readonly after: LoanLedger
}

function addLegs(sums: Sums, rule: Rule, { program, funding, before, after }: LedgerMove): void {
  const [from, to] = [before[rule.counter], after[rule.counter]]
  const parts = movement(from, to, weightsOf(funding)[rule.split])
  for (const [sign, account] of rule.whole) addTo(sums, account, program, 0, sign * (to - from))
  for (let index = 0; index < funding.shares.length; index++) {
    const { funderId } = funding.shares[index]!
    for (const [sign, account] of rule.funder) addTo(sums, account, funderId, index, sign * parts[index]!)
  }
  for (const [sign, account] of rule.own) addTo(sums, account, program, 0, sign * parts.at(-1)!)
}

/** What one funder has in a loan, by counter: for its ledger and for the audit. */
export function funderPart(funding: Funding, funderId: string, counter: Counter, total: Minor): Minor {
  const rule = postingRules.find((candidate) => candidate.counter === counter)
  assert(rule !== undefined, () => `no posting rule for ${counter}`)
  const index = funding.shares.findIndex((share) => share.funderId === funderId)
  if (index < 0) return 0n
  return splitByWeights(total, weightsOf(funding)[rule.split])[index]!
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
