/**
 * Money out: merchants are paid what was captured, less fee, less refunds; funders get what was collected for them, less
 * what they have still to pay in.
 *
 * A payout is written down first, with the part of each shard, and then booked shard by shard, each part once. A crash
 * in between leaves it pending, and whoever comes next finishes it: nothing is paid twice or forgotten. On a single shard
 * both are one commit.
 */
import { accounts } from '../../core/journal/accounts.ts'
import type { Minor } from '../../core/money.ts'
import { once, postReply, WriteConflict } from '../journal/post.ts'
import { postReplyWithPayout } from '../journal/post-payouts.ts'
import type { JournalEvent, Reply } from '../journal/types.ts'
import { retryConflicts } from '../lines/service.ts'
import * as funders from '../parties/funders.ts'
import * as merchants from '../parties/merchants.ts'
import type { MerchantView } from '../parties/types.ts'
import type { Context } from '../platform/context.ts'
import { isUniqueViolation } from '../platform/database.ts'
import { problem } from '../platform/errors.ts'
import { batchFile } from './batch.ts'
import * as store from './store.ts'
import { type Part, type Payout, type PayoutView, viewOfPayout } from './types.ts'

export interface NewPayout {
  readonly merchantId?: string
  readonly funderId?: string
  /** Absent: the merchant's own; funders settle T+0. */
  readonly timing?: 'T+1' | 'T+0' | 'at-once'
}

/** Throws `nothing-to-pay-out` where nothing is owed up to the day. */
export async function payOut(ctx: Context, order: NewPayout): Promise<Reply<PayoutView>> {
  if ((order.merchantId === undefined) === (order.funderId === undefined)) {
    throw problem('invalid-request', { detail: 'Send either `merchantId` or `funderId`.' })
  }
  const payee = await payeeOf(ctx, order)
  return once(ctx, 0, () => retryConflicts(() => payOnce(ctx, payee)))
}

/** Decided on the payouts made so far: another one in between is a conflict, and the amount is reckoned anew. */
async function payOnce(ctx: Context, payee: Payee): Promise<Reply<PayoutView>> {
  const { made, pending, parts } = await store.readMatured(ctx, payee.account, payee.throughOn, payee.id)
  if (pending > 0) {
    await finishPending(ctx, payee.id)
    throw new WriteConflict('another payout to this payee was being booked')
  }
  const payout = draft(ctx, payee, parts)
  if (payout === null) {
    throw problem('nothing-to-pay-out', { detail: `Nothing is owed to ${payee.id} through ${payee.throughOn}.` })
  }
  const settled = { ...payout, status: 'paid' as const, paidAt: payout.createdAt }
  const reply = await begin(ctx, payout, settled, made)
  if (!reply.replayed && !isWhole(ctx)) await finish(ctx, payout)
  return reply
}

/** On a single shard a payout has one part, which is written down and booked in one commit. */
function isWhole(ctx: Context): boolean {
  return ctx.platform.shards === 1
}

interface Payee {
  readonly kind: 'merchant' | 'funder'
  readonly id: string
  readonly name: string
  readonly account: string
  readonly timing: string
  readonly throughOn: string
}

async function payeeOf(ctx: Context, order: NewPayout): Promise<Payee> {
  const today = ctx.today()
  if (order.merchantId !== undefined) {
    const merchant = await merchants.find(ctx, order.merchantId)
    const timing = order.timing ?? (merchant.payoutTiming === 'manual' ? 'T+0' : merchant.payoutTiming)
    const throughOn = throughOf(ctx, timing)
    const account = accounts.merchantPayable(merchant.id)
    return { kind: 'merchant', id: merchant.id, name: merchant.name, account, timing, throughOn }
  }
  const funder = await funders.find(ctx, order.funderId!)
  const account = accounts.funderSettlement(funder.id)
  return { kind: 'funder', id: funder.id, name: funder.name, account, timing: order.timing ?? 'T+0', throughOn: today }
}

/** The last day whose movements a payout of today settles. */
function throughOf(ctx: Context, timing: string): string {
  const today = ctx.today()
  return timing === 'T+1' ? Temporal.PlainDate.from(today).subtract({ days: 1 }).toString() : today
}

/**
 * Of the first currency in which something is owed; null where there is none. A merchant in debit (more refunded than
 * captured) waits for its next captures in that currency.
 */
function draft(ctx: Context, payee: Payee, matured: store.Matured['parts']): Payout | null {
  for (const [currency, all] of Map.groupBy(matured, (part) => part.currency)) {
    const parts = all.filter((part) => part.amount !== 0n)
    const net = parts.reduce((sum, part) => sum + part.amount, 0n)
    if (net > 0n || (net < 0n && payee.kind === 'funder')) return payoutOf(ctx, payee, currency, parts, net)
  }
  return null
}

function payoutOf(ctx: Context, payee: Payee, currency: string, parts: readonly Part[], net: Minor): Payout {
  const id = ctx.platform.ids.create('pay')
  const amountMinor = net < 0n ? -net : net
  const payout: Payout = {
    id,
    payeeKind: payee.kind,
    payeeId: payee.id,
    currency,
    amountMinor,
    direction: net < 0n ? 'collect' : 'pay',
    status: 'pending',
    timing: payee.timing,
    throughOn: payee.throughOn,
    parts: parts.map(({ shard, amount }) => ({ shard, amount })),
    file: null,
    createdAt: ctx.timestamp(),
    paidAt: null,
  }
  return { ...payout, file: batchFile(ctx.today(), [payout]) }
}

async function begin(ctx: Context, payout: Payout, settled: Payout, made: number): Promise<Reply<PayoutView>> {
  try {
    const created = eventOf(payout, 'payout.created', { throughOn: payout.throughOn, amount: payout.amountMinor })
    const whole = isWhole(ctx)
    const events = whole ? [created, partPaid(payout, payout.parts[0]!)] : [created]
    const row = store.rowOfPayout(ctx.tenantId, whole ? settled : payout)
    return await postReplyWithPayout(ctx, { events }, 201, viewOfPayout(settled), row, made)
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    throw new WriteConflict('another payout to this payee is being made')
  }
}

/** Books the parts that are not booked yet, each under a key of its own, and closes the payout. */
async function finish(ctx: Context, payout: Payout): Promise<void> {
  for (const part of payout.parts) {
    const key = `payout:${payout.id}:${part.shard}`
    const keyed: Context = { ...ctx, idempotencyKey: key, requestHash: () => payout.id }
    await postReply(keyed, part.shard, { events: [partPaid(payout, part)] }, 200, {})
  }
  await store.markPaid(ctx, { ...payout, paidAt: ctx.timestamp() })
}

function partPaid(payout: Payout, part: Part): JournalEvent {
  const amount = BigInt(part.amount)
  const legs = [
    { account: payeeAccount(payout), amount },
    { account: accounts.bank, amount: -amount },
  ]
  return { ...eventOf(payout, 'payout.paid', { amount, shard: part.shard }), legs }
}

function payeeAccount(payout: Payout): string {
  return payout.payeeKind === 'merchant'
    ? accounts.merchantPayable(payout.payeeId)
    : accounts.funderSettlement(payout.payeeId)
}

function eventOf(payout: Payout, type: string, data: Record<string, unknown>): JournalEvent {
  const { id: payoutId, payeeKind, payeeId, direction } = payout
  return {
    type,
    merchantId: payeeKind === 'merchant' ? payeeId : null,
    data: { payoutId, payeeKind, payeeId, direction, ...data },
    currency: payout.currency,
    legs: [],
  }
}

async function finishPending(ctx: Context, payeeId: string | null): Promise<void> {
  for (const payout of await store.listPending(ctx, payeeId)) await finish(ctx, payout)
}

/** Pays a merchant whose money is due at once, after a capture; silent where there is nothing to pay. */
export async function payAtOnce(ctx: Context, { id, payoutTiming }: MerchantView): Promise<void> {
  if (payoutTiming === 'at-once') await payIfOwed(ctx, { merchantId: id, timing: 'at-once' })
}

/**
 * The day's automatic payouts: T+0 merchants for the day itself, T+1 merchants for the day before, and what was to be
 * paid at once but was cut off.
 */
export async function payDay(ctx: Context): Promise<number> {
  const days = { today: throughOf(ctx, 'T+0'), yesterday: throughOf(ctx, 'T+1') }
  let { owed, pending } = await store.readPayDay(ctx, days)
  if (pending) {
    await finishPending(ctx, null)
    ;({ owed } = await store.readPayDay(ctx, days))
  }
  // A merchant is owed once for each currency, and paid one of them after the other.
  const ofMerchants = [...Map.groupBy(owed, ({ merchantId }) => merchantId).values()]
  let paid = 0
  for (let from = 0; from < ofMerchants.length; from += merchantsAtOnce) {
    const page = ofMerchants.slice(from, from + merchantsAtOnce)
    const counts = await Promise.all(page.map((orders) => payOneByOne(ctx, orders)))
    paid += counts.reduce((sum, count) => sum + count, 0)
  }
  return paid
}

/** Their payouts share a commit. */
const merchantsAtOnce = 200

async function payOneByOne(ctx: Context, orders: readonly NewPayout[]): Promise<number> {
  let paid = 0
  for (const order of orders) if (await payIfOwed(ctx, order)) paid++
  return paid
}

async function payIfOwed(ctx: Context, order: NewPayout): Promise<boolean> {
  const own: Context = { ...ctx, idempotencyKey: null, requestHash: () => '' }
  try {
    await payOut(own, order)
    return true
  } catch (error) {
    if (isCode(error, 'nothing-to-pay-out') || isCode(error, 'conflict')) return false
    throw error
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

export async function view(ctx: Context, payoutId: string): Promise<PayoutView> {
  return viewOfPayout(await find(ctx, payoutId))
}

export async function find(ctx: Context, payoutId: string): Promise<Payout> {
  const payout = await store.findPayout(ctx, payoutId)
  if (payout === undefined) throw problem('not-found', { detail: `There is no payout ${payoutId}.` })
  return payout
}

/** All payments made on a business day, as one file. */
export async function batchOf(ctx: Context, on: string): Promise<string> {
  return batchFile(on, await store.listPayoutsMadeOn(ctx, on))
}

export async function list(ctx: Context, payeeId: string | null, before: string, limit: number): Promise<PayoutView[]> {
  return (await store.listPayouts(ctx, payeeId, before, limit)).map(viewOfPayout)
}
