create table auth.users (
  id uuid primary key default gen_random_uuid(),
  -- Folded: lower case, no spaces around.
  email text not null unique,
  name text not null,
  password_hash text not null,
  created_at timestamptz not null default now()
);

-- One row a log-in and rotation. A family is all that came of one log-in.
create table auth.refresh_tokens (
  token_hash bytea primary key,
  family uuid not null,
  user_id uuid not null references auth.users on delete cascade,
  expires_at timestamptz not null,
  -- When it was exchanged for the next one.
  used_at timestamptz,
  revoked_at timestamptz
);
create index on auth.refresh_tokens (family);
create index on auth.refresh_tokens (expires_at);

-- The private half is encrypted with AUTH_KEY_SECRET.
create table auth.signing_keys (
  id uuid primary key,
  public_key jsonb not null,
  private_key bytea not null,
  created_at timestamptz not null default now(),
  -- From then on it signs; others have had time to fetch it before.
  active_at timestamptz not null,
  -- From then on no token of it lives.
  expires_at timestamptz not null
);

-- Failed log-ins in a window, by account and by address.
create table auth.attempts (
  subject text not null,
  window_start timestamptz not null,
  failures int not null,
  primary key (subject, window_start)
);

create table auth.idempotency (
  owner text not null,
  key text not null,
  request_hash text not null,
  status_code int not null,
  body jsonb not null,
  created_at timestamptz not null default now(),
  primary key (owner, key)
);
create index on auth.idempotency (created_at);
