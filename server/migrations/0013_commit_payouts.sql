-- The payouts of an evening in one call: by calls of `commit_payout`, one for each, a payout took 0.6 ms, of which its own
-- rows were the smaller part.
--
-- As `commit_operations` takes them, each operation with its payout and the number of payouts that its payee had had when it
-- was decided. With another one since, nothing of the batch is written and the error is a serialization_failure, so that the
-- caller tries its halves. Gives what `commit_operations` gives; a payout without a verdict is written. A batch holds a payee
-- at most once: of two payouts, decided on the same number, the second is such a failure too.
create function commit_payouts(
  p_shard smallint,
  p_operations operation[],
  p_events journal[], p_events_of integer[],
  p_payouts payouts[],
  p_made bigint[])
returns table (n integer, outcome text, status smallint, body json)
language plpgsql
set plan_cache_mode = force_generic_plan
as $$
declare
  v_verdict record;
  v_refused bigint[] := '{}';
  v_new integer;
begin
  -- First, because it locks the shard: nobody else inserts between the count and the end of the transaction.
  for v_verdict in
    select c.n, c.outcome, c.status, c.body from commit_operations(p_shard, p_operations, p_events, p_events_of,
      null, null, null, null, null, null, null, null, null, null, null, null, null, null) as c
  loop
    v_refused := v_refused || v_verdict.n::bigint;
    n := v_verdict.n;
    outcome := v_verdict.outcome;
    status := v_verdict.status;
    body := v_verdict.body;
    return next;
  end loop;

  insert into payouts (id, tenant_id, payee_kind, payee_id, currency, amount_minor, direction, status, timing, through_on,
                       parts, file, created_at, paid_at)
    select distinct on (r.tenant_id, r.payee_id) r.id, r.tenant_id, r.payee_kind, r.payee_id, r.currency, r.amount_minor,
        r.direction, r.status, r.timing, r.through_on, r.parts, r.file, r.created_at, r.paid_at
      -- A second array in one `unnest`: its column has the function's name.
      from unnest(p_payouts, p_made) with ordinality as r
      where r.ordinality <> all (v_refused)
        and (select count(*) from payouts p where p.tenant_id = r.tenant_id and p.payee_id = r.payee_id) = r.unnest
      order by r.tenant_id, r.payee_id;
  get diagnostics v_new = row_count;
  if v_new + cardinality(v_refused) <> cardinality(p_payouts) then
    raise exception 'another payout to one of these payees was made' using errcode = 'serialization_failure';
  end if;
end $$;

drop function commit_payout(smallint, operation[], journal[], integer[], payouts[], bigint);
