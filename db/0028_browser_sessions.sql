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
