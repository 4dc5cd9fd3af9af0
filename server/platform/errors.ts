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
  'malformed-request': {
    status: 400,
    title: 'The request is not HTTP that can be read',
    remedy: 'Send HTTP/1.1 as RFC 9112 has it, on a new connection; `detail` says what is wrong.',
  },
  'malformed-json': {
    status: 400,
    title: 'The body is not JSON',
    remedy: 'Send one JSON object in UTF-8; `detail` says where reading stopped.',
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
  'request-timeout': {
    status: 408,
    title: 'The request did not come to its end in time',
    remedy: 'Send it again with the same Idempotency-Key on a new connection, at once and whole.',
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
  'unknown-currency': {
    status: 422,
    title: 'This is not a currency',
    remedy: 'Use an ISO 4217 code such as CNY or EUR.',
  },
  'currency-mismatch': {
    status: 422,
    title: 'The amount is in another currency than the line',
    remedy: 'Send the amount in the currency of the line; `GET /v1/lines/{id}` shows it.',
  },
  'terms-invalid': {
    status: 422,
    title: 'The terms contradict themselves',
    remedy: 'Correct what `detail` names and send the terms again.',
  },
  'program-breaks-rules': {
    status: 422,
    title: 'The program breaks a rule in force',
    remedy: 'Change the terms listed in `breaches` (a new version, if one is active) and activate again.',
  },
  'program-not-active': {
    status: 409,
    title: 'The program has not been activated',
    remedy: 'Activate it with `POST /v1/programs/{id}/activate`, or choose another program.',
  },
  'customer-exists': {
    status: 409,
    title: 'This person is a customer already',
    remedy: 'Use the customer in `customerId`.',
  },
  'customer-erased': {
    status: 409,
    title: 'This customer was erased',
    remedy: 'Enter the person as a new customer. What they bought before can be refunded.',
  },
  'customer-has-open-lines': {
    status: 409,
    title: 'The customer still has open lines',
    remedy: 'Settle what is owed, return credit, close the lines, and erase then.',
  },
  'merchant-exists': {
    status: 409,
    title: 'A merchant with this reference exists',
    remedy: 'Use that merchant, or another reference.',
  },
  'merchant-suspended': {
    status: 409,
    title: 'The merchant is suspended',
    remedy: 'Take it up with the operator; nothing was booked.',
  },
  'line-exists': {
    status: 409,
    title: 'The customer has a line in this program',
    remedy: 'Use the line in `lineId`.',
  },
  'line-not-active': {
    status: 409,
    title: 'The line is not active',
    remedy: 'Read the line: a frozen one can be unfrozen, a declined or closed one is over.',
  },
  'line-wrong-state': {
    status: 409,
    title: 'The line is in a state that does not allow this',
    remedy: 'Read the line; `status` says what it is, `detail` what was tried.',
  },
  'line-in-use': {
    status: 409,
    title: 'Something is still held, owed, kept or disputed on the line',
    remedy: 'Void holds, have the debt paid and the credit returned, decide disputes; then close.',
  },
  'limit-exceeded': {
    status: 422,
    title: 'The amount is above what the limit leaves',
    remedy: 'Offer a smaller amount; `GET /v1/lines/{id}` shows what is available.',
  },
  'limit-out-of-range': {
    status: 422,
    title: 'The limit is outside the range of the program',
    remedy: 'Choose a limit within the range in `detail`.',
  },
  'credit-insufficient': {
    status: 422,
    title: 'The customer has less credit than that',
    remedy: 'Return at most the `credit` of the line.',
  },
  'unknown-plan': {
    status: 422,
    title: 'The program offers no such plan',
    remedy: 'Choose one of the plans that `POST /v1/quotes` lists.',
  },
  'plan-not-offered': {
    status: 422,
    title: 'The plan is not offered for this amount',
    remedy: 'Ask `POST /v1/quotes` which plans the amount allows.',
  },
  'charge-declined': {
    status: 422,
    title: 'The purchase was declined',
    remedy: 'Tell the customer the `reasons`; a retry with the same key gives the same answer.',
  },
  'charge-wrong-state': {
    status: 409,
    title: 'The charge is in a state that does not allow this',
    remedy: 'Read the charge; only an authorized one can be captured or voided.',
  },
  'hold-expired': {
    status: 409,
    title: 'The hold ran out',
    remedy: 'Authorize the purchase anew.',
  },
  'capture-above-held': {
    status: 422,
    title: 'More than is held cannot be captured',
    remedy: 'Capture at most `held`; authorize the difference as another charge.',
  },
  'refund-above-captured': {
    status: 422,
    title: 'More than was captured cannot be refunded',
    remedy: 'Refund at most `refundable`.',
  },
  'charge-disputed': {
    status: 409,
    title: 'The charge is in dispute',
    remedy: 'Resolve the dispute first: `POST /v1/disputes/{id}/resolve`; upheld, it refunds what it is about.',
  },
  'dispute-above-captured': {
    status: 422,
    title: 'More than was captured cannot be disputed',
    remedy: 'Dispute at most `disputable`: what was captured and has not been refunded.',
  },
  'dispute-above-disputed': {
    status: 422,
    title: 'More than is disputed cannot be upheld',
    remedy: 'Uphold at most the `amount` of the dispute; refund the rest by itself.',
  },
  'dispute-resolved': {
    status: 409,
    title: 'The dispute has been decided',
    remedy: 'Read the dispute; if there is news, open another one.',
  },
  'loan-wrong-state': {
    status: 409,
    title: 'The loan is in a state that does not allow this',
    remedy: 'Read the loan; `status` says what it is.',
  },
  'above-payoff': {
    status: 422,
    title: 'The amount is above what settles the loan',
    remedy: 'Send at most `payoff`, or settle with `POST /v1/loans/{id}/settle`.',
  },
  'rate-too-high': {
    status: 422,
    title: 'The rate is above that of the loan',
    remedy: 'A reschedule keeps the rate or lowers it.',
  },
  'loan-refuses': {
    status: 422,
    title: 'The loan cannot take this',
    remedy: '`reason` and `detail` say what stands against it; read the loan and correct the request.',
  },
  'write-off-too-early': {
    status: 409,
    title: 'The loan is not old enough in arrears to be written off',
    remedy: 'Wait until the day in `detail`, or reschedule.',
  },
  'date-in-past': {
    status: 422,
    title: 'The date is in the past',
    remedy: 'Choose a later date; `GET /v1/clock` shows the time that counts.',
  },
  'date-in-future': {
    status: 422,
    title: 'The date is in the future',
    remedy: 'Choose today or an earlier date; `GET /v1/clock` shows the time that counts.',
  },
  'date-before-debt': {
    status: 422,
    title: 'The date is before the debt began',
    remedy: 'Choose a date on which the debt existed.',
  },
  'repayment-reversed': {
    status: 409,
    title: 'The repayment was reversed before',
    remedy: 'Nothing is left to do; read the repayment.',
  },
  'nothing-to-pay-out': {
    status: 409,
    title: 'Nothing is owed to this payee',
    remedy: 'Wait for captures to mature (T+1: a day), or for refunds to be earned back.',
  },
  'clock-not-movable': {
    status: 409,
    title: 'This clock is the world’s',
    remedy: 'Only a sandbox moves its clock; use a sandbox key.',
  },
  'clock-moving': {
    status: 409,
    title: 'The clock is being moved by another call',
    remedy: 'Wait for that call to finish and read `GET /v1/clock`.',
  },
  'clock-too-far': {
    status: 422,
    title: 'That is too far to move in one call',
    remedy: 'Move the clock in several calls.',
  },
  'sandbox-only': {
    status: 409,
    title: 'Only a sandbox can do this',
    remedy: 'Use a sandbox key.',
  },
  'head-too-large': {
    status: 431,
    title: 'The address and the headers are too large',
    remedy: 'Send at most the number of bytes in `limitBytes` before the body.',
  },
  internal: {
    status: 500,
    title: 'Chit failed to handle the request',
    remedy: 'Retry with the same Idempotency-Key. If it stays, look for the `requestId` in the log of the server.',
  },
  busy: {
    status: 503,
    title: 'Chit is at its limit, starting or shutting down',
    remedy: 'Retry with the same Idempotency-Key after the number of seconds in the Retry-After header.',
  },
  'server-outdated': {
    status: 503,
    title: 'This server is older than its database',
    remedy:
      'Retry with the same Idempotency-Key: a server of the newer version answers. Operators: stop this one, start the newer version.',
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
  /** Further members of the document, such as `errors` or `limitMinor`; `status` is that of the answer. */
  extra?: Record<string, unknown> & { readonly status?: never }
  /** Sent as the Retry-After header. */
  retryAfterSeconds?: number
  /** The kept refusal of an earlier request under the same key; the answer says so in a header. */
  replayed?: boolean
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

/** While it listens and is not ready. */
export const starting = problem('busy', { detail: 'This server is starting.', retryAfterSeconds: 1 })

/** The document's text, content type application/problem+json. */
export function problemDocument(refusal: Pick<Problem, 'code' | 'parts'>, requestId: string): string {
  const kind: ProblemKind = registry[refusal.code]
  const standard = {
    type: `/problems/${refusal.code}`,
    title: kind.title,
    status: kind.status,
    code: refusal.code,
    detail: refusal.parts.detail ?? kind.title,
    remedy: refusal.parts.remedy ?? kind.remedy,
    requestId,
  }
  // Twice: a further member, last as it is read, takes no place of these. Refusals kept by older versions have a `status` of their own.
  return stringifyJson({ ...standard, ...refusal.parts.extra, ...standard })
}
