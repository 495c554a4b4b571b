create table render.renders (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null,
  design_id uuid not null,
  version int not null,
  format text not null check (format in ('png', 'jpeg', 'webp')),
  width int not null,
  height int not null,
  -- What is drawn, as it was when it was asked for, and where its images lie.
  scene jsonb not null,
  assets jsonb not null,
  state text not null default 'queued' check (state in ('queued', 'active', 'done', 'failed')),
  progress real not null default 0,
  -- Why it failed, in words for whoever asked.
  error text,
  created_at timestamptz not null default now(),
  finished_at timestamptz
);
create index on render.renders (created_at) where state in ('queued', 'active');

create table render.idempotency (
  owner text not null,
  key text not null,
  request_hash text not null,
  status_code int not null,
  body jsonb not null,
  created_at timestamptz not null default now(),
  primary key (owner, key)
);
create index on render.idempotency (created_at);
