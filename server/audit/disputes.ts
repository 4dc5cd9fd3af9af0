/** Proofs over disputes: money that waits, and loans that are not asked for, are those of the open ones. */
import { accounts } from '../../core/journal/accounts.ts'
import type { Minor } from '../../core/money.ts'
import { compareAccounts } from './loans.ts'
import { ownRows, type Proof, proof, type Scope } from './types.ts'

export async function merchantsWait(scope: Scope): Promise<Proof> {
  const { db, tenantId } = scope
  const rows = await db<{ tenantId: string; currency: string; merchantId: string; withheld: bigint }[]>`
    select tenant_id, currency, merchant_id, sum(withheld_minor)::bigint as withheld
    from disputes where status = 'open' and ${ownRows({ db, tenantId })}
    group by tenant_id, currency, merchant_id`
  const sums = new Map<string, Minor>(
    rows.map((row) => [`${row.tenantId} ${row.currency} ${accounts.merchantDisputed(row.merchantId)}`, -row.withheld]),
  )
  return compareAccounts(scope, 'what merchants wait for is withheld by open disputes', sums, (account) =>
    /^liability:merchant:[^:]+:disputed$/.test(account),
  )
}

interface Compared {
  readonly id: string
  readonly open: bigint | null
  readonly left: bigint | null
  readonly disputedLoans: number
  readonly otherLoans: number
}

/** Charges of which a dispute is open, or a loan stands as disputed. */
export async function disputedLoansRest({ db, tenantId }: Scope): Promise<Proof> {
  const own = ownRows({ db, tenantId })
  const rows = await db<Compared[]>`
    select coalesce(d.charge_id, o.charge_id) as id, d.amount_minor as open, c.captured_minor - c.refunded_minor as left,
      coalesce(o.disputed, 0)::int as disputed_loans, coalesce(o.others, 0)::int as other_loans
    from (select shard, charge_id, amount_minor from disputes where status = 'open' and ${own}) d
    full join (
      select shard, charge_id, count(*) filter (where bucket = 'disputed') as disputed, count(*) filter (where bucket <> 'disputed') as others
      from loans l
      where ${ownRows({ db, tenantId }, 'l')} and (bucket = 'disputed'
        or exists (select from disputes d where d.shard = l.shard and d.charge_id = l.charge_id and d.status = 'open'))
      group by shard, charge_id
    ) o on o.shard = d.shard and o.charge_id = d.charge_id
    left join charges c on c.shard = d.shard and c.id = d.charge_id`
  return proof('loans stand as disputed while a dispute of their charge is open', rows.length, rows.flatMap(faultsOf))
}

function faultsOf({ id, open, left, disputedLoans, otherLoans }: Compared): string[] {
  if (open === null)
    return disputedLoans === 0 ? [] : [`charge ${id}: ${disputedLoans} loans stand as disputed, no dispute is open`]
  const found: string[] = []
  if (disputedLoans === 0 || otherLoans > 0) {
    found.push(`charge ${id}: in dispute, but of its loans ${disputedLoans} stand as disputed and ${otherLoans} do not`)
  }
  if (left === null || open > left)
    found.push(`charge ${id}: ${open} is disputed, ${left ?? 'nothing'} can be refunded`)
  return found
}
