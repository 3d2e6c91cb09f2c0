-- Pairs of places that are kept the same, what both sides had when they agreed last, and what happened.
create table syncs (
    id               uuid        primary key,
    number           bigint      generated always as identity,
    tenant           text        not null,
    subject          text        not null,                   -- whose it is
    scopes           int         not null,                   -- the most that it may do, with the rights of its owner at that moment
    api_key          uuid,                                   -- with which it was made: it stops when that ends
    title            text        not null,
    left_connection  uuid,                                   -- null: the service's own files
    left_root        text        not null,                   -- the id of the folder there
    left_name        text        not null,
    right_connection uuid,
    right_root       text        not null,
    right_name       text        not null,
    options          jsonb       not null default '{}',      -- of its transfers: patterns, bandwidth
    interval_seconds int         not null,                   -- between two looks
    state            text        not null default 'looking' check (state in
                     ('looking', 'copying', 'in_step', 'waiting', 'needs_you', 'paused')),
    wait             text,
    reason           text,                                   -- of the state, one sentence
    question         jsonb,                                  -- what its owner is asked
    question_digest  text,                                   -- of the whole list that is asked about
    answer           text        check (answer in ('apply', 'leave')),
    answer_digest    text,                                   -- the question_digest that was answered
    transfer         uuid,                                   -- the last one that copies for it
    sequence         bigint,                                 -- of the left side's space, read before the last look
    items            bigint      not null default 0,
    left_out         bigint      not null default 0,
    looked_at        timestamptz,
    in_step_at       timestamptz,
    made_at          timestamptz not null default now()
) with (fillfactor = 70);
create index syncs_subject on syncs (tenant, subject, number);

create table sync_items (
    sync          uuid    not null references syncs on delete cascade,
    path          text    not null,
    kind          text    not null check (kind in ('file', 'folder')),
    left_id       text    not null,
    left_version  text,
    right_kind    text,                                      -- where it differs: its owner left the right side as it is
    right_id      text,                                      -- null: its owner left the right side without the item
    right_version text,
    size          bigint,
    right_size    bigint,                                    -- where it differs
    sha256        bytea,
    right_sha256  bytea,                                     -- where it differs
    missing       boolean not null default false,            -- the last look found that the left side has removed it
    primary key (sync, path)
) with (fillfactor = 80);

-- Files that could not be copied. The more often that was so, the later the next attempt.
create table sync_failures (
    sync     uuid        not null references syncs on delete cascade,
    path     text        not null,
    failures int         not null,
    reason   text,
    until    timestamptz not null,
    primary key (sync, path)
);

create table sync_events (
    sync   uuid        not null references syncs on delete cascade,
    number bigint      generated always as identity,
    at     timestamptz not null default now(),
    kind   text        not null,
    path   text,
    text   text,
    primary key (sync, number)
);
create index sync_events_removed on sync_events (sync, at) where kind = 'removed';

alter table transfers add column sync uuid;                  -- the pair for which it copies: people see the pair instead
create index transfers_sync on transfers (sync) where sync is not null;
alter table transfer_items add column replaces_version text; -- for a pair: the only version that may be replaced
