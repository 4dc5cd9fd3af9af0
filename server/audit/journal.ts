/** Proofs over the journal itself: it balances, nothing is missing, the balances are its sum, and the totals theirs. */
import type { Queryable } from '../platform/database.ts'
import { ownRows, type Proof, proof, type Scope } from './types.ts'

export async function legsBalance({ db, tenantId }: Scope): Promise<Proof> {
  const [{ rows }, wrong] = await Promise.all([
    db<{ rows: number }[]>`
      select count(*)::int as rows from journal where ${ownRows({ db, tenantId })}`.then(first),
    // Not through the constraint's function: a proof should not lean on what it proves.
    db<{ shard: number; seq: bigint; id: string; sum: string }[]>`
      select shard, seq, id, (select coalesce(sum(leg), 0) from unnest(amounts) leg)::text as sum
      from journal
      where ${ownRows({ db, tenantId })}
        and (cardinality(accounts) <> cardinality(amounts) or (select coalesce(sum(leg), 0) from unnest(amounts) leg) <> 0)`,
  ])
  const failures = wrong.map((row) => `event ${row.id} (shard ${row.shard}, seq ${row.seq}): legs sum to ${row.sum}`)
  return proof('every event’s legs sum to zero', rows, failures)
}

/**
 * Numbers of a shard are those from 1 to its head, each once: no event was taken away, put in, or given the number of another. As
 * many different numbers as the head says, none of them outside, can be no others. Of all tenants together; only that they are
 * different is asked of the rows in the scope, as to sort those of all takes as long as the rest of one tenant's audit.
 */
export async function nothingMissing({ db, tenantId }: Scope): Promise<Proof> {
  const shards = await db<
    { shard: number; head: bigint; rows: bigint; doubled: bigint; lowest: bigint; top: bigint }[]
  >`
    select shard, coalesce(h.seq, 0) as head, coalesce(j.rows, 0) as rows, coalesce(own.doubled, 0) as doubled,
      coalesce(j.lowest, 1) as lowest, coalesce(j.top, 0) as top
    from shard_heads h
    full join (
      select shard, count(*) as rows, min(seq) as lowest, max(seq) as top from journal group by shard
    ) j using (shard)
    left join (
      select shard, count(*) - count(distinct seq) as doubled from journal where ${ownRows({ db, tenantId })} group by shard
    ) own using (shard)
    order by shard`
  const failures: string[] = []
  for (const { shard, head, rows, doubled, lowest, top } of shards) {
    if (rows === head && doubled === 0n && lowest === 1n && top === head) continue
    const named = await wrongSeqs(db, shard, head)
    failures.push(`shard ${shard}: ${head} events were numbered, ${rows} are there, the last is ${top}${named}`)
  }
  return proof('no event is missing from the journal', shards.length, failures)
}

const seqsShown = 20

/** Only asked where some are wrong, as it reads every number of the shard. */
async function wrongSeqs(db: Queryable, shard: number, head: bigint): Promise<string> {
  const missing = await db<{ seq: bigint }[]>`
    select seq from generate_series(1, ${head}::bigint) seq
    except select seq from journal where shard = ${shard}
    order by seq limit ${seqsShown}`
  const doubled = await db<{ seq: bigint }[]>`
    select seq from journal where shard = ${shard} group by seq having count(*) > 1 order by seq limit ${seqsShown}`
  const outside = await db<{ seq: bigint }[]>`
    select distinct seq from journal where shard = ${shard} and (seq < 1 or seq > ${head}) order by seq limit ${seqsShown}`
  return Object.entries({ missing, 'there more than once': doubled, 'beyond the numbers given': outside })
    .filter(([, rows]) => rows.length > 0)
    .map(([what, rows]) => `; ${what}: ${rows.map((row) => row.seq).join(', ')}`)
    .join('')
}

export async function balancesAreSums({ db, tenantId }: Scope): Promise<Proof> {
  const own = ownRows({ db, tenantId })
  const [{ rows }, wrong] = await Promise.all([
    db<{ rows: number }[]>`select count(*)::int as rows from balances where ${own}`.then(first),
    db<{ account: string; effectiveOn: string; currency: string; kept: string; summed: string }[]>`
      with summed as (
        select j.shard, j.tenant_id, leg.account, j.currency, j.effective_on,
          sum(greatest(leg.amount, 0)) as debit_minor, sum(greatest(-leg.amount, 0)) as credit_minor
        from journal j, unnest(j.accounts, j.amounts) as leg(account, amount)
        where ${ownRows({ db, tenantId }, 'j')}
        group by j.shard, j.tenant_id, leg.account, j.currency, j.effective_on
      ), kept as (select * from balances where ${own})
      select account, effective_on, currency,
        coalesce(kept.debit_minor || ' / ' || kept.credit_minor, 'nothing') as kept,
        coalesce(summed.debit_minor || ' / ' || summed.credit_minor, 'nothing') as summed
      from kept full join summed using (shard, tenant_id, account, currency, effective_on)
      where (kept.debit_minor, kept.credit_minor) is distinct from (summed.debit_minor, summed.credit_minor)`,
  ])
  const failures = wrong.map(
    (row) =>
      `${row.account} ${row.currency} on ${row.effectiveOn}: balance has ${row.kept} (debit / credit), the journal ${row.summed}`,
  )
  return proof('every balance is the sum of its legs', rows, failures)
}

/** Trial balances and payouts begin with it. */
export async function totalsAreSums({ db, tenantId }: Scope): Promise<Proof> {
  const own = ownRows({ db, tenantId })
  const [{ rows }, wrong] = await Promise.all([
    db<{ rows: number }[]>`select count(*)::int as rows from account_totals where ${own}`.then(first),
    db<{ shard: number; account: string; currency: string; kept: string; summed: string }[]>`
      with summed as (
        select shard, tenant_id, account, currency, sum(debit_minor) as debit_minor, sum(credit_minor) as credit_minor,
          max(effective_on) as last_on
        from balances where ${own} group by shard, tenant_id, account, currency
      ), kept as (select * from account_totals where ${own})
      select shard, account, currency,
        coalesce(kept.debit_minor || ' / ' || kept.credit_minor || ' to ' || kept.last_on, 'nothing') as kept,
        coalesce(summed.debit_minor || ' / ' || summed.credit_minor || ' to ' || summed.last_on, 'nothing') as summed
      from kept full join summed using (shard, tenant_id, account, currency)
      where (kept.debit_minor, kept.credit_minor, kept.last_on)
        is distinct from (summed.debit_minor, summed.credit_minor, summed.last_on)`,
  ])
  const failures = wrong.map(
    (row) =>
      `${row.account} ${row.currency} in shard ${row.shard}: total has ${row.kept} (debit / credit to the last day), its days ${row.summed}`,
  )
  return proof('every account’s total is the sum of its days', rows, failures)
}

export function first<Row>(rows: readonly Row[]): Row {
  return rows[0]!
}
