-- What WebDAV keeps beside the trees (RFC 4918): locks, and the properties that clients set.
create table dav_locks (
    token         uuid        primary key,
    tenant        text        not null,
    subject       text        not null,                      -- who may use it
    space         uuid        not null,
    parent        uuid,                                      -- with the name the place that is locked; null: the root of the space
    name          text        not null,                      -- empty: the root of the space
    exclusive     boolean     not null,
    deep          boolean     not null,                      -- whether it covers what is below the place
    owner         text        not null default '',           -- XML, as the client describes itself
    seconds       bigint      not null,                      -- of its timeout
    expires_clock bigint      not null,                      -- on the service clock
    created_at    timestamptz not null default now()
);
create index dav_locks_place on dav_locks (space, parent, name);
create index dav_locks_subject on dav_locks (tenant, subject);

-- The running requests that have named a lock. Until they end, so does the lock not.
create table dav_lock_uses (
    request     uuid   not null,
    lock        uuid   not null,
    incarnation bigint not null,
    primary key (request, lock)
);
create index dav_lock_uses_lock on dav_lock_uses (lock);

create table entry_properties (
    entry uuid not null,
    name  text not null,                                     -- {namespace}local name
    value text not null,                                     -- the element, as XML
    primary key (entry, name)
);

-- The locks and conditions that a WebDAV request has named, compared when its upload is published.
alter table uploads add column target_guard jsonb;
