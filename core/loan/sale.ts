/**
 * A claim that changes hands at par. The ledger of the seller is closed at the end of the day of the sale, as if the
 * buyer had paid it everything outstanding then; the buyer's opens with the same principal lent and the same charges
 * earned. Posting each owner's ledger with its own funding therefore balances, whatever is booked back-dated later.
 */
import { ledgerOn } from './quote.ts'
import type { LoanLedger, LoanState } from './types.ts'

export interface OwnerLedger {
  /** Null: the funders it was lent with. */
  readonly owner: string | null
  /** Whose the loan is from the end of this day; the first owner's day is that of the disbursement. */
  readonly from: string
  readonly ledger: LoanLedger
}

/** The loan's counters on a day, owner by owner. Their principal and receivables add up to those of the loan. */
export function ownersOn(state: LoanState, on: string): OwnerLedger[] {
  const sales = state.owners.filter((owner) => owner.from <= on)
  const owners = [{ owner: null, from: state.terms.disbursedOn }, ...sales]
  const atSales = sales.map((sale) => ledgerOn(state, sale.from))
  return owners.map(({ owner, from }, index): OwnerLedger => {
    const before = atSales[index - 1]
    const sold = atSales[index]
    const until = sold ?? ledgerOn(state, on)
    const held = before === undefined ? until : added(opening(before), until, before)
    return { owner, from, ledger: sold === undefined ? held : added(held, settlement(sold), null) }
  })
}

/** What the buyer takes over. */
function opening(ledger: LoanLedger): LoanLedger {
  const { principal, interest, fee, penalty } = outstanding(ledger)
  const nothing = added(ledger, null, ledger)
  return {
    ...nothing,
    disbursed: principal,
    interestRecognised: interest,
    feeRecognised: fee,
    penaltyRecognised: penalty,
  }
}

/** The buyer's money, by what it pays for. */
function settlement(ledger: LoanLedger): Partial<LoanLedger> {
  const { principal, interest, fee, penalty } = outstanding(ledger)
  return { principalPaid: principal, interestPaid: interest, feePaid: fee, penaltyPaid: penalty }
}

function outstanding(ledger: LoanLedger): Record<'principal' | 'interest' | 'fee' | 'penalty', bigint> {
  const lent = ledger.disbursed + ledger.principalRestored
  const charge = (name: 'interest' | 'fee' | 'penalty'): bigint =>
    ledger[`${name}Recognised`] - ledger[`${name}Paid`] - ledger[`${name}Waived`] - ledger[`${name}WrittenOff`]
  return {
    principal: lent - ledger.principalPaid - ledger.principalRefunded - ledger.principalWrittenOff,
    interest: charge('interest'),
    fee: charge('fee'),
    penalty: charge('penalty'),
  }
}

/** Counter by counter: ledger + more − less. */
function added(ledger: LoanLedger, more: Partial<LoanLedger> | null, less: LoanLedger | null): LoanLedger {
  const names = Object.keys(ledger) as (keyof LoanLedger)[]
  const sums = names.map((name) => [name, ledger[name] + (more?.[name] ?? 0n) - (less?.[name] ?? 0n)])
  return Object.fromEntries(sums) as Record<keyof LoanLedger, bigint>
}
