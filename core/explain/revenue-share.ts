import type { RevenueShareState, RevenueShareTerms } from '../revenue-share/index.ts'
import { type Explanation, leaf, moneyIn } from './tree.ts'

/** What is left to repay of a merchant's advance on the day of the state, with what each sweep took of which sales. */
export function explainRevenueShare(terms: RevenueShareTerms, state: RevenueShareState): Explanation {
  const money = moneyIn(terms.currency)
  return {
    what: `left to repay on ${state.asOf}`,
    value: money(state.remaining),
    formula: 'advance + fixed cost − repaid',
    parts: [
      leaf(`advance of ${terms.advancedOn}`, money(terms.advance)),
      leaf('fixed cost', money(terms.fixedCost)),
      {
        what: 'repaid',
        value: money(state.repaid),
        formula: `the sum of the sweeps, each at most ${terms.sharePercent} % of its sales`,
        rounding: terms.rounding,
        parts: state.sweeps.map(({ eventId, on, sales, amount }) =>
          leaf(
            sales === 0n ? `${eventId} of ${on}, paid` : `${eventId} of ${on}, of sales ${money(sales)}`,
            money(amount),
          ),
        ),
      },
    ],
  }
}
