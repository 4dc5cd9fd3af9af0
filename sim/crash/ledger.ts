/** What the callers themselves remember: each request with its key, and the answer they were given. */

export interface Intent {
  readonly key: string
  readonly path: string
  readonly body: string
  readonly kind: 'purchase' | 'hold' | 'capture' | 'repayment'
  answer: { readonly status: number; readonly body: string } | null
  /** Times it was sent. */
  sent: number
}

export interface Ledger {
  readonly intents: Intent[]
  /** How often each status was answered, those that settle nothing included. */
  readonly statuses: Map<number, number>
  answered(): number
  unanswered(): Intent[]
}

export function createLedger(): Ledger {
  const intents: Intent[] = []
  return {
    intents,
    statuses: new Map(),
    answered: () => intents.filter((intent) => intent.answer !== null).length,
    unanswered: () => intents.filter((intent) => intent.answer === null),
  }
}

/** An answer that settles the intent: done, or refused for good. Busy and broken ones are asked again. */
export function isFinal(status: number): boolean {
  return status < 500 && status !== 429 && status !== 408
}
