/** Daily draws on one limit: simple interest by the day, repaid any day in any order. */
export { drawsOn } from './draws.ts'
export type { Draw, DrawEvent, DrawState, DrawTerms, MoneySpread, RepaymentSpread } from './types.ts'
export { DrawProblem } from './types.ts'
