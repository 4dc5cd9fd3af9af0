-- Small shared tables (reference tables on a cluster): programs, merchants, funders, staff, payouts.

create table programs (
  id text primary key,
  tenant_id text not null,
  name text not null,
  status text not null check (status in ('draft', 'active', 'retired')),
  -- The version new lines get; null until the first activation.
  active_version integer,
  created_at timestamptz not null
);
create index on programs (tenant_id, id);

-- Versions never change once activated: a contract signed under a version keeps it.
create table program_terms (
  program_id text not null references programs (id),
  version integer not null,
  tenant_id text not null,
  terms jsonb not null,
  activated_at timestamptz,
  review jsonb,
  created_at timestamptz not null,
  primary key (program_id, version)
);

create table merchants (
  id text primary key,
  tenant_id text not null,
  name text not null,
  reference text,
  status text not null check (status in ('active', 'suspended')),
  payout_timing text not null check (payout_timing in ('T+1', 'T+0', 'at-once', 'manual')),
  -- Percent of a capture kept by the operator; null means the program's.
  fee_percent text,
  created_at timestamptz not null
);
create unique index on merchants (tenant_id, reference);
create index on merchants (tenant_id, id);

create table funders (
  id text primary key,
  tenant_id text not null,
  name text not null,
  created_at timestamptz not null
);
create index on funders (tenant_id, id);

create table staff (
  id text primary key,
  tenant_id text not null,
  name text not null,
  role text not null check (role in ('admin', 'operator', 'reader')),
  created_at timestamptz not null
);
create index on staff (tenant_id, id);

create table payouts (
  id text primary key,
  tenant_id text not null,
  payee_kind text not null check (payee_kind in ('merchant', 'funder')),
  payee_id text not null,
  currency text not null,
  amount_minor bigint not null,
  -- `collect`: the payee owes more than it is owed; money comes in.
  direction text not null check (direction in ('pay', 'collect')),
  status text not null check (status in ('pending', 'paid')),
  timing text not null,
  -- Movements effective up to and including this day are settled.
  through_on date not null,
  -- What each shard contributes: [{"shard": 0, "amount": 100}].
  parts jsonb not null,
  file text,
  created_at timestamptz not null,
  paid_at timestamptz
);
create index on payouts (tenant_id, id);
-- A payee's next payout starts when the one before it is booked, so money can't be paid twice.
create unique index one_pending_payout on payouts (tenant_id, payee_kind, payee_id, currency) where status = 'pending';

-- Customer side: shard first in every key; ids carry the shard.

create table customers (
  shard smallint not null,
  id text not null,
  tenant_id text not null,
  kind text not null check (kind in ('consumer', 'business')),
  -- The person's data key, wrapped by the master key. Null once erased: the sealed data can't be opened any more.
  wrapped_key bytea,
  sealed bytea,
  reference text,
  -- Keyed hash of the identity that chose the shard, so one person can't be entered twice.
  identity_hash text not null,
  phone_hash text,
  created_at timestamptz not null,
  erased_at timestamptz,
  primary key (shard, id)
);
create unique index on customers (shard, tenant_id, identity_hash);
create index on customers (shard, tenant_id, phone_hash) where phone_hash is not null;
create index on customers (shard, tenant_id, reference) where reference is not null;

create table lines (
  shard smallint not null,
  id text not null,
  tenant_id text not null,
  customer_id text not null,
  program_id text not null,
  terms_version integer not null,
  currency text not null,
  status text not null check (status in ('declined', 'active', 'frozen', 'closed')),
  limit_minor bigint not null check (limit_minor >= 0),
  held_minor bigint not null default 0 check (held_minor >= 0),
  owed_minor bigint not null default 0 check (owed_minor >= 0),
  -- Customer's money kept for later dues.
  credit_minor bigint not null default 0,
  next_statement_on date,
  statement_count integer not null default 0,
  autopay jsonb,
  decision jsonb not null,
  opened_on date not null,
  -- Raised by every write that was decided on the whole line; purchases are increments and do not raise it.
  version integer not null default 0,
  primary key (shard, id)
) with (fillfactor = 70);
create index on lines (shard, tenant_id, customer_id);
-- Two applications at the same moment open one line.
create unique index one_open_line on lines (shard, tenant_id, customer_id, program_id) where status in ('active', 'frozen');
create index on lines (shard, tenant_id, next_statement_on) where next_statement_on is not null;

create table charges (
  shard smallint not null,
  id text not null,
  tenant_id text not null,
  line_id text not null,
  merchant_id text not null,
  currency text not null,
  plan text not null,
  amount_minor bigint not null check (amount_minor > 0),
  captured_minor bigint not null default 0,
  released_minor bigint not null default 0,
  refunded_minor bigint not null default 0,
  -- What the merchant paid of its captures (fee and, where it bears the customer's interest, subsidy), and got back.
  fee_minor bigint not null default 0,
  fee_returned_minor bigint not null default 0,
  status text not null check (status in ('authorized', 'captured', 'voided', 'expired')),
  reference text,
  authorized_on date not null,
  created_at timestamptz not null,
  -- Null when nothing is held any more.
  expires_at timestamptz,
  primary key (shard, id),
  check (captured_minor + released_minor <= amount_minor),
  check (refunded_minor <= captured_minor)
) with (fillfactor = 80);
create index on charges (shard, line_id);
create index on charges (shard, tenant_id, expires_at) where expires_at is not null;

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
  status text not null check (status in ('active', 'paid', 'overpaid', 'charged-off')),
  -- The contract and what happened to it since; the state is their fold.
  terms jsonb not null,
  events jsonb not null,
  -- Journal rows of the disbursement and of each event, in the order booked.
  event_seqs bigint[] not null,
  -- The counters posted so far and the day they were reckoned to: legs of the next event are the difference to these.
  posted jsonb not null,
  posted_on date not null,
  funding jsonb not null,
  principal_minor bigint not null check (principal_minor >= 0),
  days_past_due integer not null default 0,
  bucket text not null default 'current',
  opened_on date not null,
  -- The next day on which closing a day has something to do for this loan.
  next_action_on date,
  primary key (shard, id)
) with (fillfactor = 70);
create index on loans (shard, line_id);
create index on loans (shard, tenant_id, next_action_on) where next_action_on is not null;

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
  primary key (shard, id)
);
create unique index on statements (shard, line_id, number);
create index on statements (shard, tenant_id, due_on);

create table repayments (
  shard smallint not null,
  id text not null,
  tenant_id text not null,
  line_id text not null,
  loan_id text,
  currency text not null,
  amount_minor bigint not null check (amount_minor > 0),
  source text not null,
  effective_on date not null,
  status text not null check (status in ('booked', 'reversed')),
  -- How it was spread: [{"loanId", "eventId", "amount", "principal", "interest", "fee", "penalty"}].
  allocations jsonb not null,
  credit_minor bigint not null,
  reference text,
  created_at timestamptz not null,
  primary key (shard, id)
);
create index on repayments (shard, line_id);

create table refunds (
  shard smallint not null,
  id text not null,
  tenant_id text not null,
  charge_id text not null,
  line_id text not null,
  amount_minor bigint not null check (amount_minor > 0),
  -- What of it came off the debt, and what went to the customer as credit or cash.
  debt_minor bigint not null,
  credit_minor bigint not null,
  paid_back_minor bigint not null,
  reference text,
  created_at timestamptz not null,
  primary key (shard, id)
);
create index on refunds (shard, charge_id);

-- Progress of closing days, so that a close that was cut off goes on where it was.
create table day_closes (
  tenant_id text not null,
  closed_on date not null,
  counts jsonb not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  primary key (tenant_id, closed_on)
);
