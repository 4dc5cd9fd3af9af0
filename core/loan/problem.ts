import { Problem } from '../problem.ts'

/** A caller's mistake about a loan; `code` is stable kebab-case, `field` names what is at fault. */
export class LoanProblem extends Problem {}

/** What comes in of a claim that was given up needs one that was. */
export function nothingChargedOff(): LoanProblem {
  return new LoanProblem('nothing-charged-off', 'a recovery follows a charge-off', 'type')
}
