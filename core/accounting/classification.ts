/**
 * How an asset is classed by its days past due. Days are floors: an institution may always class lower for what else it
 * knows (restructured, bankrupt, fraud), so a caller may state a grade or stage that is at least applied.
 */
import { Problem } from '../problem.ts'

/**
 * The five grades of China's asset classification (Rules for the Risk Classification of Financial Assets of Commercial
 * Banks, China Banking and Insurance Regulatory Commission and People's Bank of China order [2023] No. 1): 正常, 关注,
 * 次级, 可疑, 损失.
 */
export const grades = ['normal', 'special-mention', 'substandard', 'doubtful', 'loss'] as const
export type Grade = (typeof grades)[number]

/** Most days past due of a grade: any day overdue is special mention; above 90, 270 and 360 days it falls further. */
export const CN_GRADE_DAYS: Readonly<Record<Exclude<Grade, 'loss'>, number>> = {
  normal: 0,
  'special-mention': 90,
  substandard: 270,
  doubtful: 360,
}

export function cnGrade(daysPastDue: number, atLeast: Grade = 'normal'): Grade {
  assertDays(daysPastDue)
  const byDays = grades.find((grade) => grade === 'loss' || daysPastDue <= CN_GRADE_DAYS[grade])!
  return grades.indexOf(byDays) >= grades.indexOf(atLeast) ? byDays : atLeast
}

/** Substandard, doubtful and loss together are the non-performing assets. */
export function isNonPerforming(grade: Grade): boolean {
  return grades.indexOf(grade) >= grades.indexOf('substandard')
}

export type Stage = 1 | 2 | 3

/** IFRS 9: more than 30 days past due is presumed a significant increase in credit risk (5.5.11), 90 a default (B5.5.37). */
export interface StageDays {
  readonly significantIncreaseAfter: number
  readonly defaultAfter: number
}

export const IFRS9_STAGE_DAYS: StageDays = { significantIncreaseAfter: 30, defaultAfter: 90 }

/**
 * The stage of an asset. Stage 3 begins on the day `defaultAfter` is reached ("90 days past due"), stage 2 on the day
 * after `significantIncreaseAfter` ("more than 30 days").
 */
export function ifrs9Stage(daysPastDue: number, atLeast: Stage = 1, days: StageDays = IFRS9_STAGE_DAYS): Stage {
  assertDays(daysPastDue)
  const byDays = daysPastDue >= days.defaultAfter ? 3 : daysPastDue > days.significantIncreaseAfter ? 2 : 1
  return byDays > atLeast ? byDays : atLeast
}

function assertDays(daysPastDue: number): void {
  if (Number.isInteger(daysPastDue) && daysPastDue >= 0) return
  throw new Problem('bad-days', 'days past due must be a whole number, 0 or more', 'daysPastDue')
}
