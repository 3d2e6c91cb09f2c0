-- Uploads, where their bytes lie, and what happened to them. The rules (E1-E31) stand in ARCHITECTURE.md.
-- Every row carries tenant and subject or hangs on an upload that does.

create extension if not exists pg_trgm;

-- One start of one service process. A fenced life records nothing any more (E8).
create table lives (
    id         bigint generated always as identity primary key,
    node       uuid        not null,
    boot_id    text        not null,
    durability text        not null,
    started_at timestamptz not null default now(),
    fenced_at  timestamptz,
    ended_at   timestamptz
);
create index lives_node on lives (node) where fenced_at is null;

-- Seconds of service, counted by a monotonic ticker and not by the wall clock (E29).
create table service_clock (
    only_one boolean primary key default true check (only_one),
    seconds  bigint not null default 0,
    life     bigint,
    beat_at  timestamptz not null default now()
);
insert into service_clock default values;

create table uploads (
    id                   uuid primary key,
    tenant               text   not null,
    subject              text   not null,
    protocol             text   not null check (protocol in ('session', 'put', 'tus', 'ietf')),
    state                text   not null check (state in ('open', 'paused', 'completing', 'completed', 'cancelled', 'expired', 'failed', 'deleted')),
    state_at             timestamptz not null default now(),
    state_reason         text,
    file_name            text   not null,
    content_type         text   not null,
    metadata             jsonb  not null default '{}',
    size                 bigint check (size >= 0),
    declared_sha256      bytea  check (length(declared_sha256) = 32),
    sha256               bytea  check (length(sha256) = 32),
    received_bytes       bigint not null default 0,
    placed_bytes         bigint not null default 0,
    chunk_count          int    not null default 0,
    attempt_count        bigint not null default 0,
    failure_count        bigint not null default 0,
    consecutive_failures int    not null default 0,
    created_at           timestamptz not null default now(),
    first_byte_at        timestamptz,
    last_byte_at         timestamptz,
    completed_at         timestamptz,
    idle_allowance       bigint not null,           -- seconds of service
    active_at            bigint not null,           -- service clock at the last byte
    purge_at             bigint not null,           -- a lower bound of when it goes stale; the purge moves it on, so that a chunk need not
    idempotency_key      text,
    idempotency_hash     bytea,
    epoch                bigint not null default 0,
    revision             bigint not null default 0, -- rises when a range is taken back
    hash_bytes           bigint not null default 0,
    hash_state           bytea,
    life                 bigint not null,
    assembly             uuid,
    has_content          boolean not null default true,  -- false once an ended upload's pieces are freed
    settled_kind         text,
    damaged_at           timestamptz,
    damaged_reason       text,
    checked_at           timestamptz
) with (fillfactor = 85);

-- Where files lie: the path is made of kind, life and id (E1). A tombstone may be unlinked.
create table stored_files (
    id           uuid     primary key,
    upload_id    uuid     not null,
    kind         smallint not null,
    life         bigint   not null,
    tombstone_at timestamptz
);

-- The content of an upload. A session's chunk is one piece for ever; merging only changes where it points (E22).
create table pieces (
    upload_id   uuid   not null,
    start       bigint not null,
    length      bigint not null check (length > 0),
    file_id     uuid   not null,
    file_offset bigint not null,
    placed      boolean not null default false,
    sha256      bytea,
    attempts    int    not null default 1,
    started_at  timestamptz not null,
    received_at timestamptz not null default now(),
    primary key (upload_id, start)
);

-- Received bytes of a session, coalesced: one row per run, so that overlap and gaps cost a look at the neighbours (any order of chunks).
create table received_ranges (
    upload_id uuid   not null,
    lo        bigint not null,
    hi        bigint not null check (hi > lo),
    primary key (upload_id, lo)
);

-- The kept part of a broken chunk (E19).
create table prefixes (
    upload_id   uuid   not null,
    start       bigint not null,
    length      bigint,
    sha256      bytea,
    kept        bigint not null check (kept > 0),
    kept_sha256 bytea  not null,
    hash_state  bytea  not null,
    file_id     uuid   not null,
    attempt     bigint not null,
    life        bigint not null,
    recorded_at timestamptz not null default now(),
    primary key (upload_id, start)
);

create table failed_attempts (
    id          bigint generated always as identity primary key,
    upload_id   uuid   not null,
    at          timestamptz not null default now(),
    kind        text   not null,
    start       bigint not null,
    bytes       bigint not null,
    kept        bigint not null,
    duration_ms bigint not null
);

-- Every change of state, in the transaction that makes it. A reader goes as far as every transaction before is settled (E12).
create table events (
    id        bigint generated always as identity primary key,
    xid       xid8  not null default pg_current_xact_id(),
    at        timestamptz not null default now(),
    tenant    text  not null,
    subject   text  not null,
    upload_id uuid,
    kind      text  not null,
    data      jsonb not null default '{}'
);
