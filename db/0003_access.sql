-- Who may use the service: tenants, users with their memberships, API keys, and who reaches which space.
-- Subjects name who did something for ever: operator, anonymous, user:<id>, key:<id>.

-- An app, a team or a company: its files, users and keys are apart from those of others.
create table tenants (
    name         text        primary key,
    title        text        not null,
    created_at   timestamptz not null default now(),
    suspended_at timestamptz,
    removed_at   timestamptz                                 -- a job removes its data, then the row
);
insert into tenants (name, title) values ('default', 'Default');

create table users (
    id             uuid        primary key,
    name           text        not null,                     -- for signing in, in lower case; unique below
    display_name   text        not null,
    email          text,
    password       text,                                     -- the framework's hash; null: not set yet
    is_operator    boolean     not null default false,
    enabled        boolean     not null default true,
    created_at     timestamptz not null default now(),
    signed_in_at   timestamptz,
    totp           text,                                     -- the protected secret of the second factor
    totp_step      bigint      not null default 0,           -- of the last code that was accepted: each is valid once
    recovery_codes bytea[]     not null default '{}'         -- SHA-256 of each that is left
);
create unique index users_name on users (name);

-- A person may belong to several tenants; a session is in one of them.
create table memberships (
    user_id uuid not null,
    tenant  text not null,
    role    text not null check (role in ('viewer', 'member', 'admin')),
    primary key (user_id, tenant)
);
create index memberships_tenant on memberships (tenant);

-- A key of a user acts as the user; a key of the tenant acts as itself.
create table api_keys (
    id         uuid        primary key,
    tenant     text        not null,
    user_id    uuid,                                         -- null: the tenant's own
    name       text        not null,
    prefix     text        not null,                         -- of the newest secret, for people
    scopes     integer     not null,                         -- Core.Access.Scopes; a user's key has at most what the user has
    made_by    text        not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    used_at    timestamptz,
    revoked_at timestamptz
);
create index api_keys_tenant on api_keys (tenant, created_at, id);

-- Rotation adds a secret and lets the one before it live on for a while.
create table api_key_secrets (
    sha256 bytea       primary key,
    key    uuid        not null,
    until  timestamptz                                       -- null: as long as the key
);
create index api_key_secrets_key on api_key_secrets (key);

-- Rises with every change of who may do what. Each process reads it every second and forgets what it knew when it has risen.
create table access_version (
    only_one boolean primary key default true check (only_one),
    number   bigint  not null default 1
) with (fillfactor = 10);
insert into access_version default values;

-- The spaces of a user's own, and further ones with members.
alter table spaces drop constraint spaces_kind_check, add constraint spaces_kind_check check (kind in ('shared', 'own', 'team'));
create unique index spaces_own on spaces (tenant, owner) where kind = 'own';
create table space_members (
    space      uuid    not null,
    subject    text    not null,
    can_change boolean not null,
    primary key (space, subject)
);
create index space_members_subject on space_members (subject);

-- Whose session it is, and from where it was started. Without a user it is the operator key's.
alter table browser_sessions
    add column user_id uuid,
    add column client  text,                                 -- what the browser calls itself
    add column address text;
create index browser_sessions_user on browser_sessions (user_id);

-- A link for a user sets his password: an invitation, or a reset. Without a user it signs in as the operator.
alter table sign_in_links add column user_id uuid;

-- What one subject sees of the lists of uploads.
create index uploads_by_subject on uploads (tenant, subject, state, created_at, id) where state <> 'completed' or target_space is null;
