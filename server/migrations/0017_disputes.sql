-- A customer's dispute of a charge: what is wrong with it, what of the merchant's money is set aside meanwhile, how it ended. The
-- money itself is in the journal, and the loans of the charge stand in the bucket `disputed` for as long as it is open.
create table disputes (
  shard smallint not null,
  id text not null,
  tenant_id text not null,
  charge_id text not null,
  line_id text not null,
  merchant_id text not null,
  currency text not null,
  amount_minor bigint not null check (amount_minor > 0),
  reason text not null,
  reference text,
  status text not null check (status in ('open', 'upheld', 'rejected', 'withdrawn')),
  -- Set aside of what the merchant is owed; given back when the dispute ends.
  withheld_minor bigint not null check (withheld_minor >= 0),
  -- Of what was upheld.
  refund_id text,
  note text,
  opened_on date not null,
  created_at timestamptz not null,
  resolved_on date,
  resolved_at timestamptz,
  constraint resolved_or_open check ((status = 'open') = (resolved_at is null) and (resolved_on is null) = (resolved_at is null)),
  constraint upheld_by_refund check ((status = 'upheld') = (refund_id is not null))
);
create index on disputes (shard, line_id);
-- What is to be decided.
create index open_disputes on disputes (shard, tenant_id, id) where status = 'open';
-- After it: of indexes that seem as good, as they do while the table has no statistics, the planner takes the newest.
create unique index one_open_dispute on disputes (shard, charge_id) where status = 'open';
-- Last, for the same reason.
alter table disputes add primary key (shard, id);

-- As in 0008: what the planner believes before the first ANALYZE.
do $$
begin
  if to_regproc('pg_restore_attribute_stats') is null then
    return;
  end if;
  perform pg_restore_attribute_stats(
    'schemaname', current_schema()::text, 'relname', 'disputes', 'attname', name, 'inherited', false,
    'null_frac', 0::real, 'avg_width', width, 'n_distinct', 1::real)
    from (values ('shard', 2), ('tenant_id', 16)) as believed(name, width);
end $$;
