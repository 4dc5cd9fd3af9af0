/** Merchants: who sells, and is owed what was captured, less fee, less refunds. */
import { once, postReplyWith } from '../journal/post.ts'
import type { Reply } from '../journal/types.ts'
import type { Context } from '../platform/context.ts'
import { isUniqueViolation } from '../platform/database.ts'
import { problem } from '../platform/errors.ts'
import * as store from './store.ts'
import type { MerchantView, PayoutTiming } from './types.ts'

export interface NewMerchant {
  readonly name: string
  readonly reference?: string
  readonly payoutTiming?: PayoutTiming
  readonly feePercent?: string
}

export async function create(ctx: Context, draft: NewMerchant): Promise<Reply<MerchantView>> {
  const merchant: MerchantView = {
    id: ctx.platform.ids.create('mer'),
    name: draft.name,
    reference: draft.reference ?? null,
    status: 'active',
    payoutTiming: draft.payoutTiming ?? 'T+1',
    feePercent: draft.feePercent ?? null,
    createdAt: ctx.timestamp(),
  }
  const event = {
    type: 'merchant.created',
    merchantId: merchant.id,
    data: { name: merchant.name, payoutTiming: merchant.payoutTiming, feePercent: merchant.feePercent },
    currency: null,
    legs: [],
  }
  return once(ctx, 0, async () => {
    try {
      return await postReplyWith(ctx, { events: [event] }, 201, merchant, (db) =>
        store.insertMerchant(db, ctx.tenantId, merchant),
      )
    } catch (error) {
      if (!isUniqueViolation(error)) throw error
      throw problem('merchant-exists', {
        detail: `There is a merchant with the reference "${draft.reference}" already.`,
      })
    }
  })
}

export async function find(ctx: Context, merchantId: string): Promise<MerchantView> {
  const merchant = await store.findMerchant(ctx, merchantId)
  if (merchant === undefined) throw problem('not-found', { detail: `There is no merchant ${merchantId}.` })
  return merchant
}

export const lookAhead = store.lookAheadForMerchant

export function list(ctx: Context, after: string, limit: number): Promise<MerchantView[]> {
  return store.listMerchants(ctx, after, limit)
}
