-- Who did what. A row commits together with its act; one worker chains the rows within seconds, so that no act waits for another's. The
-- chain covers digests of the rows: retention and the removal of a tenant blank a row and keep its digest.
create table audit (
    id         bigint      generated always as identity primary key,
    at         timestamptz not null default now(),
    tenant     text        not null,
    subject    text        not null,                         -- who
    credential text,                                         -- by which session or key
    address    text,                                         -- from where
    kind       text        not null,                         -- did what
    object     text,                                         -- to what
    data       jsonb       not null default '{}',
    hour       int,                                          -- of downloads: one row per file, caller and hour
    blanked    boolean     not null default false,
    number     bigint,                                       -- its place in the chain; null: not chained yet
    digest     bytea,                                        -- of the row as it was when it was chained
    chain      bytea                                         -- SHA-256 of the chain value before it and the digest
);
create unique index audit_number on audit (number) where number is not null;
create index audit_unchained on audit (id) where number is null;
create index audit_tenant on audit (tenant, id);
create index audit_subject on audit (subject, id);
create index audit_object on audit (object, id) where object is not null;
create index audit_at on audit (at) where not blanked;
create unique index audit_download on audit (object, subject, hour) where hour is not null;

-- The end of the chain. The worker that extends it holds this row.
create table audit_head (
    only_one boolean primary key default true check (only_one),
    number   bigint  not null default 0,
    chain    bytea   not null default ''
) with (fillfactor = 10);
insert into audit_head default values;
