/**
 * The chart of accounts. A path reads from the kind of account down to whom it concerns; the first word says on which
 * side it normally stands (asset and expense: debit; liability and income: credit).
 */
export const accounts = {
  /** Money at the bank. */
  bank: 'asset:cash:bank',
  /** Principal lent and not yet repaid. */
  loans: (program: string) => `asset:loans:${program}`,
  /** Interest, fees and late charges earned and not yet paid. */
  interestReceivable: (program: string) => `asset:interest:${program}`,
  feeReceivable: (program: string) => `asset:fees:${program}`,
  penaltyReceivable: (program: string) => `asset:penalties:${program}`,
  /** Owed to a merchant for captures, less fees and refunds. */
  merchantPayable: (merchant: string) => `liability:merchant:${merchant}:payable`,
  /** Customers' money kept for later dues. */
  customerCredit: (program: string) => `liability:customers:credit:${program}`,
  /** What a funder has lent through us: its share of outstanding principal. */
  funderPrincipal: (funder: string) => `liability:funder:${funder}:principal`,
  /** Its share of charges earned and not yet paid by customers. */
  funderIncome: (funder: string) => `liability:funder:${funder}:income`,
  /** Cash to move: credit is owed to the funder, debit is to be paid in by it. */
  funderSettlement: (funder: string) => `liability:funder:${funder}:settlement`,
  interestIncome: (program: string) => `income:interest:${program}`,
  feeIncome: (program: string) => `income:fees:${program}`,
  penaltyIncome: (program: string) => `income:penalties:${program}`,
  /** Fees of merchants, and what they paid so that their customers bear no interest. */
  merchantFeeIncome: (program: string) => `income:merchant-fee:${program}`,
  recoveryIncome: (program: string) => `income:recoveries:${program}`,
  waiverExpense: (program: string) => `expense:waivers:${program}`,
  writeOffExpense: (program: string) => `expense:write-offs:${program}`,
} as const

export type AccountSide = 'debit' | 'credit'

export function sideOf(account: string): AccountSide {
  return account.startsWith('asset:') || account.startsWith('expense:') ? 'debit' : 'credit'
}
