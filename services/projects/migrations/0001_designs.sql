create table projects.designs (
  id uuid primary key default gen_random_uuid(),
  title text not null,
  -- Of the newest scene.
  version int not null default 1,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table projects.versions (
  design_id uuid not null references projects.designs on delete cascade,
  version int not null,
  scene jsonb not null,
  author_id uuid not null,
  created_at timestamptz not null default now(),
  primary key (design_id, version)
);

create table projects.members (
  design_id uuid not null references projects.designs on delete cascade,
  user_id uuid not null,
  role text not null check (role in ('owner', 'editor')),
  primary key (design_id, user_id)
);
create index on projects.members (user_id);

create table projects.invitations (
  token_hash bytea primary key,
  design_id uuid not null references projects.designs on delete cascade,
  expires_at timestamptz not null
);
create index on projects.invitations (design_id);

create table projects.assets (
  id uuid primary key default gen_random_uuid(),
  design_id uuid not null references projects.designs on delete cascade,
  name text not null,
  content_type text not null,
  size_bytes bigint not null,
  -- Both are known once it has been looked at.
  width int,
  height int,
  -- pending: an upload that is not finished; such ones are removed after a day.
  state text not null default 'pending' check (state in ('pending', 'ready')),
  created_by uuid not null,
  created_at timestamptz not null default now()
);
create index on projects.assets (design_id);
create index on projects.assets (created_at) where state = 'pending';

create table projects.idempotency (
  owner text not null,
  key text not null,
  request_hash text not null,
  status_code int not null,
  body jsonb not null,
  created_at timestamptz not null default now(),
  primary key (owner, key)
);
create index on projects.idempotency (created_at);
