import type { Autopay } from '../lines/types.ts'
import type { Context } from '../platform/context.ts'

/** `requested`: the operator's bank connection takes the event up and books what comes by POST /v1/repayments. */
export type Collection = 'collected' | 'failed' | 'requested'

/**
 * Asks the customer's bank for money. A sandbox plays the bank: it pays, except for tokens that begin with
 * `tok_insufficient`. A live tenant's bank is outside; the journal's `autopay.requested` event is the instruction.
 */
export function collect(ctx: Context, autopay: Autopay): Collection {
  if (ctx.mode === 'live') return 'requested'
  return autopay.token.startsWith('tok_insufficient') ? 'failed' : 'collected'
}
