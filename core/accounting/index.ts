/** Accounting of loans: accrued interest, effective interest, classification and expected loss. */
export { accruedBetween, accruedInterest, type InterestPeriodAmount } from './accrued.ts'
export {
  CN_GRADE_DAYS,
  cnGrade,
  type Grade,
  grades,
  IFRS9_STAGE_DAYS,
  ifrs9Stage,
  isNonPerforming,
  type Stage,
  type StageDays,
} from './classification.ts'
export {
  amortisedCost,
  catchUp,
  type DatedAmount,
  type EffectiveInterest,
  type EffectiveInterestInput,
  type EffectiveInterestRow,
  effectiveInterest,
  incomeBetween,
  incomeTo,
} from './effective-interest.ts'
export { CN_PROVISION_PERCENT, expectedLoss, type GradeLoss, type LossInput, lossByGrade } from './expected-loss.ts'
