-- Tables, indexes and sequences of the ledger. README.md has the picture; ARCHITECTURE.md has the rules E1 to E31.
-- Every row carries tenant and subject, or belongs to an upload that does. There are no foreign keys: a stored file may outlive the upload
-- that brought it, and freeing 100,000 extents must not check a constraint 100,000 times.
-- No index, default or constraint here may depend on a function of ours: those are dropped and created again at every change.

-- Which ledger this is. The marker of every data directory carries the id, so that a start beside the wrong ledger is refused.
create table ledger (
    only_one boolean primary key default true check (only_one),
    id       uuid    not null
);
insert into ledger (id) values (gen_random_uuid());

-- Where stored files lie: a data directory, later a bucket.
create table stores (
    id      uuid        primary key,                         -- in the store's marker
    kind    text        not null default 'disk',
    name    text        not null,                            -- for people: the host and the folder of its last start
    seen_at timestamptz not null default now()               -- its last start
);

-- One start of one service process. A fenced incarnation records nothing any more (E8).
create table incarnations (
    id         bigint generated always as identity primary key,
    store      uuid        not null,                         -- the one that it writes to
    host       text        not null,
    boot_id    text        not null,                         -- of the machine: distinguishes a power failure from a crash (E31)
    durability text        not null check (durability in ('committed', 'relaxed')),
    started_at timestamptz not null default now(),
    fenced_at  timestamptz,
    ended_at   timestamptz                                   -- set when it stopped in order
);
create index incarnations_unfenced on incarnations (id) where fenced_at is null;

-- When each incarnation beat last, by the database's clock. Not in its own row: everything that records holds that row FOR SHARE.
create table heartbeats (
    incarnation bigint      primary key,
    beat_at     timestamptz not null default clock_timestamp()
) with (fillfactor = 10);                                    -- updated every second

-- Seconds of service, counted by a monotonic ticker and not by the wall clock (E29).
create table service_clock (
    only_one boolean          primary key default true check (only_one),
    seconds  double precision not null default 0
) with (fillfactor = 10);                                    -- one row that is updated every second
insert into service_clock default values;

-- One row per upload, whatever its protocol.
-- No index names a column that a chunk or a checkpoint changes (received_bytes, the counters, active_at, last_byte_at, the saved hash),
-- neither as a key nor in a condition. So a record stays a heap-only update.
-- One CHECK only: PostgreSQL prepares each of them anew in every statement that writes the row, and only functions write it.
create table uploads (
    id                   uuid        primary key,
    tenant               text        not null,
    subject              text        not null,
    protocol             text        not null,               -- session, put, tus, ietf
    state                text        not null default 'open',
                         -- open, paused, completing, completed, cancelled, expired, failed, deleted
    state_at             timestamptz not null default now(),
    state_reason         text,
    file_name            text        not null,
    content_type         text        not null,
    metadata             json        not null default '{}',  -- as the client sent it: jsonb would refuse a NUL in a value
    protocol_state       json        not null default '{}',  -- what the protocol of the upload remembers
    is_part              boolean     not null default false, -- made to be joined with others
    parts                uuid[]      not null default '{}',  -- what it is joined from, in order
    size                 bigint,                             -- null: not declared yet
    declared_sha256      bytea,
    sha256               bytea,
    received_bytes       bigint      not null default 0,
    placed_bytes         bigint      not null default 0,     -- received and merged
    chunk_count          int         not null default 0,
    attempt_count        bigint      not null default 0,
    failure_count        bigint      not null default 0,
    consecutive_failures int         not null default 0,
    created_at           timestamptz not null default now(),
    first_byte_at        timestamptz,
    last_byte_at         timestamptz,
    completed_at         timestamptz,
    idle_allowance       bigint      not null,               -- seconds of service
    slides               boolean     not null default true,  -- whether a byte moves active_at on
    active_at            bigint      not null,               -- the service clock at the last byte, or at the creation
    -- Unfinished: a lower bound of when it is stale; the purge moves it on, so that a chunk need not. Completed: when it was completed;
    -- of a part: when its keeping time ends.
    purge_at             bigint      not null,
    idempotency_key      text,
    idempotency_hash     bytea,
    epoch                bigint      not null default 0,     -- of a stream's writer (E14)
    revision             bigint      not null default 0,     -- rises when a range is taken back
    hash_bytes           bigint      not null default 0,     -- how far the whole-file digest has come
    hash_state           bytea,                              -- libcrypto's context there
    front_sha256         bytea,                              -- the digest there, where known
    incarnation          bigint      not null,
    assembly             uuid,                               -- the file that its chunks are merged into
    assembly_incarnation bigint,
    has_content          boolean     not null default true,  -- false once an ended upload's content is freed
    damaged_at           timestamptz,
    damaged_reason       text,
    checked_at           timestamptz not null default '-infinity',
    check (received_bytes <= size and placed_bytes between 0 and received_bytes)
) with (fillfactor = 80);

-- Where files lie: kind, incarnation and id make the path (E1). A tombstone may be unlinked. Its row outlives the file for a while, so that
-- a previous writer cannot record a file that was unlinked and forgotten meanwhile.
create table stored_files (
    id           uuid     primary key,
    upload_id    uuid     not null,
    kind         smallint not null,                          -- 1 chunk, 2 segment, 3 assembly
    incarnation  bigint   not null,
    store        uuid     not null,                          -- only the service of this store unlinks, checks and serves the file
    was_prefix   boolean  not null default false,
    tombstone_at timestamptz,
    forget_at    bigint                                      -- the file is gone; the row goes when the service clock gets here
);

-- The content of an upload, in order. A session's chunk is one extent for ever; merging only changes where it points (E22).
create table extents (
    upload_id   uuid        not null,
    start       bigint      not null,
    length      bigint      not null check (length > 0),
    file_id     uuid        not null,
    file_offset bigint      not null,
    placed      boolean     not null,                        -- lies where it stays: in the assembly, in a stream's segment
    synced      boolean     not null,                        -- was flushed before it was recorded (E31)
    incarnation bigint      not null,                        -- the one that recorded it there
    sha256      bytea,
    attempts    int         not null default 1,
    started_at  timestamptz not null,
    received_at timestamptz not null default now(),
    primary key (upload_id, start)
) with (fillfactor = 90);

-- Received bytes of a session, coalesced: one row per run, so that overlap and gaps cost a look at the neighbours in any order of chunks.
create table received_ranges (
    upload_id uuid   not null,
    lo        bigint not null,
    hi        bigint not null check (hi > lo),
    primary key (upload_id, lo)
) with (fillfactor = 90);

-- The kept part of a broken chunk (E19).
create table prefixes (
    upload_id   uuid        not null,
    start       bigint      not null,
    length      bigint,
    sha256      bytea,
    kept        bigint      not null check (kept > 0),
    kept_sha256 bytea       not null,
    hash_state  bytea       not null,
    file_id     uuid        not null,
    attempt     bigint      not null,                        -- random, new with every record and claim: the attempt check of E20
    incarnation bigint      not null,
    recorded_at timestamptz not null default now(),
    primary key (upload_id, start)
);

-- Attempts to send bytes that failed. Backoff and the advisor use them.
create table failed_attempts (
    upload_id   uuid        not null,
    id          bigint      generated always as identity,
    at          timestamptz not null,
    kind        text        not null,
    start       bigint      not null,
    bytes       bigint      not null,
    kept        bigint      not null,
    duration_ms bigint      not null,
    primary key (upload_id, id)
);

-- Every change of state, in the transaction that makes it. A reader advances only as far as every earlier transaction has ended (E12).
create table events (
    id        bigint      generated always as identity primary key,
    xid       xid8        not null default pg_current_xact_id(),
    at        timestamptz not null default now(),
    tenant    text        not null,
    subject   text        not null,
    upload_id uuid,
    kind      text        not null,
    data      jsonb       not null default '{}'
);

-- What the advisor said. Written beside the requests and never waited for: a line that is lost is lost.
create table advice_steps (
    upload_id   uuid             not null,
    id          bigint           generated always as identity,
    at          timestamptz      not null,
    chunk_size  bigint           not null,
    concurrency int              not null,
    limited_by  text             not null,
    rate        double precision,                            -- bytes per second; null while unknown, as the next two
    dead_time   double precision,                            -- seconds
    mtbf        double precision,                            -- seconds
    succeeded   int              not null,                   -- requests under the advice before, as the next two
    failed      int              not null,
    bytes       bigint           not null,
    primary key (upload_id, id)
);

-- What the advisor knows of each network from which clients upload. The next upload from there begins with it.
create table client_networks (
    id            bigint             generated always as identity primary key,
    tenant        text               not null,
    subject       text               not null,
    network       text               not null,               -- the client's address without its last part
    first_seen_at timestamptz        not null,
    seen_at       timestamptz        not null,
    uploaded      bigint             not null,
    requests      bigint             not null,
    failures      bigint             not null,
    figures       double precision[] not null,               -- sums, in the order of Core's LinkFigures
    unique (tenant, subject, network)
);

-- The maintenance jobs: which are paused, and every run from the request to its result. Hangfire's own tables are in the schema hangfire.
create table paused_jobs (
    job       text        primary key,
    paused_at timestamptz not null default now()
);

create table job_runs (
    id          bigint      generated always as identity primary key,
    job         text        not null,
    by_hand     boolean     not null,
    asked_at    timestamptz not null default now(),
    ticket      text        unique,             -- Hangfire's id of the background job that carries the run out
    node        text,                           -- the store of the service that runs it
    started_at  timestamptz,
    beats       bigint      not null default 0, -- counted up by the running node; a count that stands still is a lost lease
    progress    json,
    ended_at    timestamptz,
    duration_ms double precision,
    outcome     text        check (outcome in ('succeeded', 'failed', 'cancelled')),
    summary     text,
    counts      json,
    error       text
);

-- Browsers that have signed in. Only the SHA-256 of a cookie's token is kept: a copy of this table signs nobody in.
create table browser_sessions (
    token_sha256 bytea       primary key,
    id           uuid        not null,                       -- names the session; opens nothing
    tenant       text        not null,
    subject      text        not null,
    scopes       integer     not null,                       -- Core.Access.Scopes
    created_at   timestamptz not null,
    used_at      timestamptz not null,
    expires_at   timestamptz not null,                       -- however often it is used
    revoked_at   timestamptz
);

-- Links that sign one browser in, once.
create table sign_in_links (
    token_sha256 bytea       primary key,
    expires_at   timestamptz not null,
    used_at      timestamptz
);

-- The keys that protect cookies and antiforgery tokens, wrapped by cookie.key of the data directory.
create table data_protection_keys (
    name       text        primary key,
    xml        text        not null,
    created_at timestamptz not null default now()
);

-- Lists: one walk per state, each in the order of its index, then merged. So any set of states costs the same.
create index uploads_by_created on uploads (tenant, state, created_at, id);
create index uploads_by_name on uploads (tenant, state, (lower(left(file_name, 200)) collate "C"), id);
create index uploads_by_size on uploads (tenant, state, (coalesce(size, -1)), id);

-- A trusted extension since PostgreSQL 13: CREATE on the database is enough. It may be there already, in another schema.
create extension if not exists pg_trgm;
do $$
begin
    execute (select format('create index uploads_by_name_part on uploads using gin (file_name %I.gin_trgm_ops)', n.nspname)
             from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm');
end $$;

create unique index uploads_idempotency on uploads (tenant, subject, idempotency_key) where idempotency_key is not null;

-- What the purge looks for.
create index uploads_stale on uploads (purge_at) where state in ('open', 'paused');
create index uploads_kept on uploads (purge_at) where state = 'completed' and not is_part;
create index uploads_parts on uploads (purge_at) where state = 'completed' and is_part;
create index uploads_over on uploads (state_at) where state in ('cancelled', 'expired', 'failed', 'deleted') and not has_content;

-- Uploads that wait for their parts: by part, and in the order in which work that is left is looked for.
create index uploads_waiting on uploads using gin (parts) where state = 'open' and parts <> '{}';
create index uploads_joining on uploads (id) where state = 'open' and parts <> '{}';

-- Work left: a digest to compute, or content to free. What is left to merge is seen by the extents.
create index uploads_pending on uploads (id)
    where state = 'completing'
       or (state = 'completed' and sha256 is null)
       or (state in ('open', 'paused') and declared_sha256 is not null)
       or (state in ('cancelled', 'expired', 'failed', 'deleted') and has_content);

create index uploads_unchecked on uploads (checked_at, id) where state = 'completed' and damaged_at is null;
create index uploads_damaged on uploads (id) where damaged_at is not null;

create index stored_files_upload on stored_files (upload_id);
create index stored_files_tombstones on stored_files (tombstone_at, id) where tombstone_at is not null and forget_at is null;
create index stored_files_forgotten on stored_files (forget_at) where forget_at is not null;
create index extents_file on extents (file_id);
create index extents_unplaced on extents (upload_id, start) where not placed;
create index extents_unsynced on extents (upload_id, start) where not synced;
create index failed_attempts_start on failed_attempts (upload_id, start);
create index failed_attempts_at on failed_attempts (at);
create index events_at on events (at);
create index advice_steps_at on advice_steps (at);
create index client_networks_seen_at on client_networks (seen_at);
create index client_networks_list on client_networks (tenant, id);

-- One run of a job at a time, in whichever process.
create unique index job_runs_open on job_runs (job) where ended_at is null;
create index job_runs_history on job_runs (job, started_at) where ended_at is not null;
