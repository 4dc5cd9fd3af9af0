import { Problem as CoreProblem } from '../../core/problem.ts'
import { isProblemCode, Problem, problem } from './errors.ts'

/**
 * A refusal by the pure core, which knows codes but not HTTP, as the problem of the same code, or, for the finer codes of loan arithmetic,
 * as `loan-refuses` with the code as its reason; null for anything else.
 */
export function asProblem(error: unknown): Problem | null {
  if (error instanceof Problem) return error
  if (!(error instanceof CoreProblem)) return null
  const errors = error.field === undefined ? {} : { errors: [{ path: `/${error.field}`, message: error.message }] }
  if (isProblemCode(error.code)) return problem(error.code, { detail: error.message, extra: errors })
  return problem('loan-refuses', { detail: error.message, extra: { reason: error.code, ...errors } })
}
