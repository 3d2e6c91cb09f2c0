-- Connections: accounts and places elsewhere that users have added. Transfers: files that the service moves from a source to a destination.

create table connections (
    id           uuid        primary key,
    tenant       text        not null,
    subject      text        not null,                       -- whose it is
    kind         text        not null,                       -- of the connector: google-drive
    title        text        not null,
    account      text,                                       -- as the provider calls it
    secret       text        not null,                       -- protected as second factors are
    secret_epoch bigint      not null default 0,             -- rises with each new secret, so that an older refresh cannot overwrite it
    settings     jsonb       not null default '{}',
    state        text        not null default 'ready'
                 check (state in ('ready', 'needs_sign_in', 'needs_approval', 'app_secret_ended', 'disabled')),
    state_at     timestamptz not null default now(),
    error        text,                                       -- the last one, one sentence
    error_at     timestamptz,
    used_bytes   bigint,                                     -- at the provider, when it was asked last
    total_bytes  bigint,
    checked_at   timestamptz,
    made_at      timestamptz not null default now()
) with (fillfactor = 80);
create index connections_subject on connections (tenant, subject, made_at, id);

create table transfers (
    id           uuid        primary key,
    number       bigint      generated always as identity,
    tenant       text        not null,
    subject      text        not null,
    scopes       int         not null,                       -- the most that it may do, with the rights of its owner at that moment
    api_key      uuid,                                       -- with which it was made: it stops when that ends
    label        text        not null default '',
    source       uuid,                                       -- connection; null: the service's own files
    destination  uuid,                                       -- the same
    target       text        not null,                       -- the folder at the destination
    target_name  text        not null default '',
    options      jsonb       not null default '{}',
    priority     smallint    not null default 2,
    state        text        not null default 'queued' check (state in
                 ('queued', 'scanning', 'planned', 'running', 'verifying', 'done', 'partly_done', 'failed', 'cancelled', 'paused')),
    wait         text        check (wait in
                 ('sign_in', 'quota', 'rate_limit', 'daily_limit', 'window', 'person', 'space', 'network', 'rights')),
    wait_since   timestamptz,
    wait_until   timestamptz,
    reason       text,                                       -- of the state or the wait, one sentence
    cancelling   boolean     not null default false,
    scanned      boolean     not null default false,
    files        bigint      not null default 0,
    folders      bigint      not null default 0,
    bytes        bigint      not null default 0,
    done_files   bigint      not null default 0,
    done_bytes   bigint      not null default 0,
    skipped      bigint      not null default 0,
    failed       bigint      not null default 0,
    moved_bytes  bigint      not null default 0,             -- accepted by the destination, also of items that began again
    items_made   bigint      not null default 0,             -- the number of the next item
    made_at      timestamptz not null default now(),
    began_at     timestamptz,
    moved_at     timestamptz,                                -- the last accepted piece
    ended_at     timestamptz
) with (fillfactor = 70);
create index transfers_subject on transfers (tenant, subject, number desc);
create index transfers_tenant on transfers (tenant, number desc);
create index transfers_ended on transfers (ended_at) where ended_at is not null;

create table transfer_items (
    id           uuid        primary key,
    transfer     uuid        not null,
    number       bigint      not null,                       -- parents come before what is in them
    parent       uuid,                                       -- the folder's item; null: it was chosen itself
    kind         text        not null check (kind in ('file', 'folder')),
    name         text        not null,
    path         text        not null,                       -- for people
    source_id    text        not null,
    size         bigint,
    modified_at  timestamptz,
    media_type   text,
    state        text        not null default 'ready'
                 check (state in ('ready', 'queued', 'running', 'done', 'skipped', 'failed', 'cancelled')),
    fault        text,                                       -- its kind, while or after it failed
    reason       text,
    attempts     int         not null default 0,             -- without progress
    restarts     int         not null default 0,             -- from byte 0
    pin          text,                                       -- the version that is being read
    target_id    text,                                       -- made beforehand, so that a repeated create doubles nothing
    target_name  text,                                       -- where it differs
    replaces     text,                                       -- the file at the destination that gets a new version
    session      text,                                       -- at the destination: a secret, protected
    session_ends timestamptz,
    position     bigint      not null default 0,             -- accepted by the destination
    hashes       bytea,                                      -- the states of the digests of these bytes
    piece        int,                                        -- bytes of a piece
    sha256       bytea,
    result       text,                                       -- the id at the destination
    verified     text,                                       -- by which digest
    listed       boolean     not null default true,          -- of a folder: all of it was read
    cursor       text,                                       -- of a folder: where its listing goes on
    began_at     timestamptz,
    ended_at     timestamptz
) with (fillfactor = 70);
create unique index transfer_items_number on transfer_items (transfer, number);
create index transfer_items_state on transfer_items (transfer, state, number);
create index transfer_items_unlisted on transfer_items (transfer, number) where not listed;
create index transfer_items_parent on transfer_items (parent) where parent is not null;

-- The story of a transfer: what happened, in order.
create table transfer_events (
    transfer uuid        not null,
    number   bigint      generated always as identity,
    at       timestamptz not null default now(),
    item     uuid,
    kind     text        not null,
    text     text,
    primary key (transfer, number)
);

-- Calls to providers, by name: never an address or a body.
create table transfer_calls (
    transfer   uuid        not null,
    number     bigint      generated always as identity,
    at         timestamptz not null default now(),
    item       uuid,
    side       text        not null check (side in ('source', 'destination')),
    operation  text        not null,
    status     int,                                          -- null: no answer came
    took_ms    int         not null,
    request_id text,
    fault      text,
    primary key (transfer, number)
);
create index transfer_calls_at on transfer_calls (at);
