import { Problem } from '../problem.ts'

/** A caller's mistake about a loan; `code` is stable kebab-case, `field` names what is at fault. */
export class LoanProblem extends Problem {}
