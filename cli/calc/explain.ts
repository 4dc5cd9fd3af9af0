/** `chit calc explain`: the tree behind an instalment or a payoff. */
import { type Explanation, explainInstalment, explainPayoff } from '../../core/explain/index.ts'
import { absent, CalcProblem, named, readDate, readFields, readInteger } from './input.ts'
import { loanFields, readLoan } from './loan-input.ts'
import { foldInput, owedByCustomer } from './schedule.ts'

/** What `explain` names: one of them. */
export const explained = ['instalment', 'payoff'] as const

export function calcExplain(input: unknown): Explanation {
  const fields = readFields(input, 'input', [...loanFields, 'explain'])
  const wanted = readFields(fields.explain, 'explain', explained)
  const state = foldInput(owedByCustomer(readLoan(fields)))
  if (absent(wanted.instalment) === absent(wanted.payoff)) {
    throw new CalcProblem('explain', 'names either an instalment or a day of payoff')
  }
  if (!absent(wanted.instalment)) {
    const n = readInteger(wanted.instalment, 'explain.instalment', 1, 10_000)
    return named('explain.instalment', () => explainInstalment(state, n))
  }
  const on = readDate(wanted.payoff, 'explain.payoff')
  return named('explain.payoff', () => explainPayoff(state, on))
}
