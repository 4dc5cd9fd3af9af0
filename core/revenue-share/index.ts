/** A merchant's advance repaid by a share of its sales, at a cost fixed when it is taken. */
export { type ExpectedTerm, expectedTerm } from './expected.ts'
export { revenueShareOn } from './share.ts'
export {
  type RevenueShareEvent,
  RevenueShareProblem,
  type RevenueShareState,
  type RevenueShareTerms,
  type Sweep,
} from './types.ts'
