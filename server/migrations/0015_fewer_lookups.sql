-- The same commit with fewer look-ups and an index entry less.

-- Charges of a line that made no loan; the others are found by its loans, of which there is an index. A purchase in one step, which
-- makes both, wrote an entry into each.
create index charges_without_loan on charges (shard, line_id) where captured_minor = 0;
drop index charges_shard_line_id_idx;

-- A batch of operations of one shard becomes one commit: each operation is all or nothing on its own. Gives the verdicts
-- that are not 'ok', which left no trace, with the first answer where a key was used before.
--
-- Each `p_…_of` says for each row which operation, from 1, it belongs to. A loan's `event_seqs` come as places in p_events
-- and are stored as the sequence numbers that those get here; without `terms` it has those of the first of these events. Of a
-- charge, loan or repayment that exists, which is one without `line_id`, a row has the key and what may change, as it is now.
-- A batch holds a line at most once (the caller's batcher sees to it). Separate set-based statements, each on shard = p_shard.
--
-- The settings: one plan for good, because planning eight statements costs more than a purchase takes; and nothing but
-- look-ups by key in it, because the tables it is made for may be empty at that time. Sorting is done where nothing else will do:
-- the planner believes in ten rows, and would put hundreds of legs in order to add them up.
create or replace function commit_operations(
  p_shard smallint,
  p_operations operation[],
  p_events journal[], p_events_of integer[],
  p_customers customers[], p_customers_of integer[],
  p_lines lines[], p_lines_of integer[],
  p_charges charges[], p_charges_of integer[],
  p_loans loans[], p_loans_of integer[],
  p_statements statements[], p_statements_of integer[],
  p_repayments repayments[], p_repayments_of integer[],
  p_refunds refunds[], p_refunds_of integer[])
returns table (n integer, outcome text, status smallint, body json)
language plpgsql
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_sort = off
-- What must be put in order all the same counts as dear beyond measure before PostgreSQL 18: each call would compile its plans.
set jit = off
as $$
#variable_conflict use_column
declare
  v_head bigint;
  -- What the events moved, in order of accounts and days.
  v_moved balances[];
  v_events integer := coalesce(cardinality(p_events), 0);
  v_operations operation[] := p_operations;
  -- Operations, from 1, that are not well, and why; null while all are.
  v_refused integer[];
  v_reasons text[];
  -- Of all operations; only where one is not well.
  v_outcomes text[];
  -- How many rows of a kind were new.
  v_new integer;
  -- And how many were changed: one that is not there, or comes twice, is a fault of the caller, and nothing is written.
  v_changed integer;
  -- Operations that their line refused, why, and how many lines were changed.
  v_by_line integer[];
  v_why text[];
  v_lines bigint;
  -- Of each place in p_events the place among those that stay; null while all do.
  v_places bigint[];
  -- Operations that open a line of a customer who has been erased since they were decided.
  v_too_late integer[];
begin
  -- One writer per shard at a time: sequence numbers become visible in order, and no two writers can deadlock.
  -- Its journal rows number on from the head, which is moved at once by all that might come.
  update shard_heads h set seq = h.seq + v_events where h.shard = p_shard returning h.seq - v_events into v_head;
  if not found then
    insert into shard_heads (shard, seq) values (p_shard, 0) on conflict (shard) do nothing;
    update shard_heads h set seq = h.seq + v_events where h.shard = p_shard returning h.seq - v_events into v_head;
  end if;

  if cardinality(p_lines) > 0 then
    v_too_late := array(
      select r.operation from unnest(p_lines_of) with ordinality as r(operation, place)
        cross join lateral (select c.erased_at from customers c
          where c.shard = p_shard and c.id = (p_lines[r.place]).customer_id limit 1) c
        where c.erased_at is not null);
  end if;

  -- Nothing is gathered of those that are well, which nearly always are all.
  select array_agg(known.n), array_agg(known.outcome) into v_refused, v_reasons
    from (
      select o.ordinality as n, case when k.request_hash <> o.request_hash then 'key-reused' else 'replay' end as outcome
        from unnest(p_operations) with ordinality as o
        -- `limit 1` leaves the planner nothing but a look-up.
        cross join lateral (select k.request_hash from idempotency_keys k
          where k.shard = p_shard and k.tenant_id = o.tenant_id and k.key = o.key limit 1) k
    ) as known;

  if cardinality(v_too_late) > 0 then
    v_too_late := array(select distinct n from unnest(v_too_late) as n where v_refused is null or n <> all (v_refused));
    v_refused := v_refused || v_too_late;
    v_reasons := v_reasons || array_fill('conflict'::text, array[cardinality(v_too_late)]);
  end if;

  -- A line says itself whether it allows what is asked of it, and is looked up once. Those that were not changed say why.
  update lines l set
      held_minor = l.held_minor + coalesce(o.held, 0),
      owed_minor = l.owed_minor + coalesce(o.owed, 0),
      credit_minor = l.credit_minor + coalesce(o.credit, 0),
      status = coalesce(o.status, l.status),
      limit_minor = coalesce(o.limit_minor, l.limit_minor),
      next_statement_on = case when o.moves_statement then o.next_statement_on else l.next_statement_on end,
      statement_count = l.statement_count + coalesce(o.statements, 0),
      autopay = case when o.sets_autopay then o.autopay else l.autopay end,
      version = l.version + case when o.version is null then 0 else 1 end
    from unnest(p_operations) with ordinality o
    where l.shard = p_shard and l.id = o.line_id and l.tenant_id = o.tenant_id
      and (v_refused is null or o.ordinality <> all (v_refused))
      and (o.version is null or o.version = l.version)
      and (o.statement_on is null or o.statement_on = l.next_statement_on)
      -- A purchase that came in between does not change the version, but a line with debt is not closed.
      and (o.status is distinct from 'closed' or (l.held_minor + coalesce(o.held, 0) = 0 and l.owed_minor + coalesce(o.owed, 0) = 0
        and l.credit_minor + coalesce(o.credit, 0) = 0))
      and (o.spend is null or (l.status = 'active' and l.held_minor + l.owed_minor + o.spend <= l.limit_minor));
  get diagnostics v_changed = row_count;

  -- Operations without a line are looked through as well, which are few.
  if v_changed + coalesce(cardinality(v_refused), 0) <> cardinality(p_operations) then
    select count(*) filter (where asked.changed), array_agg(asked.n) filter (where not asked.changed),
        array_agg(asked.outcome) filter (where not asked.changed)
      into v_lines, v_by_line, v_why
      from (
        select o.ordinality as n, coalesce(l.changed, false) as changed, case
            when l.tenant_id is distinct from o.tenant_id then 'line-not-found'
            when o.version <> l.version then 'conflict'
            when o.statement_on is not null and o.statement_on is distinct from l.next_statement_on then 'conflict'
            when o.status = 'closed' and (l.held_minor + coalesce(o.held, 0) <> 0 or l.owed_minor + coalesce(o.owed, 0) <> 0
              or l.credit_minor + coalesce(o.credit, 0) <> 0) then 'conflict'
            when o.spend is not null and l.status <> 'active' then 'line-not-active'
            when l.held_minor + l.owed_minor + o.spend > l.limit_minor then 'limit-exceeded'
            else 'conflict'
          end as outcome
          from unnest(p_operations) with ordinality as o
          -- Never in a savepoint: rows written there have its number.
          left join lateral (select l.*, l.xmin = pg_current_xact_id()::xid as changed
            from lines l where l.shard = p_shard and l.id = o.line_id limit 1) l on true
          where o.line_id is not null and (v_refused is null or o.ordinality <> all (v_refused))
      ) as asked;
    if v_lines <> v_changed then
      raise exception 'a line comes twice in a batch, or was written in this transaction before';
    end if;
    v_refused := v_refused || v_by_line;
    v_reasons := v_reasons || v_why;
  end if;


  if v_refused is not null then
    v_outcomes := array_fill('ok'::text, array[cardinality(p_operations)]);
    for i in 1 .. cardinality(v_refused) loop
      v_outcomes[v_refused[i]] := v_reasons[i];
    end loop;
    v_operations := array(select p_operations[i] from generate_subscripts(p_operations, 1) i where v_outcomes[i] = 'ok');
    v_places := array(select sum(case when v_outcomes[e.operation] = 'ok' then 1 else 0 end) over (order by e.place)
      from unnest(p_events_of) with ordinality as e(operation, place));
    p_events := array(select p_events[i] from generate_subscripts(p_events, 1) i where v_outcomes[p_events_of[i]] = 'ok');
    p_customers := array(select p_customers[i] from generate_subscripts(p_customers, 1) i where v_outcomes[p_customers_of[i]] = 'ok');
    p_lines := array(select p_lines[i] from generate_subscripts(p_lines, 1) i where v_outcomes[p_lines_of[i]] = 'ok');
    p_charges := array(select p_charges[i] from generate_subscripts(p_charges, 1) i where v_outcomes[p_charges_of[i]] = 'ok');
    p_loans := array(select p_loans[i] from generate_subscripts(p_loans, 1) i where v_outcomes[p_loans_of[i]] = 'ok');
    p_statements := array(select p_statements[i] from generate_subscripts(p_statements, 1) i where v_outcomes[p_statements_of[i]] = 'ok');
    p_repayments := array(select p_repayments[i] from generate_subscripts(p_repayments, 1) i where v_outcomes[p_repayments_of[i]] = 'ok');
    p_refunds := array(select p_refunds[i] from generate_subscripts(p_refunds, 1) i where v_outcomes[p_refunds_of[i]] = 'ok');
    update shard_heads h set seq = v_head + coalesce(cardinality(p_events), 0) where h.shard = p_shard;
  end if;

  if cardinality(p_customers) > 0 then
    insert into customers select r.* from unnest(p_customers) r where r.shard = p_shard;
  end if;

  if cardinality(p_lines) > 0 then
    insert into lines select r.* from unnest(p_lines) r where r.shard = p_shard;
  end if;

  if cardinality(p_charges) > 0 then
    insert into charges select r.* from unnest(p_charges) r where r.shard = p_shard and r.line_id is not null;
    get diagnostics v_new = row_count;
    if v_new < cardinality(p_charges) then
      update charges c set
          captured_minor = r.captured_minor, released_minor = r.released_minor, refunded_minor = r.refunded_minor,
          fee_minor = r.fee_minor, fee_returned_minor = r.fee_returned_minor, status = r.status, expires_at = r.expires_at
        from unnest(p_charges) r
        where c.shard = p_shard and c.id = r.id and r.line_id is null;
      get diagnostics v_changed = row_count;
      if v_new + v_changed <> cardinality(p_charges) then
        raise exception 'a charge to be changed is not there, or comes twice';
      end if;
    end if;
  end if;

  if cardinality(p_events) > 0 then
    -- Journal rows number on from the head, in the order of operations and of events inside one.
    insert into journal (shard, tenant_id, seq, id, type, line_id, charge_id, loan_id, merchant_id, data, currency, accounts,
                         amounts, effective_on, booked_at, actor, request_id)
      select p_shard, e.tenant_id, v_head + e.ordinality, e.id, e.type, e.line_id, e.charge_id, e.loan_id, e.merchant_id, e.data,
          e.currency, e.accounts, e.amounts, e.effective_on, e.booked_at, e.actor, e.request_id
        from unnest(p_events) with ordinality as e;

    -- Legs are given by the list of results, which keeps none of them, and added up before they are put in order (`offset 0`, and
    -- grouped in another order, or the planner puts them in this one to group them): a batch has hundreds of legs of a few accounts.
    v_moved := array(
      select row(p_shard, moved.tenant_id, moved.account, moved.currency, moved.effective_on, moved.debit, moved.credit)::balances
        from (
          select leg.tenant_id, leg.account, leg.currency, leg.effective_on, sum(greatest(leg.amount, 0))::bigint as debit,
              sum(greatest(-leg.amount, 0))::bigint as credit
            from (select e.tenant_id, e.currency, e.effective_on, unnest(e.accounts) as account, unnest(e.amounts) as amount
              from unnest(p_events) as e) as leg
            group by leg.account, leg.effective_on, leg.currency, leg.tenant_id
            offset 0
        ) as moved
        order by moved.tenant_id, moved.account, moved.currency, moved.effective_on);

    insert into balances (shard, tenant_id, account, currency, effective_on, debit_minor, credit_minor)
      select p_shard, m.tenant_id, m.account, m.currency, m.effective_on, m.debit_minor, m.credit_minor
        from unnest(v_moved) as m
      on conflict (shard, tenant_id, account, currency, effective_on) do update set
        debit_minor = balances.debit_minor + excluded.debit_minor,
        credit_minor = balances.credit_minor + excluded.credit_minor;

    insert into account_totals (shard, tenant_id, account, currency, debit_minor, credit_minor, last_on)
      select p_shard, m.tenant_id, m.account, m.currency, sum(m.debit_minor), sum(m.credit_minor), max(m.effective_on)
        from unnest(v_moved) as m
        group by m.tenant_id, m.account, m.currency
        order by m.tenant_id, m.account, m.currency
      on conflict (shard, tenant_id, account, currency) do update set
        debit_minor = account_totals.debit_minor + excluded.debit_minor,
        credit_minor = account_totals.credit_minor + excluded.credit_minor,
        last_on = greatest(account_totals.last_on, excluded.last_on);
  end if;

  if cardinality(p_loans) > 0 then
    -- The numbers of a loan's own journal rows are stored here, where they become known.
    insert into loans (shard, id, tenant_id, line_id, charge_id, merchant_id, program_id, terms_version, currency, plan, status,
                       terms, events, event_seqs, posted, posted_on, funding, principal_minor, days_past_due, bucket, opened_on,
                       next_action_on)
      select p_shard, r.id, r.tenant_id, r.line_id, r.charge_id, r.merchant_id, r.program_id, r.terms_version, r.currency, r.plan, r.status,
          coalesce(r.terms, (p_events[coalesce(v_places[r.event_seqs[1]], r.event_seqs[1])]).data -> 'loanTerms'), r.events,
          case cardinality(r.event_seqs)
            when 1 then array[v_head + coalesce(v_places[r.event_seqs[1]], r.event_seqs[1])]
            else array(select v_head + coalesce(v_places[place], place) from unnest(r.event_seqs) as place)
          end,
          r.posted, r.posted_on, r.funding, r.principal_minor, r.days_past_due, r.bucket, r.opened_on, r.next_action_on
        from unnest(p_loans) r
        where r.line_id is not null;
    get diagnostics v_new = row_count;
    if v_new < cardinality(p_loans) then
      update loans l set
          status = r.status, events = r.events,
          event_seqs = l.event_seqs || case cardinality(r.event_seqs)
            when 1 then array[v_head + coalesce(v_places[r.event_seqs[1]], r.event_seqs[1])]
            else array(select v_head + coalesce(v_places[place], place) from unnest(r.event_seqs) as place)
          end,
          posted = r.posted, posted_on = r.posted_on, principal_minor = r.principal_minor,
          days_past_due = r.days_past_due, bucket = r.bucket, next_action_on = r.next_action_on
        from unnest(p_loans) r
        where l.shard = p_shard and l.id = r.id and r.line_id is null;
      get diagnostics v_changed = row_count;
      if v_new + v_changed <> cardinality(p_loans) then
        raise exception 'a loan to be changed is not there, or comes twice';
      end if;
    end if;
  end if;

  if cardinality(p_statements) > 0 then
    insert into statements select r.* from unnest(p_statements) r where r.shard = p_shard;
  end if;

  if cardinality(p_repayments) > 0 then
    insert into repayments select r.* from unnest(p_repayments) r where r.shard = p_shard and r.line_id is not null;
    get diagnostics v_new = row_count;
    if v_new < cardinality(p_repayments) then
      update repayments p set status = r.status
        from unnest(p_repayments) r
        where p.shard = p_shard and p.id = r.id and r.line_id is null;
      get diagnostics v_changed = row_count;
      if v_new + v_changed <> cardinality(p_repayments) then
        raise exception 'a repayment to be changed is not there, or comes twice';
      end if;
    end if;
  end if;

  if cardinality(p_refunds) > 0 then
    insert into refunds select r.* from unnest(p_refunds) r where r.shard = p_shard;
  end if;

  insert into idempotency_keys (shard, tenant_id, key, request_hash, status, body)
    select p_shard, o.tenant_id, o.key, o.request_hash, o.reply_status, o.reply from unnest(v_operations) o where o.key is not null;

  if v_refused is not null then
    return query
      select o.ordinality::integer, v_outcomes[o.ordinality], k.status, k.body
        from unnest(p_operations) with ordinality as o
        left join lateral (select k.status, k.body from idempotency_keys k
          where v_outcomes[o.ordinality] = 'replay' and k.shard = p_shard and k.tenant_id = o.tenant_id and k.key = o.key limit 1) k on true
        where v_outcomes[o.ordinality] <> 'ok'
        order by o.ordinality;
  end if;
end $$;
