/** A revolving line: bills, free period, daily interest, minimum payment, hierarchy of payments, instalment conversion. */
export { revolvingOn } from './account.ts'
export type {
  BalanceTerms,
  Hierarchy,
  InstalmentPlan,
  InterestLine,
  Item,
  MinimumParts,
  RatePercent,
  RevolvingEvent,
  RevolvingState,
  RevolvingTerms,
  Spread,
  Statement,
} from './types.ts'
export { RevolvingProblem } from './types.ts'
