/**
 * True rates: the rate at which the present value of what is lent equals that of what is paid, each law with its own
 * way of counting time. One equation (solve.ts), several conventions.
 */
export { type CostedLoan, type CostKind, costFlows, type LoanCost, loanRate } from './cost-flows.ts'
export type { Flow, UnitPeriod, UnitPeriodName, YearsAfter } from './flow.ts'
export { annualRates, irr, irrOf, preferred } from './irr.ts'
export { percentText } from './percent.ts'
export { RateProblem, type RateProblemCode } from './problem.ts'
export { type Equation, solve } from './solve.ts'
export {
  type CnRates,
  type Convention,
  cnRates,
  cnRatesOn,
  conventions,
  type TrueRate,
  type TrueRateInput,
  trueRate,
} from './true-rate.ts'
