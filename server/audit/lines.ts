/** Proofs over lines, charges, repayments, merchants and payouts. */
import { accounts } from '../../core/journal/accounts.ts'
import type { Minor } from '../../core/money.ts'
import { compareAccounts } from './loans.ts'
import { ownRows, type Proof, proof, type Scope } from './types.ts'

const creditPrefix = accounts.customerCredit('')

export async function linesAreSums({ db, tenantId }: Scope): Promise<Proof> {
  const own = ownRows({ db, tenantId })
  const rows = await db<{ id: string; owedMinor: bigint; heldMinor: bigint; loans: bigint; holds: bigint }[]>`
    select l.id, l.owed_minor, l.held_minor, coalesce(o.owed, 0)::bigint as loans, coalesce(h.held, 0)::bigint as holds
    from lines l
    left join (select shard, line_id, sum(principal_minor) as owed from loans where ${own} group by shard, line_id) o
      on o.shard = l.shard and o.line_id = l.id
    left join (select shard, line_id, sum(amount_minor - captured_minor - released_minor) as held
               from charges where status = 'authorized' and ${own} group by shard, line_id) h
      on h.shard = l.shard and h.line_id = l.id
    where ${ownRows({ db, tenantId }, 'l')}`
  const failures = rows
    .filter((row) => row.owedMinor !== row.loans || row.heldMinor !== row.holds)
    .map(
      (row) =>
        `line ${row.id}: owes ${row.owedMinor}, its loans ${row.loans}; holds ${row.heldMinor}, its charges ${row.holds}`,
    )
  const lost = (await lostLines({ db, tenantId })).map(
    (id) => `line ${id}: the journal has its opening, but it is not there`,
  )
  return proof('every line owes what its loans owe and holds what its charges hold', rows.length + lost.length, [
    ...failures,
    ...lost,
  ])
}

/** Also those of which nothing else is left that would miss them. */
async function lostLines({ db, tenantId }: Scope): Promise<string[]> {
  const rows = await db<{ id: string }[]>`
    select j.line_id as id from journal j
    where j.type in ('line.activated', 'line.declined') and ${ownRows({ db, tenantId }, 'j')}
      and not exists (select from lines l where l.shard = j.shard and l.id = j.line_id)`
  return rows.map((row) => row.id)
}

/** Credit belongs to a person, so it is proved line by line, not only as a sum of the product's account. */
export async function creditIsKept({ db, tenantId }: Scope): Promise<Proof> {
  const own = ownRows({ db, tenantId })
  const rows = await db<{ id: string; credit: bigint; booked: bigint }[]>`
    select coalesce(l.id, b.line_id, 'none') as id, coalesce(l.credit_minor, 0) as credit, coalesce(b.booked, 0) as booked
    from (select id, tenant_id, currency, program_id, credit_minor from lines where ${own}) l
    full join (
      select j.tenant_id, j.line_id, j.currency, leg.account, -sum(leg.amount)::bigint as booked
      from journal j, unnest(j.accounts, j.amounts) as leg(account, amount)
      where starts_with(leg.account, ${creditPrefix}) and ${own}
      group by j.tenant_id, j.line_id, j.currency, leg.account
    ) b on b.line_id = l.id and b.tenant_id = l.tenant_id and b.currency = l.currency and b.account = ${creditPrefix} || l.program_id`
  const failures = rows
    .filter((row) => row.credit !== row.booked)
    .map((row) => `line ${row.id}: keeps ${row.credit} of credit, its events gave it ${row.booked}`)
  return proof('every line keeps the credit that its events gave it', rows.length, failures)
}

/**
 * The same from the other side: what loans and repayments left over, less what was spent on dues and paid back. Only a
 * repayment that bounced can take credit that was spent already, so nothing else may leave a line overdrawn.
 */
export async function creditIsLeftOver({ db, tenantId }: Scope): Promise<Proof> {
  const own = ownRows({ db, tenantId })
  const rows = await db<{ id: string; credit: bigint; leftOver: bigint; taken: bigint }[]>`
    select l.id, l.credit_minor as credit, (coalesce(o.kept, 0) + coalesce(r.kept, 0) - coalesce(p.paid, 0))::bigint as left_over,
      coalesce(b.taken, 0)::bigint as taken
    from (select shard, tenant_id, id, credit_minor from lines where ${own}) l
    left join (select shard, line_id,
                 sum(coalesce((posted ->> 'overpaid')::bigint, 0) - coalesce((posted ->> 'overpaidReturned')::bigint, 0)) as kept
               from loans where ${own} group by shard, line_id) o on o.shard = l.shard and o.line_id = l.id
    left join (select shard, line_id, sum(case when source = 'credit' then -amount_minor else credit_minor end) as kept
               from repayments where status = 'booked' and ${own} group by shard, line_id) r
      on r.shard = l.shard and r.line_id = l.id
    left join (select tenant_id, line_id, sum((data ->> 'amount')::bigint) as paid
               from journal where type = 'customer.paid-back' and loan_id is null and ${own} group by tenant_id, line_id) p
      on p.tenant_id = l.tenant_id and p.line_id = l.id
    left join (select j.tenant_id, j.line_id, sum(greatest(leg.amount, 0)) as taken
               from journal j, unnest(j.accounts, j.amounts) as leg(account, amount)
               where j.type = 'repayment.reversed' and starts_with(leg.account, ${creditPrefix}) and ${own}
               group by j.tenant_id, j.line_id) b on b.tenant_id = l.tenant_id and b.line_id = l.id`
  const failures = rows.flatMap(({ id, credit, leftOver, taken }) => [
    ...(credit === leftOver
      ? []
      : [`line ${id}: keeps ${credit} of credit, its loans and repayments left ${leftOver}`]),
    ...(credit + taken >= 0n ? [] : [`line ${id}: is overdrawn by ${-credit}, what bounced took ${taken}`]),
  ])
  return proof('credit is what loans and repayments left over, overdrawn only by what bounced', rows.length, failures)
}

export async function chargesAreCaptured({ db, tenantId }: Scope): Promise<Proof> {
  const own = ownRows({ db, tenantId })
  const rows = await db<{ id: string; captured: bigint; lent: bigint; refunded: bigint; given: bigint }[]>`
    select c.id, c.captured_minor as captured, coalesce(o.lent, 0)::bigint as lent,
      c.refunded_minor as refunded, coalesce(r.given, 0)::bigint as given
    from charges c
    left join (select shard, charge_id, sum((terms ->> 'principal')::bigint) as lent
               from loans where ${own} group by shard, charge_id) o
      on o.shard = c.shard and o.charge_id = c.id
    left join (select shard, charge_id, sum(amount_minor) as given from refunds where ${own} group by shard, charge_id) r
      on r.shard = c.shard and r.charge_id = c.id
    where ${ownRows({ db, tenantId }, 'c')}`
  const failures = rows
    .filter((row) => row.captured !== row.lent || row.refunded !== row.given)
    .map(
      (row) =>
        `charge ${row.id}: captured ${row.captured}, lent ${row.lent}; refunded ${row.refunded}, refunds ${row.given}`,
    )
  return proof('every capture was lent, every refund is on its charge', rows.length, failures)
}

export async function repaymentsAreSpread({ db, tenantId }: Scope): Promise<Proof> {
  const rows = await db<{ id: string; amountMinor: bigint; spread: bigint }[]>`
    select id, amount_minor,
      (credit_minor + coalesce((select sum((a ->> 'amount')::bigint) from jsonb_array_elements(allocations) a), 0))::bigint as spread
    from repayments where ${ownRows({ db, tenantId })}`
  const failures = rows
    .filter((row) => row.amountMinor !== row.spread)
    .map((row) => `repayment ${row.id}: ${row.amountMinor} came in, ${row.spread} was spread`)
  return proof('every repayment is spread to the last cent', rows.length, failures)
}

/**
 * Captured, less fees, less refunds, less what waits for disputes, less paid out. The parts of a payout that is under way are booked one by one, so
 * they are taken from the journal; that they are what the payout says is another proof.
 */
export async function merchantsAreOwed(scope: Scope): Promise<Proof> {
  const { db, tenantId } = scope
  const own = ownRows({ db, tenantId })
  const rows = await db<{ tenantId: string; currency: string; merchantId: string; owed: bigint }[]>`
    select tenant_id, currency, merchant_id, sum(owed)::bigint as owed
    from (
      select tenant_id, currency, merchant_id, captured_minor - fee_minor + fee_returned_minor - refunded_minor as owed
        from charges where ${own}
      union all
      select tenant_id, currency, merchant_id, -withheld_minor from disputes where status = 'open' and ${own}
      union all
      select tenant_id, currency, merchant_id, -(data ->> 'amount')::bigint from journal
        where type = 'payout.paid' and merchant_id is not null and ${own}
    ) movements
    group by tenant_id, currency, merchant_id`
  const sums = new Map<string, Minor>(
    rows.map((row) => [`${row.tenantId} ${row.currency} ${accounts.merchantPayable(row.merchantId)}`, -row.owed]),
  )
  return compareAccounts(
    scope,
    'merchants are owed captures less fees, refunds, disputes and payouts',
    sums,
    (account) => /^liability:merchant:[^:]+:payable$/.test(account),
  )
}

export async function payoutsAreBooked({ db, tenantId }: Scope): Promise<Proof> {
  const own = ownRows({ db, tenantId })
  const rows = await db<{ id: string; amount: bigint; parts: bigint; booked: bigint; direction: string }[]>`
    select p.id, p.amount_minor as amount, p.direction,
      coalesce((select sum((part ->> 'amount')::bigint) from jsonb_array_elements(p.parts) part), 0)::bigint as parts,
      coalesce(b.booked, 0)::bigint as booked
    from payouts p
    left join (select tenant_id, data ->> 'payoutId' as payout_id, sum((data ->> 'amount')::bigint) as booked
               from journal where type = 'payout.paid' and ${own} group by tenant_id, data ->> 'payoutId') b
      on b.tenant_id = p.tenant_id and b.payout_id = p.id
    where ${ownRows({ db, tenantId }, 'p')} and p.status = 'paid'`
  const failures = rows
    .filter((row) => {
      const signed = row.direction === 'pay' ? row.amount : -row.amount
      return row.parts !== signed || row.booked !== signed
    })
    .map((row) => `payout ${row.id}: ${row.amount} (${row.direction}), its parts ${row.parts}, booked ${row.booked}`)
  return proof('every payout was booked once', rows.length, failures)
}
