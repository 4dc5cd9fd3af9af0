/** Customers. Who somebody is, is sealed under a key of their own; the books know only ids. */
import { once, postReply, postReplyWith } from '../journal/post.ts'
import type { Reply } from '../journal/types.ts'
import type { Context } from '../platform/context.ts'
import { isUniqueViolation, type Queryable } from '../platform/database.ts'
import { problem } from '../platform/errors.ts'
import { isShardedId, shardFor, shardOf } from '../platform/ids.ts'
import * as store from './store.ts'

export interface PersonalData {
  readonly name: string
  readonly idNumber?: string
  readonly phone?: string
}

export interface NewCustomer extends PersonalData {
  readonly kind: 'consumer' | 'business'
  /** The caller's own name for this customer. */
  readonly reference?: string
}

export interface CustomerView {
  readonly id: string
  readonly kind: 'consumer' | 'business'
  readonly reference: string | null
  /** Null once erased. */
  readonly personal: PersonalData | null
  readonly createdAt: string
  readonly erasedAt: string | null
}

/** Throws `customer-exists` where the tenant has a customer of the same identity, and names it. */
export async function create(ctx: Context, draft: NewCustomer): Promise<Reply<CustomerView>> {
  const { vault, ids, shards } = ctx.platform
  const identity = identityHash(ctx, draft)
  const shard = shardFor(identity ?? ctx.idempotencyKey ?? ids.create('cus'), shards)
  const { kind, reference, ...personal } = draft
  const wrappedKey = vault.newPersonKey()
  const customer: CustomerView = {
    id: ids.create('cus', shard),
    kind,
    reference: reference ?? null,
    personal,
    createdAt: ctx.timestamp(),
    erasedAt: null,
  }
  const row = {
    shard,
    id: customer.id,
    tenant_id: ctx.tenantId,
    kind,
    wrapped_key: wrappedKey,
    sealed: vault.seal(wrappedKey, personal),
    reference: customer.reference,
    identity_hash: identity ?? fingerprint(ctx, 'none', customer.id),
    phone_hash: draft.phone === undefined ? null : fingerprint(ctx, 'phone', draft.phone),
    created_at: customer.createdAt,
  }
  const created = { type: 'customer.created', data: { customerId: customer.id, kind }, currency: null, legs: [] }
  const reply = await once(ctx, shard, async () => {
    const same = identity === null ? undefined : await store.findCustomerByIdentity(ctx, shard, identity)
    if (same !== undefined) {
      throw problem('customer-exists', {
        detail: `This person is customer ${same} already.`,
        extra: { customerId: same },
      })
    }
    try {
      const kept = { ...customer, reference: null, personal: null }
      return await postReply(ctx, shard, { customers: [row], events: [created] }, 201, kept)
    } catch (error) {
      if (!isUniqueViolation(error)) throw error
      throw problem('customer-exists', { detail: 'This person was entered as a customer at the same moment.' })
    }
  })
  // The kept answer must not hold personal data in the clear, nor a reference that may name the person: it would outlive
  // an erasure. A retry brings both along.
  return { ...reply, body: { ...reply.body, reference: customer.reference, personal } }
}

/**
 * Null without any identity (a test, a guest): somebody new each time. The request's key then chooses the shard, where
 * a retry finds its first outcome.
 */
function identityHash(ctx: Context, draft: NewCustomer): string | null {
  if (draft.idNumber !== undefined) return fingerprint(ctx, 'id-number', draft.idNumber)
  if (draft.reference !== undefined) return fingerprint(ctx, 'reference', draft.reference)
  if (draft.phone !== undefined) return fingerprint(ctx, 'phone', draft.phone)
  return null
}

function fingerprint(ctx: Context, kind: string, text: string): string {
  return ctx.platform.vault.fingerprint(ctx.tenantId, kind, text.replace(/[\s-]/g, '').toLowerCase())
}

export async function find(ctx: Context, customerId: string): Promise<CustomerView> {
  const row = isShardedId('cus', customerId) ? await store.findCustomer(ctx, customerId) : undefined
  if (row === undefined) throw problem('not-found', { detail: `There is no customer ${customerId}.` })
  return viewOf(ctx, row)
}

/** By phone or reference: the shard is not known from either, so all are asked; an index answers on each. */
export async function search(ctx: Context, by: { phone?: string; reference?: string }): Promise<CustomerView[]> {
  if ((by.phone === undefined) === (by.reference === undefined)) {
    throw problem('invalid-request', { detail: 'Ask either by `phone` or by `reference`.' })
  }
  const rows =
    by.phone === undefined
      ? await store.findCustomersByReference(ctx, by.reference!)
      : await store.findCustomersByPhone(ctx, fingerprint(ctx, 'phone', by.phone))
  return rows.map((row) => viewOf(ctx, row))
}

function viewOf(ctx: Context, row: store.CustomerRow): CustomerView {
  const { wrappedKey, sealed } = row
  return {
    id: row.id,
    kind: row.kind,
    reference: row.reference,
    personal: wrappedKey && sealed ? (ctx.platform.vault.open(wrappedKey, sealed) as PersonalData) : null,
    createdAt: row.createdAt,
    erasedAt: row.erasedAt,
  }
}

/**
 * Destroys the customer's key: what was sealed under it can't be read again by anybody, and the books stay. Refused
 * while money is owed either way or a purchase is in dispute, because the contract is then still running.
 */
export async function erase(ctx: Context, customerId: string): Promise<Reply<CustomerView>> {
  const customer = await find(ctx, customerId)
  const shard = shardOf(customerId)
  return once(ctx, shard, async () => {
    await refuseWhileRunning(ctx.db)
    const at = customer.erasedAt ?? ctx.timestamp()
    const erased = { ...customer, personal: null, reference: null, erasedAt: at }
    const event = { type: 'customer.erased', data: { customerId }, currency: null, legs: [] }
    const events = customer.erasedAt === null ? [event] : []
    // Together with the answer: a request that is refused because its key was used must not erase anybody.
    return postReplyWith(
      ctx,
      { events },
      200,
      erased,
      async (db) => {
        // Again, now that nobody else writes to the shard: a line may have been opened since.
        await refuseWhileRunning(db)
        await store.eraseCustomer(db, ctx.tenantId, { shard, id: customerId, at })
      },
      shard,
    )
  })

  async function refuseWhileRunning(db: Queryable): Promise<void> {
    if (await store.hasOpenAccount(db, ctx.tenantId, { shard, id: customerId })) {
      throw problem('customer-has-open-lines', { detail: 'Settle and close the lines of this customer first.' })
    }
    const disputeId = await store.findOpenDispute(db, ctx.tenantId, { shard, id: customerId })
    if (disputeId === undefined) return
    const detail = `Dispute ${disputeId} of this customer is not decided yet.`
    throw problem('charge-disputed', { detail, extra: { disputeId } })
  }
}
