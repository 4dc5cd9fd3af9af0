/** One charge, and the line it is decided on. */
import type { JournalEvent, Reply } from '../journal/types.ts'
import * as lines from '../lines/service.ts'
import type { Line } from '../lines/types.ts'
import type { Context } from '../platform/context.ts'
import { problem } from '../platform/errors.ts'
import * as store from './store.ts'
import type { Charge } from './types.ts'

export async function find(ctx: Context, chargeId: string): Promise<store.StoredCharge> {
  const charge = await store.findCharge(ctx, chargeId)
  if (charge === undefined) throw problem('not-found', { detail: `There is no charge ${chargeId}.` })
  return charge
}

/** What a change of a charge is decided on first. */
export const lookAhead = store.lookAheadForCharge

/** Decides on a charge under its line: read, decide, write, again if somebody wrote in between. */
export async function withCharge<Body>(ctx: Context, chargeId: string, work: Work<Body>): Promise<Reply<Body>> {
  return underLine(ctx, await find(ctx, chargeId), work)
}

type Work<Body> = (line: Line, charge: store.StoredCharge) => Promise<Reply<Body>>

/** The same with a charge that was found ahead of its line; it is read anew if somebody wrote in between. */
export function underLine<Body>(ctx: Context, ahead: store.StoredCharge, work: Work<Body>): Promise<Reply<Body>> {
  return lines.withLine(ctx, ahead.lineId, async (line) =>
    work(line, ahead.lineVersion === line.version ? ahead : await find(ctx, ahead.id)),
  )
}

/** An event of a charge that moves no money. */
export function eventOf(charge: Charge, type: string, data: Record<string, unknown>): JournalEvent {
  const { lineId, id: chargeId, merchantId, currency, reference } = charge
  return { type, lineId, chargeId, merchantId, currency, legs: [], data: { ...data, reference } }
}
