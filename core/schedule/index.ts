/** Schedules without a loan's history: the plan of its terms and the true rates of that plan. */

import { bookOf } from '../loan/fold.ts'
import { openLoan } from '../loan/index.ts'
import type { Instalment, LoanTerms } from '../loan/types.ts'
import { ratesOf, type ScheduleRates } from './rates.ts'

export { businessDueDates } from './dates.ts'
export { ratesOf, type ScheduleRates } from './rates.ts'

export interface Plan {
  readonly instalments: readonly Instalment[]
  readonly rates: ScheduleRates
}

export function planRows(terms: LoanTerms): Plan {
  const state = openLoan(terms)
  return { instalments: state.instalments, rates: ratesOf(terms, state.instalments, bookOf(state).disbursements) }
}
