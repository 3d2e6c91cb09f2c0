-- The tree of files: spaces, entries, their versions, and the numbered changes that others follow.
-- Every change of a space's tree first locks the row of the space and ends by taking the next numbers of its sequence. So the tree of one
-- space changes in one order, the order of the numbers. Rows of uploads are locked before the space, never after it.

-- Raised when an older backup was restored: cursors into the changes of a later generation mean nothing then.
alter table ledger add column generation bigint not null default 1;

-- A root of its own. The root folder is the entry with the space's id.
create table spaces (
    id         uuid        primary key,
    tenant     text        not null,
    kind       text        not null check (kind in ('shared')),
    owner      text,                                         -- a subject; null: everybody in the tenant
    name       text        not null,
    created_at timestamptz not null default now(),
    sequence   bigint      not null default 0,               -- the number of its last change
    trimmed_to bigint      not null default 0,               -- changes up to this number are not kept any more
    entries    bigint      not null default 0,               -- rows of entries without the root, also those in the trash
    bytes      bigint      not null default 0                -- of all versions
) with (fillfactor = 20);                                    -- updated by every change
create unique index spaces_shared on spaces (tenant) where kind = 'shared';

-- A folder, a file or a symbolic link. An entry is live when neither it nor an ancestor is removed.
create table entries (
    id            uuid        primary key,                   -- stays the same when it is renamed, moved or replaced
    space         uuid        not null,
    parent        uuid,                                      -- null: the root of its space
    name          text        collate "C" not null,
    folded        text        not null generated always as (lower(normalize(name, nfkc) collate "und-x-icu")) stored,
    kind          text        not null check (kind in ('folder', 'file', 'link')),
    version       int,                                       -- the current one of a file
    size          bigint,                                    -- of the current version
    modified_ns   bigint      not null,                      -- since 1970
    mode          int,                                       -- POSIX permission bits; null: unknown
    link_target   text,
    owner         text        not null,
    revision      bigint      not null default 1,            -- rises with every change of this row
    created_at    timestamptz not null default now(),
    removed_at    timestamptz,
    removed_by    text,
    removed_clock bigint,                                    -- the service clock then
    purging       boolean     not null default false         -- being freed: no longer in the trash
) with (fillfactor = 90);
create unique index entries_by_name on entries (parent, name) where removed_at is null;
create index entries_by_folded on entries (parent, folded) where removed_at is null;
create index entries_trash on entries (space, removed_at, id) where removed_at is not null and not purging;
create index entries_expired on entries (removed_clock) where removed_at is not null and not purging;
create index entries_purging on entries (id) where purging;

-- The contents of a file, one after the other. Copies name the same upload, whose bytes are kept as long as a version names it.
create table entry_versions (
    entry       uuid        not null,
    number      int         not null,
    upload      uuid        not null,
    size        bigint      not null,
    sha256      bytea,                                       -- null until it is computed (E25)
    modified_ns bigint      not null,
    subject     text        not null,                        -- who made it
    created_at  timestamptz not null default now(),
    until       timestamptz,                                 -- null: the current one
    until_clock bigint,                                      -- the service clock then; -1: given up, no longer in the trash
    primary key (entry, number)
);
create index entry_versions_upload on entry_versions (upload);
create index entry_versions_sha256 on entry_versions (sha256) where until is null and sha256 is not null;
create index entry_versions_trash on entry_versions (until, entry, number) where until is not null;
create index entry_versions_expired on entry_versions (until_clock) where until is not null;

-- Every change of a space in the order of its numbers, each with the entry as it was afterwards. Replayed from the beginning they are the tree.
create table changes (
    space       uuid        not null,
    number      bigint      not null,
    at          timestamptz not null default now(),
    kind        text        not null,                        -- created, replaced, moved, changed, hashed, removed, restored
    subject     text        not null,
    entry       uuid        not null,
    parent      uuid,
    name        text        collate "C" not null,
    entry_kind  text        not null,
    revision    bigint      not null,
    version     int,
    upload      uuid,
    size        bigint,
    sha256      bytea,
    modified_ns bigint      not null,
    mode        int,
    link_target text,
    primary key (space, number)
);
create index changes_at on changes (at);

-- Where an upload is to be published, bound at its creation. A completed upload with a target_space lies in the tree: its entries alone
-- decide about it. One without is unfiled: an id and a name.
alter table uploads
    add column target_space    uuid,
    add column target_parent   uuid,                         -- the deepest folder that was there
    add column target_names    text[],                       -- what follows it: folders to make, and the name of the file
    add column target_conflict text,                         -- fail, rename, replace: what if the name is taken
    add column target_revision bigint,                       -- replace only this revision of the entry
    add column modified_ns     bigint,
    add column mode            int,
    add column unfiled_reason  text;                         -- why it could not be published

-- Lists of uploads are of those that are unfinished or unfiled; the tree has lists of its own.
drop index uploads_by_created, uploads_by_name, uploads_by_size, uploads_by_name_part, uploads_kept;
create index uploads_by_created on uploads (tenant, state, created_at, id) where state <> 'completed' or target_space is null;
create index uploads_by_name on uploads (tenant, state, (lower(left(file_name, 200)) collate "C"), id)
    where state <> 'completed' or target_space is null;
create index uploads_by_size on uploads (tenant, state, (coalesce(size, -1)), id) where state <> 'completed' or target_space is null;
create index uploads_kept on uploads (purge_at) where state = 'completed' and not is_part and target_space is null;
create index uploads_arriving on uploads (target_parent, id) where state in ('open', 'paused', 'completing') and target_parent is not null;
do $$
declare
    -- pg_trgm may be in another schema.
    v_trgm text := (select n.nspname from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm');
begin
    execute format(
        'create index uploads_by_name_part on uploads using gin (file_name %I.gin_trgm_ops)
         where state <> ''completed'' or target_space is null', v_trgm);
    execute format('create index entries_by_part on entries using gin (folded %I.gin_trgm_ops) where removed_at is null', v_trgm);
end $$;
