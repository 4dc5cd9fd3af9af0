import { type Fraction, fraction, multiply, parseDecimal, roundFraction } from '../fraction.ts'
import type { Minor } from '../money.ts'
import { Problem } from '../problem.ts'
import type { Rounding } from '../rounding.ts'
import { type Grade, grades, type Stage } from './classification.ts'

/**
 * Provision in percent of the balance by grade: the rates of the People's Bank of China's guidelines on loan-loss
 * reserves (银发〔2002〕98号): a general 1 %, then 2, 25, 50 and 100 %. An operator states its own beside it.
 */
export const CN_PROVISION_PERCENT: Readonly<Record<Grade, string>> = {
  normal: '1',
  'special-mention': '2',
  substandard: '25',
  doubtful: '50',
  loss: '100',
}

export interface GradeLoss {
  readonly grade: Grade
  readonly exposure: Minor
  readonly percent: string
  readonly expectedLoss: Minor
}

/** Expected loss of a book by grade; each grade is rounded once. */
export function lossByGrade(
  exposures: Readonly<Partial<Record<Grade, Minor>>>,
  percents: Readonly<Record<Grade, string>> = CN_PROVISION_PERCENT,
  rounding: Rounding = 'half-even',
): { readonly lines: GradeLoss[]; readonly total: Minor } {
  const lines = grades.map((grade) => {
    const exposure = exposures[grade] ?? 0n
    const percent = percents[grade]
    const expectedLoss = roundFraction(multiply(fraction(exposure), percentOf(percent, grade)), rounding)
    return { grade, exposure, percent, expectedLoss }
  })
  return { lines, total: lines.reduce((sum, line) => sum + line.expectedLoss, 0n) }
}

export interface LossInput {
  readonly stage: Stage
  /** Gross carrying amount, and what of an undrawn limit is expected to be drawn before default. */
  readonly exposure: Minor
  /** Probability of default within twelve months, and over the whole life, in percent. */
  readonly twelveMonthPdPercent: string
  readonly lifetimePdPercent: string
  readonly lossGivenDefaultPercent: string
  /** Discount to today of the expected loss, a fraction at most 1 as a decimal; absent: 1. */
  readonly discountFactor?: string
}

/**
 * IFRS 9 5.5.3 and 5.5.5: twelve months' expected loss in stage 1, the whole life's in stage 2; in stage 3 the default
 * has happened, so its probability is 1. exposure × PD × LGD × discount factor, rounded once.
 */
export function expectedLoss(input: LossInput, rounding: Rounding = 'half-even'): Minor {
  const pd = input.stage === 1 ? input.twelveMonthPdPercent : input.lifetimePdPercent
  const probability =
    input.stage === 3 ? fraction(1n) : percentOf(pd, input.stage === 1 ? 'twelveMonthPdPercent' : 'lifetimePdPercent')
  const severity = percentOf(input.lossGivenDefaultPercent, 'lossGivenDefaultPercent')
  const discount = discountOf(input.discountFactor ?? '1')
  return roundFraction(
    multiply(multiply(fraction(input.exposure), probability), multiply(severity, discount)),
    rounding,
  )
}

function discountOf(text: string): Fraction {
  const factor = parseDecimal(text)
  if (factor.num < 0n || factor.num > factor.den) {
    throw new Problem('bad-discount', 'discountFactor must be from 0 to 1', 'discountFactor')
  }
  return factor
}

function percentOf(text: string, field: string): Fraction {
  const percent = parseDecimal(text)
  if (percent.num < 0n || percent.num > percent.den * 100n) {
    throw new Problem('bad-percent', `${field} must be from 0 to 100`, field)
  }
  return fraction(percent.num, percent.den * 100n)
}
