/** Funders: whose money is lent, with a share of each loan. */
import { postReplyWith } from '../journal/post.ts'
import type { Reply } from '../journal/types.ts'
import type { Context } from '../platform/context.ts'
import { problem } from '../platform/errors.ts'
import * as store from './store.ts'
import type { FunderView } from './types.ts'

export async function create(ctx: Context, draft: { name: string }): Promise<Reply<FunderView>> {
  const funder = { id: ctx.platform.ids.create('fun'), name: draft.name, createdAt: ctx.timestamp() }
  const event = { type: 'funder.created', data: { funderId: funder.id, name: funder.name }, currency: null, legs: [] }
  return postReplyWith(ctx, { events: [event] }, 201, funder, (db) => store.insertFunder(db, ctx.tenantId, funder))
}

export async function find(ctx: Context, funderId: string): Promise<FunderView> {
  const [funder] = await store.findFunders(ctx, [funderId])
  if (funder === undefined) throw problem('not-found', { detail: `There is no funder ${funderId}.` })
  return funder
}

export function findFunders(ctx: Context, ids: readonly string[]): Promise<FunderView[]> {
  return store.findFunders(ctx, ids)
}

export function list(ctx: Context): Promise<FunderView[]> {
  return store.listFunders(ctx)
}
