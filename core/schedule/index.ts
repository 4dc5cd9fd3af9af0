/** Schedules without a loan's history: the plan of its terms and the true rates of that plan. */

import { parseDay } from '../calendar.ts'
import { checkAmount, checkTerms } from '../loan/check.ts'
import { bookOf } from '../loan/fold.ts'
import { openLoan } from '../loan/index.ts'
import type { Instalment, LoanTerms } from '../loan/types.ts'
import type { Minor } from '../money.ts'
import { plainCourse, plainSchedule } from './plain.ts'
import { ratesOf, type ScheduleRates } from './rates.ts'

export { businessDueDates } from './dates.ts'
export { plainSchedule } from './plain.ts'
export { goodsReturned, ratesOf, type ScheduleRates, takenBack } from './rates.ts'

export interface Plan {
  readonly instalments: readonly Instalment[]
  readonly rates: ScheduleRates
}

/** The instalments of a loan on which nothing has happened yet. */
export function scheduleOf(terms: LoanTerms): readonly Instalment[] {
  checkTerms(terms)
  return plainSchedule(terms) ?? openLoan(terms).instalments
}

/** As `scheduleOf` for any amount under the same terms: what does not depend on their principal is worked out once. */
export function scheduler(terms: LoanTerms): (principal: Minor) => readonly Instalment[] {
  checkTerms(terms)
  const course = plainCourse(terms)
  return (principal) => {
    checkAmount(principal, 'principal')
    return course?.(principal) ?? scheduleOf({ ...terms, principal })
  }
}

export function planRows(terms: LoanTerms): Plan {
  checkTerms(terms)
  const plain = plainSchedule(terms)
  if (plain !== null) {
    const lent = [{ day: parseDay(terms.disbursedOn), amount: terms.principal }]
    return { instalments: plain, rates: ratesOf(terms, plain, lent) }
  }
  const state = openLoan(terms)
  return { instalments: state.instalments, rates: ratesOf(terms, state.instalments, bookOf(state).disbursements) }
}
