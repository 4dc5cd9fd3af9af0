-- A payout with its journal rows in one call: as a transaction of four statements it held its shard's lock while the server
-- was asked four times, and every other writer of the shard waited.
--
-- Takes the payout of one payee, decided while the payee had had p_made of them; with another one since nothing is written,
-- and the error is a serialization_failure. Gives what `commit_operations` gives; without a verdict the payout is written.
create function commit_payout(
  p_shard smallint,
  p_operations operation[],
  p_events journal[], p_events_of integer[],
  p_payouts payouts[],
  p_made bigint)
returns table (n integer, outcome text, status smallint, body json)
language plpgsql
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_column
begin
  -- First, because it locks the shard: nobody else inserts between the count and the end of the transaction.
  return query select * from commit_operations(p_shard, p_operations, p_events, p_events_of,
    null, null, null, null, null, null, null, null, null, null, null, null, null, null);
  if found then
    return;
  end if;
  insert into payouts
    select r.* from unnest(p_payouts) r
    where (select count(*) from payouts p where p.tenant_id = r.tenant_id and p.payee_id = r.payee_id) = p_made;
  if not found then
    raise exception 'another payout to this payee was made' using errcode = 'serialization_failure';
  end if;
end $$;
