/** `chit calc explain`: the tree behind an instalment or a payoff. */
import { type Explanation, explainInstalment, explainPayoff } from '../../core/explain/index.ts'
import { CalcProblem, named, readDate, readFields, readInteger } from './input.ts'
import { loanFields, readLoan } from './loan-input.ts'
import { foldInput } from './schedule.ts'

export function calcExplain(input: unknown): Explanation {
  const fields = readFields(input, 'input', [...loanFields, 'explain'])
  const wanted = readFields(fields.explain, 'explain', ['instalment', 'payoff'])
  const loan = readLoan(fields)
  const state = foldInput(loan)
  if (wanted.instalment !== undefined) {
    const n = readInteger(wanted.instalment, 'explain.instalment', 1, 10_000)
    return named('explain.instalment', () => explainInstalment(state, n))
  }
  if (wanted.payoff === undefined) throw new CalcProblem('explain', 'names an instalment or a payoff')
  const on = readDate(wanted.payoff, 'explain.payoff')
  return named('explain.payoff', () => explainPayoff(state, on))
}
