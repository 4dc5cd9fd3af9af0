/** A loan as a fold of its events: open, apply, ask. */
export { decodeEvent, decodeTerms, encodeEvent, encodeTerms } from './codec.ts'
export { applyEvent, foldLoan, openLoan } from './fold.ts'
export { LoanProblem } from './problem.ts'
export { type DuesOn, daysPastDueOn, duesOn, ledgerOn, owedOn, payoffOn } from './quote.ts'
export { type OwnerLedger, ownersOn } from './sale.ts'
export type * from './types.ts'
