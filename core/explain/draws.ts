import type { Draw, DrawState, DrawTerms } from '../draws/index.ts'
import { DrawProblem } from '../draws/types.ts'
import { explainNights } from './stretches.ts'
import { type Explanation, leaf, type Money, moneyIn } from './tree.ts'

/** What one draw owes on the day of the state. */
export function explainDraw(terms: DrawTerms, state: DrawState, id: string): Explanation {
  const draw = state.draws.find((each) => each.id === id)
  if (draw === undefined) throw new DrawProblem('unknown-draw', `there is no draw "${id}" yet`, 'draw')
  const money = moneyIn(terms.currency)
  return {
    what: `draw ${id} of ${draw.on}, on ${state.asOf}`,
    value: money(draw.principal + draw.interestOwed),
    formula: 'principal + interest',
    parts: [explainPrincipal(draw, money), explainInterest(terms, draw, money)],
  }
}

/** What ends the debt on the day of the state. */
export function explainDrawsPayoff(terms: DrawTerms, state: DrawState): Explanation {
  const money = moneyIn(terms.currency)
  const owing = state.draws.filter((draw) => draw.principal + draw.interestOwed > 0n)
  return {
    what: `payoff on ${state.asOf}`,
    value: money(state.payoff),
    formula: ['fees', ...owing.map(({ id }) => `draw ${id}`)].join(' + '),
    parts: [leaf('fees', money(state.fees)), ...owing.map(({ id }) => explainDraw(terms, state, id))],
  }
}

function explainPrincipal({ amount, principal }: Draw, money: Money): Explanation {
  return {
    what: 'principal',
    value: money(principal),
    formula: 'drawn − repaid',
    parts: [leaf('drawn', money(amount)), leaf('repaid', money(amount - principal))],
  }
}

/** Never below zero: what was paid stays paid where rounding up is taken back by a longer sum. */
function explainInterest(terms: DrawTerms, draw: Draw, money: Money): Explanation {
  const { interestAccrued: accrued, interestPaid: paid, interestOwed: owed } = draw
  return {
    what: 'interest',
    value: money(owed),
    formula: accrued < paid ? 'nothing, as more was paid than accrued' : 'accrued − paid',
    parts: [explainNights('accrued', accrued, draw.stretches, terms.rounding, money), leaf('paid', money(paid))],
  }
}
