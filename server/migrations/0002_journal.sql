-- The journal: one append-only row per business event, carrying its own balanced money legs. Ledger, event feed,
-- audit and time travel are readings of it. Nothing here is updated or deleted; mistakes are reversed by a new row.

-- One row per shard. Every write of a shard passes through `commit_operations`, which locks this row first, so
-- sequence numbers are dense and become visible in order: a reader that has seen n never misses a lower one.
create table shard_heads (
  shard smallint primary key,
  last_seq bigint not null
);

-- A CHECK cannot hold a subquery; an immutable function can.
create function legs_sum(amounts bigint[]) returns numeric
language sql immutable parallel safe
return (select coalesce(sum(leg), 0) from unnest(amounts) as leg);

create table journal (
  shard smallint not null,
  tenant_id text not null,
  seq bigint not null,
  id text not null,
  type text not null,
  line_id text,
  charge_id text,
  loan_id text,
  merchant_id text,
  data jsonb not null,
  currency text,
  accounts text[] not null,
  -- Minor units, debit positive, in step with `accounts`.
  amounts bigint[] not null,
  -- When it counts, in the tenant's calendar; when the tenant's clock says it was learned; when this server wrote it.
  effective_on date not null,
  booked_at timestamptz not null,
  recorded_at timestamptz not null default clock_timestamp(),
  actor text not null,
  request_id text,
  primary key (shard, tenant_id, seq, recorded_at),
  constraint legs_have_accounts check (cardinality(accounts) = cardinality(amounts)),
  constraint legs_balance check (legs_sum(amounts) = 0),
  constraint legs_have_currency check (cardinality(amounts) = 0 or currency is not null)
) partition by range (recorded_at);

-- Catches rows of a month whose partition was not made yet; `journal_make_partitions` runs at start and daily.
create table journal_default partition of journal default;

create function journal_make_partitions(p_from date, p_months integer) returns void
language plpgsql as $$
declare
  v_start date := date_trunc('month', p_from)::date;
  v_name text;
begin
  for i in 0 .. p_months - 1 loop
    v_name := 'journal_' || to_char(v_start, 'YYYYMM');
    if to_regclass(v_name) is null
       and not exists (select 1 from journal_default where recorded_at >= v_start and recorded_at < v_start + interval '1 month') then
      execute format('create table %I partition of journal for values from (%L) to (%L)',
                     v_name, v_start::timestamp at time zone 'UTC', (v_start + interval '1 month')::timestamp at time zone 'UTC');
    end if;
    v_start := (v_start + interval '1 month')::date;
  end loop;
end $$;

-- Movements of an account on an effective day. A balance on any date is a sum of days; a trial balance of the past
-- needs no replay. One row is touched per account and day per batch, so a busy merchant costs one update per batch.
create table balances (
  shard smallint not null,
  tenant_id text not null,
  account text not null,
  currency text not null,
  effective_on date not null,
  debit_minor bigint not null,
  credit_minor bigint not null,
  primary key (shard, tenant_id, account, currency, effective_on)
) with (fillfactor = 70);

-- First outcome of every idempotency key, failed ones too.
create table idempotency_keys (
  shard smallint not null,
  tenant_id text not null,
  key text not null,
  request_hash text not null,
  status smallint not null,
  body jsonb not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (shard, tenant_id, key)
);
