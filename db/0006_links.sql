-- Links: a secret address for one purpose, for people and devices without a key. Their uploads have the subject link:<id>.
create table links (
    id            uuid        primary key,
    token         bytea       not null,                      -- SHA-256 of what stands in the address
    kind          text        not null check (kind in ('upload', 'download')),
    tenant        text        not null,
    title         text        not null,
    made_by       text        not null,                      -- the maker's subject
    user_id       uuid,                                      -- the maker, where it is a user
    made_with     uuid,                                      -- the API key of the request that made it
    space         uuid,                                      -- of the entry
    entry         uuid,                                      -- an upload link's folder, or what a download link shows; null: unfiled
    created_at    timestamptz not null default now(),
    expires_at    timestamptz not null,
    revoked_at    timestamptz,
    max_size      bigint,                                    -- bytes of one file; null: as the service allows
    max_files     bigint,
    max_bytes     bigint,                                    -- of all files together
    types         text[]      not null default '{}',         -- empty: all
    names         text[]      not null default '{}',         -- patterns with * and ?; empty: all
    folders       boolean     not null default false,        -- whether a client may name folders below the link's own
    -- Reserved by unfinished uploads, and used by finished ones. The sums of link_uploads.
    files         bigint      not null default 0,
    parts         bigint      not null default 0,
    bytes         bigint      not null default 0,
    password      text,                                      -- the framework's hash
    max_downloads bigint,
    downloads     bigint      not null default 0
) with (fillfactor = 80);
create unique index links_token on links (token);
create index links_tenant on links (tenant, created_at, id);
create index links_maker on links (made_by);

-- What each upload takes of its link's limits.
create table link_uploads (
    upload  uuid    primary key,
    link    uuid    not null,
    is_part boolean not null,
    bytes   bigint  not null
);
create index link_uploads_link on link_uploads (link);

-- A download that goes on, or is repeated within an hour, counts once.
create table link_downloads (
    link       uuid        not null,
    entry      uuid        not null,
    client     text        not null,
    counted_at timestamptz not null default now(),
    primary key (link, entry, client)
);
