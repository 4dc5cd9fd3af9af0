-- What the migrations add up to. Written by `npm run schema`, never by hand; why things are as they are is said in
-- server/migrations.

create table account_totals (
  shard smallint not null,
  tenant_id text not null,
  account text not null,
  currency text not null,
  debit_minor bigint not null,
  credit_minor bigint not null,
  last_on date not null,
  constraint account_totals_pkey PRIMARY KEY (shard, tenant_id, account, currency)
) with (fillfactor=50);

create table api_keys (
  id text not null,
  tenant_id text not null,
  hash bytea not null,
  label text not null,
  role text not null,
  created_at timestamp with time zone not null,
  revoked_at timestamp with time zone,
  constraint api_keys_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES tenants(id),
  constraint api_keys_pkey PRIMARY KEY (id),
  constraint api_keys_hash_key UNIQUE (hash)
);
CREATE INDEX api_keys_tenant_id_id_idx ON public.api_keys USING btree (tenant_id, id);

create table balances (
  shard smallint not null,
  tenant_id text not null,
  account text not null,
  currency text not null,
  effective_on date not null,
  debit_minor bigint not null,
  credit_minor bigint not null,
  constraint balances_pkey PRIMARY KEY (shard, tenant_id, account, currency, effective_on)
) with (fillfactor=70);

create table charges (
  shard smallint not null,
  id text not null,
  tenant_id text not null,
  line_id text not null,
  merchant_id text not null,
  currency text not null,
  plan text not null,
  amount_minor bigint not null,
  captured_minor bigint default 0 not null,
  released_minor bigint default 0 not null,
  refunded_minor bigint default 0 not null,
  fee_minor bigint default 0 not null,
  fee_returned_minor bigint default 0 not null,
  status text not null,
  reference text,
  authorized_on date not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone,
  constraint charges_amount_minor_check CHECK ((amount_minor > 0)),
  constraint charges_check CHECK (((captured_minor + released_minor) <= amount_minor)),
  constraint charges_check1 CHECK ((refunded_minor <= captured_minor)),
  constraint charges_status_check CHECK ((status = ANY (ARRAY['authorized'::text, 'captured'::text, 'voided'::text, 'expired'::text]))),
  constraint charges_pkey PRIMARY KEY (shard, id)
) with (fillfactor=80);
CREATE INDEX charges_shard_tenant_id_expires_at_idx ON public.charges USING btree (shard, tenant_id, expires_at) WHERE (expires_at IS NOT NULL);
CREATE INDEX charges_without_loan ON public.charges USING btree (shard, line_id) WHERE (captured_minor = 0);

create table customers (
  shard smallint not null,
  id text not null,
  tenant_id text not null,
  kind text not null,
  wrapped_key bytea,
  sealed bytea,
  reference text,
  identity_hash text not null,
  phone_hash text,
  created_at timestamp with time zone not null,
  erased_at timestamp with time zone,
  constraint customers_kind_check CHECK ((kind = ANY (ARRAY['consumer'::text, 'business'::text]))),
  constraint customers_pkey PRIMARY KEY (shard, id)
);
CREATE INDEX customers_shard_tenant_id_phone_hash_idx ON public.customers USING btree (shard, tenant_id, phone_hash) WHERE (phone_hash IS NOT NULL);
CREATE INDEX customers_shard_tenant_id_reference_idx ON public.customers USING btree (shard, tenant_id, reference) WHERE (reference IS NOT NULL);
CREATE UNIQUE INDEX customers_shard_tenant_id_identity_hash_idx ON public.customers USING btree (shard, tenant_id, identity_hash);

create table day_closes (
  tenant_id text not null,
  closed_on date not null,
  counts jsonb not null,
  started_at timestamp with time zone not null,
  finished_at timestamp with time zone,
  constraint day_closes_pkey PRIMARY KEY (tenant_id, closed_on)
);

create table disputes (
  shard smallint not null,
  id text not null,
  tenant_id text not null,
  charge_id text not null,
  line_id text not null,
  merchant_id text not null,
  currency text not null,
  amount_minor bigint not null,
  reason text not null,
  reference text,
  status text not null,
  withheld_minor bigint not null,
  refund_id text,
  note text,
  opened_on date not null,
  created_at timestamp with time zone not null,
  resolved_on date,
  resolved_at timestamp with time zone,
  constraint disputes_amount_minor_check CHECK ((amount_minor > 0)),
  constraint disputes_status_check CHECK ((status = ANY (ARRAY['open'::text, 'upheld'::text, 'rejected'::text, 'withdrawn'::text]))),
  constraint disputes_withheld_minor_check CHECK ((withheld_minor >= 0)),
  constraint resolved_or_open CHECK ((((status = 'open'::text) = (resolved_at IS NULL)) AND ((resolved_on IS NULL) = (resolved_at IS NULL)))),
  constraint upheld_by_refund CHECK (((status = 'upheld'::text) = (refund_id IS NOT NULL))),
  constraint disputes_pkey PRIMARY KEY (shard, id)
);
CREATE INDEX disputes_shard_line_id_idx ON public.disputes USING btree (shard, line_id);
CREATE INDEX open_disputes ON public.disputes USING btree (shard, tenant_id, id) WHERE (status = 'open'::text);
CREATE UNIQUE INDEX one_open_dispute ON public.disputes USING btree (shard, charge_id) WHERE (status = 'open'::text);

create table funders (
  id text not null,
  tenant_id text not null,
  name text not null,
  created_at timestamp with time zone not null,
  constraint funders_pkey PRIMARY KEY (id)
);
CREATE INDEX funders_tenant_id_id_idx ON public.funders USING btree (tenant_id, id);

create table idempotency_keys (
  shard smallint not null,
  tenant_id text not null,
  key text not null,
  request_hash text not null,
  status smallint not null,
  body json not null,
  created_at timestamp with time zone default clock_timestamp() not null,
  constraint idempotency_keys_pkey PRIMARY KEY (shard, tenant_id, key)
);

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
  data json not null,
  currency text,
  accounts text[] not null,
  amounts bigint[] not null,
  effective_on date not null,
  booked_at timestamp with time zone not null,
  recorded_at timestamp with time zone default clock_timestamp() not null,
  actor text not null,
  request_id text,
  constraint legs_balance CHECK ((legs_sum(amounts) = (0)::numeric)),
  constraint legs_have_accounts CHECK ((cardinality(accounts) = cardinality(amounts))),
  constraint legs_have_currency CHECK (((cardinality(amounts) = 0) OR (currency IS NOT NULL))),
  constraint journal_pkey PRIMARY KEY (shard, tenant_id, seq, recorded_at)
) partition by range (recorded_at);

create table lines (
  shard smallint not null,
  id text not null,
  tenant_id text not null,
  customer_id text not null,
  program_id text not null,
  terms_version integer not null,
  currency text not null,
  status text not null,
  limit_minor bigint not null,
  held_minor bigint default 0 not null,
  owed_minor bigint default 0 not null,
  credit_minor bigint default 0 not null,
  next_statement_on date,
  statement_count integer default 0 not null,
  autopay jsonb,
  decision jsonb not null,
  opened_on date not null,
  version integer default 0 not null,
  constraint lines_held_minor_check CHECK ((held_minor >= 0)),
  constraint lines_limit_minor_check CHECK ((limit_minor >= 0)),
  constraint lines_owed_minor_check CHECK ((owed_minor >= 0)),
  constraint lines_status_check CHECK ((status = ANY (ARRAY['declined'::text, 'active'::text, 'frozen'::text, 'closed'::text]))),
  constraint lines_pkey PRIMARY KEY (shard, id)
) with (fillfactor=70);
CREATE INDEX lines_shard_tenant_id_customer_id_idx ON public.lines USING btree (shard, tenant_id, customer_id);
CREATE INDEX lines_shard_tenant_id_next_statement_on_idx ON public.lines USING btree (shard, tenant_id, next_statement_on) WHERE (next_statement_on IS NOT NULL);
CREATE UNIQUE INDEX one_open_line ON public.lines USING btree (shard, tenant_id, customer_id, program_id) WHERE (status = ANY (ARRAY['active'::text, 'frozen'::text]));

create table loans (
  shard smallint not null,
  id text not null,
  tenant_id text not null,
  line_id text not null,
  charge_id text,
  merchant_id text,
  program_id text not null,
  terms_version integer not null,
  currency text not null,
  plan text not null,
  status text not null,
  terms json not null,
  events json not null,
  event_seqs bigint[] not null,
  posted json not null,
  posted_on date not null,
  funding json not null,
  principal_minor bigint not null,
  days_past_due integer default 0 not null,
  bucket text default 'current'::text not null,
  opened_on date not null,
  next_action_on date,
  constraint loans_principal_minor_check CHECK ((principal_minor >= 0)),
  constraint loans_status_check CHECK ((status = ANY (ARRAY['active'::text, 'paid'::text, 'overpaid'::text, 'charged-off'::text]))),
  constraint loans_pkey PRIMARY KEY (shard, id)
) with (fillfactor=70);
CREATE INDEX loans_past_due ON public.loans USING btree (shard, line_id) WHERE (days_past_due > 0);
CREATE INDEX loans_shard_line_id_status_idx ON public.loans USING btree (shard, line_id, status);
CREATE INDEX loans_shard_tenant_id_next_action_on_idx ON public.loans USING btree (shard, tenant_id, next_action_on) WHERE (next_action_on IS NOT NULL);

create table made_with (
  only_row boolean default true not null,
  shards integer not null,
  master_key_mark text not null,
  constraint made_with_only_row_check CHECK (only_row),
  constraint made_with_pkey PRIMARY KEY (only_row)
);

create table merchants (
  id text not null,
  tenant_id text not null,
  name text not null,
  reference text,
  status text not null,
  payout_timing text not null,
  fee_percent text,
  created_at timestamp with time zone not null,
  constraint merchants_payout_timing_check CHECK ((payout_timing = ANY (ARRAY['T+1'::text, 'T+0'::text, 'at-once'::text, 'manual'::text]))),
  constraint merchants_status_check CHECK ((status = ANY (ARRAY['active'::text, 'suspended'::text]))),
  constraint merchants_pkey PRIMARY KEY (id)
);
CREATE INDEX merchants_tenant_id_id_idx ON public.merchants USING btree (tenant_id, id);
CREATE UNIQUE INDEX merchants_tenant_id_reference_idx ON public.merchants USING btree (tenant_id, reference);

create table payouts (
  id text not null,
  tenant_id text not null,
  payee_kind text not null,
  payee_id text not null,
  currency text not null,
  amount_minor bigint not null,
  direction text not null,
  status text not null,
  timing text not null,
  through_on date not null,
  parts jsonb not null,
  file text,
  created_at timestamp with time zone not null,
  paid_at timestamp with time zone,
  constraint payouts_direction_check CHECK ((direction = ANY (ARRAY['pay'::text, 'collect'::text]))),
  constraint payouts_payee_kind_check CHECK ((payee_kind = ANY (ARRAY['merchant'::text, 'funder'::text]))),
  constraint payouts_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'paid'::text]))),
  constraint payouts_pkey PRIMARY KEY (id)
);
CREATE INDEX payouts_tenant_id_id_idx ON public.payouts USING btree (tenant_id, id);
CREATE INDEX payouts_tenant_id_payee_id_id_idx ON public.payouts USING btree (tenant_id, payee_id, id);
CREATE UNIQUE INDEX one_pending_payout ON public.payouts USING btree (tenant_id, payee_kind, payee_id, currency) WHERE (status = 'pending'::text);

create table program_terms (
  program_id text not null,
  version integer not null,
  tenant_id text not null,
  terms jsonb not null,
  activated_at timestamp with time zone,
  review jsonb,
  created_at timestamp with time zone not null,
  constraint program_terms_program_id_fkey FOREIGN KEY (program_id) REFERENCES programs(id),
  constraint program_terms_pkey PRIMARY KEY (program_id, version)
);

create table programs (
  id text not null,
  tenant_id text not null,
  name text not null,
  status text not null,
  active_version integer,
  created_at timestamp with time zone not null,
  constraint programs_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'active'::text, 'retired'::text]))),
  constraint programs_pkey PRIMARY KEY (id)
);
CREATE INDEX programs_tenant_id_id_idx ON public.programs USING btree (tenant_id, id);

create table refunds (
  shard smallint not null,
  id text not null,
  tenant_id text not null,
  charge_id text not null,
  line_id text not null,
  amount_minor bigint not null,
  debt_minor bigint not null,
  credit_minor bigint not null,
  paid_back_minor bigint not null,
  reference text,
  created_at timestamp with time zone not null,
  constraint refunds_amount_minor_check CHECK ((amount_minor > 0)),
  constraint refunds_pkey PRIMARY KEY (shard, id)
);
CREATE INDEX refunds_shard_charge_id_idx ON public.refunds USING btree (shard, charge_id);

create table repayments (
  shard smallint not null,
  id text not null,
  tenant_id text not null,
  line_id text not null,
  loan_id text,
  currency text not null,
  amount_minor bigint not null,
  source text not null,
  effective_on date not null,
  status text not null,
  allocations jsonb not null,
  credit_minor bigint not null,
  reference text,
  created_at timestamp with time zone not null,
  constraint repayments_amount_minor_check CHECK ((amount_minor > 0)),
  constraint repayments_status_check CHECK ((status = ANY (ARRAY['booked'::text, 'reversed'::text]))),
  constraint repayments_pkey PRIMARY KEY (shard, id)
);
CREATE INDEX repayments_shard_line_id_idx ON public.repayments USING btree (shard, line_id);

create table schema_migrations (
  name text not null,
  checksum text not null,
  applied_at timestamp with time zone default now() not null,
  constraint schema_migrations_pkey PRIMARY KEY (name)
);

create table shard_heads (
  shard smallint not null,
  seq bigint not null,
  constraint shard_heads_pkey PRIMARY KEY (shard)
);

create table staff (
  id text not null,
  tenant_id text not null,
  name text not null,
  role text not null,
  created_at timestamp with time zone not null,
  constraint staff_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'operator'::text, 'reader'::text]))),
  constraint staff_pkey PRIMARY KEY (id)
);
CREATE INDEX staff_tenant_id_id_idx ON public.staff USING btree (tenant_id, id);

create table statements (
  shard smallint not null,
  id text not null,
  tenant_id text not null,
  line_id text not null,
  number integer not null,
  opened_on date not null,
  closed_on date not null,
  due_on date not null,
  currency text not null,
  total_minor bigint not null,
  minimum_minor bigint not null,
  credit_minor bigint not null,
  items jsonb not null,
  constraint statements_pkey PRIMARY KEY (shard, id)
);
CREATE INDEX statements_shard_tenant_id_due_on_idx ON public.statements USING btree (shard, tenant_id, due_on);
CREATE UNIQUE INDEX statements_shard_line_id_number_idx ON public.statements USING btree (shard, line_id, number);

create table tenants (
  id text not null,
  name text not null,
  mode text not null,
  time_zone text not null,
  clock_mode text default 'running'::text not null,
  clock_instant timestamp with time zone,
  clock_set_at timestamp with time zone,
  last_closed_on date,
  created_at timestamp with time zone not null,
  constraint frozen_somewhere CHECK (((clock_mode = 'running'::text) OR (clock_instant IS NOT NULL))),
  constraint live_time_is_real CHECK (((mode = 'sandbox'::text) OR ((clock_mode = 'running'::text) AND (clock_instant IS NULL)))),
  constraint set_at_known CHECK (((clock_instant IS NULL) = (clock_set_at IS NULL))),
  constraint tenants_clock_mode_check CHECK ((clock_mode = ANY (ARRAY['frozen'::text, 'running'::text]))),
  constraint tenants_mode_check CHECK ((mode = ANY (ARRAY['sandbox'::text, 'live'::text]))),
  constraint tenants_pkey PRIMARY KEY (id)
);

create type operation as (
  tenant_id text,
  key text,
  request_hash text,
  reply_status smallint,
  reply json,
  line_id text,
  version integer,
  spend bigint,
  statement_on date,
  held bigint,
  owed bigint,
  credit bigint,
  statements integer,
  status text,
  limit_minor bigint,
  moves_statement boolean,
  next_statement_on date,
  sets_autopay boolean,
  autopay jsonb
);

CREATE OR REPLACE FUNCTION public.commit_operations(p_shard smallint, p_operations operation[], p_events journal[], p_events_of integer[], p_customers customers[], p_customers_of integer[], p_lines lines[], p_lines_of integer[], p_charges charges[], p_charges_of integer[], p_loans loans[], p_loans_of integer[], p_statements statements[], p_statements_of integer[], p_repayments repayments[], p_repayments_of integer[], p_refunds refunds[], p_refunds_of integer[])
 RETURNS TABLE(n integer, outcome text, status smallint, body json)
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET enable_sort TO 'off'
 SET jit TO 'off'
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.commit_payouts(p_shard smallint, p_operations operation[], p_events journal[], p_events_of integer[], p_payouts payouts[], p_made bigint[])
 RETURNS TABLE(n integer, outcome text, status smallint, body json)
 LANGUAGE plpgsql
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.journal_make_partitions(p_from date, p_months integer)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
end $function$;

CREATE OR REPLACE FUNCTION public.legs_sum(amounts bigint[])
 RETURNS numeric
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
begin
  if cardinality(amounts) <= 8 and array_ndims(amounts) = 1 and array_lower(amounts, 1) = 1
     and greatest(amounts[1], amounts[2], amounts[3], amounts[4], amounts[5], amounts[6], amounts[7], amounts[8]) < 100000000000000000
     and least(amounts[1], amounts[2], amounts[3], amounts[4], amounts[5], amounts[6], amounts[7], amounts[8]) > -100000000000000000
  then
    return coalesce(amounts[1], 0) + coalesce(amounts[2], 0) + coalesce(amounts[3], 0) + coalesce(amounts[4], 0)
      + coalesce(amounts[5], 0) + coalesce(amounts[6], 0) + coalesce(amounts[7], 0) + coalesce(amounts[8], 0);
  end if;
  return legs_sum_of_many(amounts);
end $function$;

CREATE OR REPLACE FUNCTION public.legs_sum_of_many(amounts bigint[])
 RETURNS numeric
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (SELECT COALESCE(sum(leg.leg), (0)::numeric) AS "coalesce" FROM unnest(legs_sum_of_many.amounts) leg(leg));
