-- The one door for writes on the customer's side. A batch of operations of one shard becomes one commit: each
-- operation is all or nothing on its own, and its verdict is returned. A verdict other than 'ok' left no trace.
--
-- p_ops is an array of
--   { n, tenant, key?, hash?, replyStatus?, reply?,            idempotency: first outcome of a key is kept
--     line?: { id, version?, spend?, statementOn?,             guards, all optional
--              held?, owed?, credit?,                          increments
--              status?, limit?, nextStatementOn?, statements?, autopay? },   new values
--     customers?, lines?, loans?, charges?, statements?, repayments?, refunds?: rows in the tables' own column names
--     events?: [{ id, type, lineId?, chargeId?, loanId?, merchantId?, data, currency, accounts, amounts,
--                 effectiveOn, bookedAt, actor, requestId, ofLoan? }] }
--
-- Separate set-based statements, each on shard = p_shard; one jsonb argument instead of a dozen arrays because rows
-- are wide and differ by kind of operation. A batch holds a line at most once (the caller's batcher sees to it).
create function commit_operations(p_shard smallint, p_ops jsonb)
returns table (n integer, outcome text, status smallint, body jsonb, seq bigint)
language plpgsql
-- A batch is a few hundred rows against tables of millions: every join is a look-up by key. Without this a planner whose
-- statistics are young hashes all keys of the shard for each batch (3,000 rows read per commit after 3,000 commits).
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
as $$
#variable_conflict use_column
declare
  v_head bigint;
  v_ok integer[];
  v_outcomes text[];
  v_events integer;
begin
  -- One writer per shard at a time: sequence numbers become visible in order, and no two writers can deadlock.
  insert into shard_heads (shard, last_seq) values (p_shard, 0) on conflict (shard) do nothing;
  select h.last_seq into v_head from shard_heads h where h.shard = p_shard for update;

  select array_agg(verdict.v order by verdict.n), array_agg(verdict.n order by verdict.n) filter (where verdict.v = 'ok')
    into v_outcomes, v_ok
    from (
      select o.n, case
          when k.key is not null and k.request_hash <> o.hash then 'key-reused'
          when k.key is not null then 'replay'
          when o.line is null then 'ok'
          when l.id is null then 'line-not-found'
          when (o.line ->> 'version')::integer <> l.version then 'conflict'
          when (o.line ->> 'statementOn')::date is distinct from l.next_statement_on and o.line ? 'statementOn' then 'conflict'
          when o.line ? 'spend' and l.status <> 'active' then 'line-not-active'
          when l.held_minor + l.owed_minor + (o.line ->> 'spend')::bigint > l.limit_minor then 'limit-exceeded'
          else 'ok'
        end as v
        from jsonb_to_recordset(p_ops) as o(n integer, tenant text, key text, hash text, line jsonb)
        left join idempotency_keys k on k.shard = p_shard and k.tenant_id = o.tenant and k.key = o.key
        left join lines l on l.shard = p_shard and l.id = o.line ->> 'id' and l.tenant_id = o.tenant
    ) as verdict;

  update lines l set
      held_minor = l.held_minor + coalesce((o.line ->> 'held')::bigint, 0),
      owed_minor = l.owed_minor + coalesce((o.line ->> 'owed')::bigint, 0),
      credit_minor = l.credit_minor + coalesce((o.line ->> 'credit')::bigint, 0),
      status = coalesce(o.line ->> 'status', l.status),
      limit_minor = coalesce((o.line ->> 'limit')::bigint, l.limit_minor),
      next_statement_on = case when o.line ? 'nextStatementOn' then (o.line ->> 'nextStatementOn')::date else l.next_statement_on end,
      statement_count = l.statement_count + coalesce((o.line ->> 'statements')::integer, 0),
      autopay = case when o.line ? 'autopay' then nullif(o.line -> 'autopay', 'null'::jsonb) else l.autopay end,
      version = l.version + case when o.line ? 'version' then 1 else 0 end
    from jsonb_to_recordset(p_ops) as o(n integer, line jsonb)
    where l.shard = p_shard and l.id = o.line ->> 'id' and o.n = any (v_ok);

  if jsonb_path_exists(p_ops, '$[*].customers') then
    insert into customers
      select r.* from jsonb_to_recordset(p_ops) as o(n integer, customers jsonb),
        jsonb_populate_recordset(null::customers, o.customers) r
      where o.n = any (v_ok) and r.shard = p_shard;
  end if;

  if jsonb_path_exists(p_ops, '$[*].lines') then
    insert into lines
      select r.* from jsonb_to_recordset(p_ops) as o(n integer, lines jsonb), jsonb_populate_recordset(null::lines, o.lines) r
      where o.n = any (v_ok) and r.shard = p_shard;
  end if;

  insert into charges
    select r.* from jsonb_to_recordset(p_ops) as o(n integer, charges jsonb), jsonb_populate_recordset(null::charges, o.charges) r
    where o.n = any (v_ok) and r.shard = p_shard
    on conflict on constraint charges_pkey do update set
      captured_minor = excluded.captured_minor, released_minor = excluded.released_minor,
      refunded_minor = excluded.refunded_minor, fee_minor = excluded.fee_minor,
      fee_returned_minor = excluded.fee_returned_minor, status = excluded.status, expires_at = excluded.expires_at;

  -- Journal rows number on from the head, in the order of operations and of events inside one.
  insert into journal (shard, tenant_id, seq, id, type, line_id, charge_id, loan_id, merchant_id, data, currency, accounts,
                       amounts, effective_on, booked_at, actor, request_id)
    select p_shard, o.tenant, v_head + row_number() over (order by o.n, e.position), e.event ->> 'id', e.event ->> 'type',
        e.event ->> 'lineId', e.event ->> 'chargeId', e.event ->> 'loanId', e.event ->> 'merchantId', e.event -> 'data',
        e.event ->> 'currency',
        array(select jsonb_array_elements_text(e.event -> 'accounts')),
        array(select jsonb_array_elements_text(e.event -> 'amounts')::bigint),
        (e.event ->> 'effectiveOn')::date, (e.event ->> 'bookedAt')::timestamptz, e.event ->> 'actor', e.event ->> 'requestId'
      from jsonb_to_recordset(p_ops) as o(n integer, tenant text, events jsonb),
        jsonb_array_elements(o.events) with ordinality as e(event, position)
      where o.n = any (v_ok);
  get diagnostics v_events = row_count;

  if v_events > 0 then
    update shard_heads h set last_seq = v_head + v_events where h.shard = p_shard;

    insert into balances (shard, tenant_id, account, currency, effective_on, debit_minor, credit_minor)
      select p_shard, j.tenant_id, leg.account, j.currency, j.effective_on,
          sum(greatest(leg.amount, 0)), sum(greatest(-leg.amount, 0))
        from journal j, unnest(j.accounts, j.amounts) as leg(account, amount)
        where j.shard = p_shard and j.seq > v_head and j.seq <= v_head + v_events
          and j.tenant_id in (select distinct o.tenant from jsonb_to_recordset(p_ops) as o(tenant text))
        group by j.tenant_id, leg.account, j.currency, j.effective_on
        order by j.tenant_id, leg.account, j.currency, j.effective_on
      on conflict (shard, tenant_id, account, currency, effective_on) do update set
        debit_minor = balances.debit_minor + excluded.debit_minor,
        credit_minor = balances.credit_minor + excluded.credit_minor;
  end if;

  -- A loan row is written whole; the numbers of its own journal rows are appended here, where they become known.
  insert into loans
    select filled.*
    from (
      select ops.n, ops.loans as contracts, ops.events,
          v_head + coalesce(sum(jsonb_array_length(ops.events)) over (order by ops.n rows between unbounded preceding and 1 preceding), 0)
            as before
        from jsonb_to_recordset(p_ops) as ops(n integer, loans jsonb, events jsonb)
        where ops.n = any (v_ok)
    ) o
    cross join jsonb_array_elements(o.contracts) as r(row)
    -- Joined, not `(f(x)).*`, which would call it once for each of the twenty columns.
    cross join lateral jsonb_populate_record(null::loans, r.row || jsonb_build_object('event_seqs', (
      select coalesce(jsonb_agg((o.before + e.position)::bigint order by e.position), '[]')
        from jsonb_array_elements(o.events) with ordinality as e(event, position)
        where e.event ->> 'loanId' = r.row ->> 'id' and (e.event -> 'data' ? 'loanEvent' or e.event -> 'data' ? 'loanTerms')
    ))) as filled
    where filled.shard = p_shard
    on conflict on constraint loans_pkey do update set
      status = excluded.status, events = excluded.events, event_seqs = loans.event_seqs || excluded.event_seqs,
      posted = excluded.posted, posted_on = excluded.posted_on, principal_minor = excluded.principal_minor,
      days_past_due = excluded.days_past_due, bucket = excluded.bucket, next_action_on = excluded.next_action_on;

  if jsonb_path_exists(p_ops, '$[*].statements') then
    insert into statements
      select r.* from jsonb_to_recordset(p_ops) as o(n integer, statements jsonb),
        jsonb_populate_recordset(null::statements, o.statements) r
      where o.n = any (v_ok) and r.shard = p_shard;
  end if;

  if jsonb_path_exists(p_ops, '$[*].repayments') then
    insert into repayments
      select r.* from jsonb_to_recordset(p_ops) as o(n integer, repayments jsonb),
        jsonb_populate_recordset(null::repayments, o.repayments) r
      where o.n = any (v_ok) and r.shard = p_shard
      on conflict on constraint repayments_pkey do update set status = excluded.status;
  end if;

  if jsonb_path_exists(p_ops, '$[*].refunds') then
    insert into refunds
      select r.* from jsonb_to_recordset(p_ops) as o(n integer, refunds jsonb), jsonb_populate_recordset(null::refunds, o.refunds) r
      where o.n = any (v_ok) and r.shard = p_shard;
  end if;

  insert into idempotency_keys (shard, tenant_id, key, request_hash, status, body)
    select p_shard, o.tenant, o.key, o.hash, o."replyStatus", o.reply
      from jsonb_to_recordset(p_ops) as o(n integer, tenant text, key text, hash text, "replyStatus" smallint, reply jsonb)
      where o.n = any (v_ok) and o.key is not null;

  return query
    select o.n, v_outcomes[o.n + 1], k.status, k.body,
        case when v_outcomes[o.n + 1] = 'ok' then v_head + v_events end
      from jsonb_to_recordset(p_ops) as o(n integer, tenant text, key text)
      left join idempotency_keys k
        on v_outcomes[o.n + 1] = 'replay' and k.shard = p_shard and k.tenant_id = o.tenant and k.key = o.key
      order by o.n;
end $$;
