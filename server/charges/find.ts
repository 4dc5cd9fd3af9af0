/** One charge, and the line it is decided on. */
import type { JournalEvent, Reply } from '../journal/types.ts'
import * as lines from '../lines/service.ts'
import type { Line } from '../lines/types.ts'
import type { Context } from '../platform/context.ts'
import { problem } from '../platform/errors.ts'
import * as store from './store.ts'
import type { Charge } from './types.ts'

export async function find(ctx: Context, chargeId: string): Promise<Charge> {
  const charge = await store.findCharge(ctx, chargeId)
  if (charge === undefined) throw problem('not-found', { detail: `There is no charge ${chargeId}.` })
  return charge
}

/** Decides on a charge under its line: read, decide, write, again if somebody wrote in between. */
export async function withCharge<Body>(
  ctx: Context,
  chargeId: string,
  work: (line: Line, charge: Charge) => Promise<Reply<Body>>,
): Promise<Reply<Body>> {
  const { lineId } = await find(ctx, chargeId)
  return lines.withLine(ctx, lineId, async (line) => work(line, await find(ctx, chargeId)))
}

/** An event of a charge that moves no money. */
export function eventOf(charge: Charge, type: string, data: Record<string, unknown>): JournalEvent {
  const { lineId, id: chargeId, merchantId, currency, reference } = charge
  return { type, lineId, chargeId, merchantId, currency, legs: [], data: { ...data, reference } }
}
