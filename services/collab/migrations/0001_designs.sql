-- One row a design. Everybody who appends takes the lock of this row until COMMIT, so that the numbers of a design's updates are
-- the order in which they became visible: who has read up to a number has missed nothing below it.
create table collab.designs (
  id uuid primary key,
  last_seq bigint not null,
  -- All updates up to snapshot_seq in one.
  snapshot bytea,
  snapshot_seq bigint not null default 0,
  -- Updates up to here are gone; who has read less takes the snapshot.
  trimmed_seq bigint not null default 0
  -- Each append updates the row: it stays on its page, and the snapshot, however small, is not copied with it.
) with (fillfactor = 50, toast_tuple_target = 128);

create table collab.updates (
  design uuid not null references collab.designs on delete cascade,
  seq bigint not null,
  -- Who has written it, and need not read it.
  instance uuid not null,
  data bytea not null,
  primary key (design, seq)
);

-- Who is where in a design, one row an instance that has it open. Not unlogged, though it is worth nothing after a crash: a
-- promotion empties such tables, so a change of primary is refused while there is one (content.unlogged).
create table collab.presence (
  design uuid not null,
  instance uuid not null,
  -- Differs whenever data does.
  version bigint not null,
  clients bigint[] not null,
  data bytea not null,
  seen_at timestamptz not null default now(),
  primary key (design, instance)
) with (fillfactor = 50);
create index on collab.presence (instance);
create index on collab.presence (seen_at);
