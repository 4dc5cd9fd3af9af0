import { kept } from '../keep.ts'

/** Enough for a day's merchants; when there are more, all are put together anew. */
const keptNames = 10_000

/**
 * Every purchase names seven accounts, nearly all of them the same ones. Kept, a name is one text that every event, sum and row
 * shares, and its hash is known.
 */
const named = (print: (id: string) => string) => kept(print, keptNames)

/**
 * The chart of accounts. A path reads from the kind of account down to whom it concerns; the first word says on which
 * side it normally stands (asset and expense: debit; liability and income: credit).
 */
export const accounts = {
  /** Money at the bank. */
  bank: 'asset:cash:bank',
  /** Principal lent and not yet repaid. */
  loans: named((program) => `asset:loans:${program}`),
  /** Interest, fees and late charges earned and not yet paid. */
  interestReceivable: named((program) => `asset:interest:${program}`),
  feeReceivable: named((program) => `asset:fees:${program}`),
  penaltyReceivable: named((program) => `asset:penalties:${program}`),
  /** Owed to a merchant for captures, less fees and refunds. */
  merchantPayable: named((merchant) => `liability:merchant:${merchant}:payable`),
  /** Of it, what waits for the end of a dispute: in no payout, whoever is right. */
  merchantDisputed: named((merchant) => `liability:merchant:${merchant}:disputed`),
  /** Customers' money kept for later dues. */
  customerCredit: named((program) => `liability:customers:credit:${program}`),
  /** What a funder has lent through us: its share of outstanding principal. */
  funderPrincipal: named((funder) => `liability:funder:${funder}:principal`),
  /** Its share of charges earned and not yet paid by customers. */
  funderIncome: named((funder) => `liability:funder:${funder}:income`),
  /** Cash to move: credit is owed to the funder, debit is to be paid in by it. */
  funderSettlement: named((funder) => `liability:funder:${funder}:settlement`),
  interestIncome: named((program) => `income:interest:${program}`),
  feeIncome: named((program) => `income:fees:${program}`),
  penaltyIncome: named((program) => `income:penalties:${program}`),
  /** Fees of merchants, and what they paid so that their customers bear no interest. */
  merchantFeeIncome: named((program) => `income:merchant-fee:${program}`),
  recoveryIncome: named((program) => `income:recoveries:${program}`),
  waiverExpense: named((program) => `expense:waivers:${program}`),
  writeOffExpense: named((program) => `expense:write-offs:${program}`),
} as const

export type AccountSide = 'debit' | 'credit'

export function sideOf(account: string): AccountSide {
  return account.startsWith('asset:') || account.startsWith('expense:') ? 'debit' : 'credit'
}
