-- Who may use this installation. Small tables, the same on every machine of a cluster (Citus: reference tables), hence
-- no shard: a tenant's own data lives in the capabilities' tables.

-- An isolated operator or brand. Sandbox and live are two tenants of one operator, never one tenant with a switch, so
-- no query can forget to separate them.
create table tenants (
  id text primary key,
  name text not null,
  mode text not null check (mode in ('sandbox', 'live')),
  -- IANA name. Business dates (due days, statement days) are reckoned in it.
  time_zone text not null,
  -- Only a sandbox may leave the time of the world. Frozen: it stands at clock_instant until moved. Running: it was set
  -- to clock_instant at clock_set_at and has run on since; both null means the world's own time.
  clock_mode text not null default 'running' check (clock_mode in ('frozen', 'running')),
  clock_instant timestamptz,
  clock_set_at timestamptz,
  -- The latest business date whose end-of-day work is done. Closing starts from the day after, so a server that was
  -- down over a week-end closes each missed day in order.
  last_closed_on date,
  created_at timestamptz not null,
  constraint live_time_is_real check (mode = 'sandbox' or (clock_mode = 'running' and clock_instant is null)),
  constraint frozen_somewhere check (clock_mode = 'running' or clock_instant is not null),
  constraint set_at_known check ((clock_instant is null) = (clock_set_at is null))
);

-- Secret keys of machines. Only the SHA-256 of a key is kept: it is 256 bits of randomness, so a slow password hash
-- would add nothing but load to every request.
create table api_keys (
  id text primary key,
  tenant_id text not null references tenants,
  hash bytea not null unique,
  label text not null,
  role text not null,
  created_at timestamptz not null,
  -- Revoked keys stay, so that the journal's actors keep their names.
  revoked_at timestamptz
);
create index on api_keys (tenant_id, id);
