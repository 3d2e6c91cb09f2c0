-- Projects: team spaces with devices, and the catalogue of the files that the devices serve.

-- A team space with devices. It has the space's id, members and rights.
create table projects (
    id          uuid        primary key,
    sequence    bigint      not null default 0,              -- the number of the last row of project_events
    created_at  timestamptz not null default now(),
    archived_at timestamptz                                  -- read only, its devices released
) with (fillfactor = 20);

-- A computer on which an agent serves or receives files. A user's key has one device for ever; the row outlives the key.
create table devices (
    id          uuid        primary key,
    tenant      text        not null,
    user_id     uuid        not null,
    key         uuid        not null,
    name        text        not null,
    platform    text        not null,
    version     text        not null,                        -- of the agent
    addresses   text[]      not null default '{}',           -- only the ends of an approved transfer see them
    fingerprint bytea,                                       -- SHA-256 of the public key; once known, never another
    created_at  timestamptz not null default now(),
    seen_at     timestamptz not null default now(),
    revoked_at  timestamptz
);
create unique index devices_key on devices (key);
create index devices_user on devices (user_id, tenant);

-- A folder of a device at one place of a project. No place lies in another, so that a path names one file of one device.
create table served_folders (
    project_id  uuid        not null,
    id          uuid        not null,                        -- of the marker file in the folder
    device_id   uuid        not null,
    place       text        collate "C" not null,            -- "/" or "/line-14"
    folded      text        collate "C" not null,            -- the folded place with a slash at its end
    files       bigint      not null default 0,
    bytes       bigint      not null default 0,
    sequence    bigint      not null default 0,              -- the device's number: of its last batch
    last_batch  uuid,
    last_answer jsonb,                                       -- for the same batch, sent again
    snapshot    uuid,                                        -- that is being sent
    complete    boolean     not null default false,          -- whether a snapshot has ended
    added_at    timestamptz not null default now(),
    told_at     timestamptz,                                 -- the last batch
    approval    text        not null default 'ask' check (approval in ('ask', 'always', 'never')),
    bytes_a_day bigint      check (bytes_a_day > 0),         -- sent to one member; null: any number
    is_straight boolean     not null default false,          -- the files are never relayed by the service
    primary key (project_id, id)
) with (fillfactor = 50);
create index served_folders_device on served_folders (device_id);

-- What one member may have of a served folder, where that differs from the other members.
create table folder_approvals (
    project_id  uuid   not null,
    folder_id   uuid   not null,
    subject     text   not null,
    approval    text   not null check (approval in ('ask', 'always', 'never')),
    bytes_a_day bigint check (bytes_a_day > 0),
    primary key (project_id, folder_id, subject)
);

-- Invitations to projects. Only the digest of the token is kept.
create table project_invitations (
    id         uuid        primary key,
    project_id uuid        not null,
    token_hash bytea       not null,
    made_by    text        not null,                         -- the invitation ends with the right of this subject
    can_change boolean     not null,
    uses       int         not null default 0,
    most_uses  int         not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    ended_at   timestamptz                                   -- ended by hand
);
create unique index project_invitations_token on project_invitations (token_hash);
create index project_invitations_project on project_invitations (project_id);

-- Who was removed from a project comes back only by an invitation that is newer.
create table project_removals (
    project_id uuid        not null,
    subject    text        not null,
    removed_at timestamptz not null default now(),
    primary key (project_id, subject)
);

-- A file that a device serves. Its bytes are on the device.
create table remote_files (
    project_id  uuid        not null,
    path_sha256 bytea       not null,                        -- of file_path, which is too long for an index
    file_path   text        collate "C" not null,
    folder_id   uuid        not null,
    size        bigint      not null,
    hash        bytea,                                       -- SHA-256; null until the device has computed it
    mime_type   text        not null,
    modified_at timestamptz not null,
    mode        int,                                         -- POSIX permission bits; null: unknown
    sequence    bigint      not null,                        -- of the project at the last change
    snapshot    uuid,                                        -- the last snapshot that has the file
    primary key (project_id, path_sha256)
) with (fillfactor = 90);
create index remote_files_by_path on remote_files (project_id, left(file_path, 500));
create index remote_files_by_time on remote_files (project_id, modified_at, path_sha256);
create index remote_files_by_size on remote_files (project_id, size, path_sha256);
do $$
begin
    -- The extension may be in a schema that is not searched.
    execute (select format('create index remote_files_search on remote_files using gin (lower(file_path) %I.gin_trgm_ops)', n.nspname)
             from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm');
end $$;
create index remote_files_folder on remote_files (project_id, folder_id);

-- What happened in a project: a row for each batch of changes, each new member, each member who left. Kept for 30 days.
create table project_events (
    project_id uuid        not null,
    sequence   bigint      not null,
    type       text        not null,
    device_id  uuid,
    subject    text        not null,                         -- who did it
    data       jsonb       not null,
    created_at timestamptz not null default now(),
    primary key (project_id, sequence)
);
