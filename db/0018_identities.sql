-- Accounts of an outside issuer with which users sign in to the pages. An account is known by its issuer and its subject, never by an
-- e-mail address: addresses are given away again.
create table user_identities (
    id        uuid        primary key default gen_random_uuid(),
    issuer    text        not null,
    subject   text        not null,
    user_id   uuid        not null,
    name      text,                                          -- how the issuer calls the account, for people
    linked_at timestamptz not null default now(),
    used_at   timestamptz
);
create unique index user_identities_account on user_identities (issuer, subject);
create index user_identities_user on user_identities (user_id);

-- Sign-ins that browsers have begun at the issuer. The state with which the issuer sends a browser back is valid once.
create table issuer_states (
    token_sha256 bytea       primary key,
    user_id      uuid,                                       -- who is signed in and links an account
    link_sha256  bytea,                                      -- the invitation that is accepted with the account
    expires_at   timestamptz not null
);
