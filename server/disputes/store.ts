import { createShardLoader } from '../platform/batcher.ts'
import { type Context, oncePerPlatform } from '../platform/context.ts'
import type { Queryable } from '../platform/database.ts'
import { isShardedId, shardOf } from '../platform/ids.ts'
import type { Decided, Dispute, DisputeRefund } from './types.ts'

const columns = [
  'shard',
  'id',
  'charge_id',
  'line_id',
  'merchant_id',
  'currency',
  'amount_minor',
  'reason',
  'reference',
  'status',
  'withheld_minor',
  'note',
  'opened_on',
  'created_at',
  'resolved_on',
  'resolved_at',
]

interface Row extends Omit<Dispute, 'refund'> {
  readonly refundId: string | null
  readonly refunded: bigint | null
  readonly debtMinor: bigint | null
  readonly creditMinor: bigint | null
  readonly paidBackMinor: bigint | null
}

/** With the refund by which one was upheld. */
const selected = (db: Queryable) => db`${db(columns)}, refund_id, refunded, debt_minor, credit_minor, paid_back_minor`
const withRefund = (db: Queryable) => db`
  left join lateral (
    select r.amount_minor as refunded, r.debt_minor, r.credit_minor, r.paid_back_minor from refunds r
    where r.shard = disputes.shard and r.id = disputes.refund_id limit 1
  ) as given on true`

function disputeOf({ refundId, refunded, debtMinor, creditMinor, paidBackMinor, ...dispute }: Row): Dispute {
  if (refundId === null) return { ...dispute, refund: null }
  const refund: DisputeRefund = {
    id: refundId,
    amount: refunded!,
    debtReduced: debtMinor!,
    credited: creditMinor!,
    paidBack: paidBackMinor!,
  }
  return { ...dispute, refund }
}

/** Undefined for an unknown id and for another tenant's. */
export async function findDispute(ctx: Context, id: string): Promise<Dispute | undefined> {
  if (!isShardedId('dsp', id)) return undefined
  const { db } = ctx
  const [row] = await db<Row[]>`
    select ${selected(db)} from disputes ${withRefund(db)}
    where shard = ${shardOf(id)} and id = ${id} and tenant_id = ${ctx.tenantId}`
  return row === undefined ? undefined : disputeOf(row)
}

/** Those of a line, open or decided. */
export async function listDisputesOfLine(
  ctx: Context,
  shard: number,
  lineId: string,
  after: string,
  limit: number,
): Promise<Dispute[]> {
  const { db } = ctx
  const rows = await db<Row[]>`
    select ${selected(db)} from disputes ${withRefund(db)}
    where shard = ${shard} and line_id = ${lineId} and tenant_id = ${ctx.tenantId} and id > ${after}
    order by id limit ${limit}`
  return rows.map(disputeOf)
}

/** All that are to be decided. */
export async function listOpenDisputes(ctx: Context, after: string, limit: number): Promise<Dispute[]> {
  const { db } = ctx
  const rows = await db<Row[]>`
    select ${selected(db)} from disputes ${withRefund(db)}
    where shard between 0 and ${ctx.platform.shards - 1} and tenant_id = ${ctx.tenantId} and status = 'open' and id > ${after}
    order by id limit ${limit}`
  return rows.map(disputeOf)
}

/** Once for a charge: another open one of it is a unique violation. */
export async function insertDispute(db: Queryable, tenantId: string, dispute: Dispute): Promise<void> {
  const { shard, id, chargeId, lineId, merchantId, currency, amountMinor, reason, reference, withheldMinor } = dispute
  await db`
    insert into disputes (shard, id, tenant_id, charge_id, line_id, merchant_id, currency, amount_minor, reason, reference, status,
      withheld_minor, opened_on, created_at)
    values (${shard}, ${id}, ${tenantId}, ${chargeId}, ${lineId}, ${merchantId}, ${currency}, ${amountMinor}, ${reason},
      ${reference}, 'open', ${withheldMinor}, ${dispute.openedOn}, ${dispute.createdAt})`
}

export async function isOfErasedCustomer(db: Queryable, { shard, lineId }: Dispute): Promise<boolean> {
  const rows = await db`
    select 1 from lines l join customers c on c.shard = l.shard and c.id = l.customer_id
    where l.shard = ${shard} and l.id = ${lineId} and c.erased_at is not null`
  return rows.length > 0
}

export async function markResolved(db: Queryable, dispute: Dispute): Promise<void> {
  const { shard, id, status, note, resolvedOn, resolvedAt, refund } = dispute
  await db`
    update disputes set status = ${status}, note = ${note}, resolved_on = ${resolvedOn}, resolved_at = ${resolvedAt},
      refund_id = ${refund?.id ?? null}
    where shard = ${shard} and id = ${id}`
}

interface OfLine {
  readonly shard: number
  readonly tenantId: string
  readonly lineId: string
}

type Decision = Decided & { readonly chargeId: string }

/** Of the lines of all tenants whose days are closed at the same time. */
const decisionLoaderOf = oncePerPlatform(({ db: { readings: db } }) =>
  createShardLoader<OfLine, Decision[]>(async (shard, asked) => {
    const { texts } = db.typed
    const rows = await db<(Decision & { readonly lineId: string; readonly tenantId: string })[]>`
      select tenant_id, line_id, charge_id, opened_on, resolved_on from disputes
      where shard = ${shard} and line_id = any (${texts(asked.map(({ lineId }) => lineId))}) and status <> 'open'`
    const byLine = Map.groupBy(rows, ({ tenantId, lineId }) => `${tenantId} ${lineId}`)
    return asked.map(({ tenantId, lineId }) => byLine.get(`${tenantId} ${lineId}`) ?? [])
  }),
)

/** The disputes of some lines of a shard that are decided, by charge. */
export async function readDecisions(
  ctx: Context,
  shard: number,
  lineIds: readonly string[],
): Promise<Map<string, Decided[]>> {
  const load = decisionLoaderOf(ctx.platform)
  const found = await Promise.all(lineIds.map((lineId) => load({ shard, tenantId: ctx.tenantId, lineId })))
  return Map.groupBy(found.flat(), ({ chargeId }) => chargeId)
}
