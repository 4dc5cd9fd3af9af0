import type { RevolvingState, RevolvingTerms } from '../revolving/index.ts'
import { type InterestLine, RevolvingProblem, type Statement } from '../revolving/types.ts'
import { explainNights } from './stretches.ts'
import { type Explanation, leaf, type Money, moneyIn } from './tree.ts'

/** The balance of a bill, from the one before; its minimum stands beside it. */
export function explainStatement(terms: RevolvingTerms, state: RevolvingState, n: number): Explanation {
  const statement = statementOf(state, n, 'statement')
  const money = moneyIn(terms.currency)
  return {
    what: `bill ${n} of ${statement.closedOn}, due ${statement.dueOn}`,
    value: money(statement.balance),
    formula: 'previous balance + new debts + interest + fees + instalments − payments and refunds − converted',
    parts: [
      leaf('previous balance', money(statement.previousBalance)),
      leaf('new debts', money(statement.debits)),
      explainInterest(terms, statement.interest, statement.interestByBalance, money),
      leaf('fees', money(statement.fees)),
      leaf('instalments', money(statement.instalments)),
      leaf('payments and refunds', money(statement.credits)),
      leaf('converted', money(statement.converted)),
    ],
  }
}

/** The least to be paid of a bill. */
export function explainMinimum(terms: RevolvingTerms, state: RevolvingState, n: number): Explanation {
  const statement = statementOf(state, n, 'minimum')
  const money = moneyIn(terms.currency)
  const { principal, charges, instalments, arrears } = statement.minimumParts
  return {
    what: `minimum of bill ${n}, due ${statement.dueOn}`,
    value: money(statement.minimum),
    formula: 'principal + charges + instalments + arrears',
    parts: [
      {
        what: 'principal',
        value: money(principal),
        formula: `${terms.minimum.percent} % of what revolves, raised with charges and instalments to the floor, at most what is owed`,
        rounding: terms.rounding,
        parts: [leaf('floor', money(terms.minimum.floor)), leaf('owed', money(statement.balance))],
      },
      leaf('charges', money(charges)),
      leaf('instalments', money(instalments)),
      leaf('arrears', money(arrears)),
    ],
  }
}

function statementOf({ statements }: RevolvingState, n: number, field: string): Statement {
  const statement = statements[n - 1]
  if (statement !== undefined) return statement
  throw new RevolvingProblem('no-such-statement', `the line has ${statements.length}`, field)
}

/** What ends the debt on the day of the state. */
export function explainLinePayoff(terms: RevolvingTerms, state: RevolvingState): Explanation {
  const money = moneyIn(terms.currency)
  const owed = state.items.filter(({ remaining }) => remaining > 0n)
  const unbilled = state.plans.reduce((sum, plan) => sum + plan.unbilled, 0n)
  return {
    what: `payoff on ${state.asOf}`,
    value: money(state.payoff),
    formula: 'owed + instalments to come + interest − credit',
    parts: [
      {
        what: 'owed',
        value: money(owed.reduce((sum, { remaining }) => sum + remaining, 0n)),
        formula: 'the sum of what is left of each',
        parts: owed.map(({ id, code, on, remaining }) => leaf(`${code} ${id} of ${on}`, money(remaining))),
      },
      leaf('instalments to come', money(unbilled)),
      explainInterest(terms, state.accruedInterest, state.accruedByBalance, money),
      leaf('credit', money(state.creditBalance)),
    ],
  }
}

function explainInterest(
  terms: RevolvingTerms,
  interest: bigint,
  lines: readonly InterestLine[],
  money: Money,
): Explanation {
  return {
    what: 'interest',
    value: money(interest),
    formula: 'the sum of the balances, each rounded by itself',
    parts: lines.map((line) => explainNights(line.code, line.interest, line.stretches, terms.rounding, money)),
  }
}
