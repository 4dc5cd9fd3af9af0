import { type Day, formatDay } from './calendar.ts'
import type { Fraction } from './fraction.ts'
import type { Minor } from './money.ts'

/** Nights in a row, from the evening of one day to the morning of another, on which one balance bore one rate. */
export interface Stretch {
  /** The debt: of a draw or of an item of a line, its id. */
  readonly of: string
  readonly from: string
  readonly to: string
  readonly balance: Minor
  /** Of one a night. */
  readonly daily: Fraction
}

/** The same while it is reckoned: dates are written for those that are shown. */
export interface LiveStretch {
  readonly of: string
  readonly from: Day
  readonly to: Day
  readonly balance: Minor
  readonly daily: Fraction
}

export function shownStretch({ from, to, ...borne }: LiveStretch): Stretch {
  return { ...borne, from: formatDay(from), to: formatDay(to) }
}
