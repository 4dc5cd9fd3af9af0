-- What the planner believes of a table before the first ANALYZE. It then takes `shard` and `tenant_id` for selective and, on
-- a table of no rows, cannot tell the index of a row's key from one that merely begins with the shard: a plan kept from then
-- reads every charge of the shard to find one. Said beforehand: neither column selects anything. The first real statistics
-- take the place of these, and a table that has some keeps them.
do $$
declare
  v_column record;
begin
  -- PostgreSQL 18 and newer; an older one is slower until the autovacuum's first visit, within a minute of the first rows.
  if to_regproc('pg_restore_attribute_stats') is null then
    return;
  end if;
  for v_column in
    select c.relname::text as relation, a.attname::text as name, t.typlen as width
      from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attname in ('shard', 'tenant_id') and not a.attisdropped
      join pg_type t on t.oid = a.atttypid
      where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r'
        and not exists (
          select from pg_stats s where s.schemaname = current_schema() and s.tablename = c.relname and s.attname = a.attname)
  loop
    perform pg_restore_attribute_stats(
      'schemaname', current_schema()::text, 'relname', v_column.relation, 'attname', v_column.name, 'inherited', false,
      'null_frac', 0::real, 'avg_width', case when v_column.width > 0 then v_column.width else 16 end::integer, 'n_distinct', 1::real);
  end loop;
end $$;
