-- Programs that ask for a key of a person, who confirms it in the console: by a code that the person compares (RFC 8628), or, where the
-- browser is on the program's machine, by a redirect to it (RFC 8252 with PKCE).
create table key_requests (
    id           uuid        primary key,
    code         text        not null,                       -- eight letters, for people
    device       bytea       not null,                       -- SHA-256 of the program's secret: its device code, or PKCE's challenge
    program      text        not null,                       -- what the program says of itself
    machine      text,
    address      text,                                       -- from where it asked
    scopes       integer     not null,
    redirect     text,                                       -- the address on the person's machine; null: the program asks again
    state        text,                                       -- which the program gets back there
    created_at   timestamptz not null,
    expires_at   timestamptz not null,
    tries        integer     not null default 0,             -- wrong passwords and codes of the person
    asked_at     timestamptz,                                -- when the program asked last
    pause        integer     not null default 5,             -- seconds until it may ask again
    ended        text        check (ended in ('confirmed', 'refused', 'taken')),
    grant_sha256 bytea,                                      -- of the code in the redirect
    tenant       text,                                       -- of the key, once it is confirmed
    user_id      uuid,
    made_by      text,
    key_scopes   integer,
    key_ends_at  timestamptz,
    key          uuid
);
create unique index key_requests_code on key_requests (code);
create unique index key_requests_device on key_requests (device);
create index key_requests_expires on key_requests (expires_at);
