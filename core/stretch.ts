import { type Day, formatDay } from './calendar.ts'
import type { Fraction } from './fraction.ts'
import type { Minor } from './money.ts'

/**
 * Nights in a row, from the evening of one day to the morning of another, on which one balance bore one rate; dates are
 * written for those that are shown.
 */
export interface Stretch<Moment = string> {
  /** The debt: of a draw or of an item of a line, its id. */
  readonly of: string
  readonly from: Moment
  readonly to: Moment
  readonly balance: Minor
  /** Of one a night. */
  readonly daily: Fraction
}

export function shownStretch({ from, to, ...borne }: Stretch<Day>): Stretch {
  return { ...borne, from: formatDay(from), to: formatDay(to) }
}
