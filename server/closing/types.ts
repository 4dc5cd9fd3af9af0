/** What the close of a day did. */

export interface Counts {
  readonly statements: number
  readonly autopaid: number
  readonly lateCharges: number
}

export interface DayReport extends Counts {
  readonly day: string
  readonly lines: number
  readonly expired: number
  readonly payouts: number
}
