import { Problem as CoreProblem } from '../../core/problem.ts'
import { stringifyJson } from './json.ts'

/**
 * Every way in which Chit refuses a request: the code that programs read, the HTTP status, a title, and what to do next.
 * A code never changes its meaning. Served to readers at /problems/{code}.
 */
export const registry = {
  'invalid-request': {
    status: 400,
    title: 'The request does not have the expected form',
    remedy: 'Correct the fields listed in `errors`; the expected form of each request is at /docs.',
  },
  'malformed-json': {
    status: 400,
    title: 'The body is not JSON',
    remedy: 'Send one JSON object in UTF-8; `detail` says where reading stopped.',
  },
  'idempotency-key-required': {
    status: 400,
    title: 'The Idempotency-Key header is missing',
    remedy:
      'Send an Idempotency-Key header with a fresh value (a UUID, say) for each new intent, and the same value when you retry it.',
  },
  'idempotency-key-invalid': {
    status: 400,
    title: 'The Idempotency-Key header is not usable',
    remedy: 'Use 1 to 200 printable ASCII characters without spaces; a UUID is a good choice.',
  },
  unauthorized: {
    status: 401,
    title: 'No valid API key was sent',
    remedy: 'Send `Authorization: Bearer sk_…` with a key that has not been revoked. Demo keys are in .chit/demo.json.',
  },
  forbidden: {
    status: 403,
    title: 'The API key may not do this',
    remedy: 'Use a key whose role allows this operation.',
  },
  'not-found': {
    status: 404,
    title: 'There is nothing under this id or path',
    remedy: 'Check the id and that it belongs to the tenant of the API key; paths are listed at /docs.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'This path does not take this method',
    remedy: 'Use one of the methods in the Allow header.',
  },
  conflict: {
    status: 409,
    title: 'Something else changed this at the same moment',
    remedy: 'Read the current state and send the request again with a new Idempotency-Key.',
  },
  'payload-too-large': {
    status: 413,
    title: 'The body is too large',
    remedy: 'Send at most the number of bytes in `limitBytes`; split the work over several requests.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The body is not declared as JSON',
    remedy: 'Send `Content-Type: application/json`.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'This Idempotency-Key was used for another request',
    remedy: 'Use a new key for a new request; to retry, send exactly the first request again.',
  },
  internal: {
    status: 500,
    title: 'Chit failed to handle the request',
    remedy: 'Retry with the same Idempotency-Key. If it stays, look for the `requestId` in the log of the server.',
  },
  busy: {
    status: 503,
    title: 'Chit is at its limit or shutting down',
    remedy: 'Retry with the same Idempotency-Key after the number of seconds in the Retry-After header.',
  },
  'database-unavailable': {
    status: 503,
    title: 'The database does not answer',
    remedy: 'Retry with the same Idempotency-Key; operators: see /readyz and the log.',
  },
} as const satisfies Record<string, ProblemKind>

export interface ProblemKind {
  status: number
  title: string
  remedy: string
}

export type ProblemCode = keyof typeof registry

export interface ProblemParts {
  /** What was wrong this time, with the values. */
  detail?: string
  /** Replaces the registry's advice where this case has a better one. */
  remedy?: string
  /** Further members of the document, such as `errors` or `limitMinor`. */
  extra?: Record<string, unknown>
  /** Sent as the Retry-After header. */
  retryAfterSeconds?: number
}

/** A refusal that a caller sees as an RFC 9457 problem document. Made by `problem(code)`. */
export class Problem extends CoreProblem {
  override readonly code: ProblemCode
  readonly status: number
  readonly parts: ProblemParts

  constructor(code: ProblemCode, parts: ProblemParts) {
    super(code, parts.detail ?? registry[code].title)
    this.name = 'Problem'
    this.code = code
    this.status = registry[code].status
    this.parts = parts
  }
}

export function problem(code: ProblemCode, parts: ProblemParts = {}): Problem {
  return new Problem(code, parts)
}

export function isProblemCode(code: string): code is ProblemCode {
  return Object.hasOwn(registry, code)
}

/** A refusal by the pure core, which knows codes but not HTTP, as the problem of the same code; null for anything else. */
export function asProblem(error: unknown): Problem | null {
  if (error instanceof Problem) return error
  if (!(error instanceof CoreProblem) || !isProblemCode(error.code)) return null
  const errors = error.field === undefined ? {} : { errors: [{ path: `/${error.field}`, message: error.message }] }
  return problem(error.code, { detail: error.message, extra: errors })
}

/** The document's text, content type application/problem+json. */
export function problemDocument(refusal: Problem, requestId: string): string {
  const kind: ProblemKind = registry[refusal.code]
  return stringifyJson({
    type: `/problems/${refusal.code}`,
    title: kind.title,
    status: kind.status,
    code: refusal.code,
    detail: refusal.parts.detail ?? kind.title,
    remedy: refusal.parts.remedy ?? kind.remedy,
    requestId,
    ...refusal.parts.extra,
  })
}
