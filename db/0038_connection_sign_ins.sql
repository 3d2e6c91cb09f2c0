-- Sign-ins for connections that browsers have begun at a provider. The state with which the provider sends a browser back is valid once,
-- in that browser, for that subject.
create table connection_sign_ins (
    token_sha256   bytea       primary key,
    browser_sha256 bytea       not null,                     -- of the browser's cookie
    tenant         text        not null,
    subject        text        not null,
    kind           text        not null,
    title          text,                                     -- of the connection that is made; null: the account's name
    connection     uuid,                                     -- that is signed in again; null: a new one
    secret         text        not null,                     -- the verifier and the address to come back to, protected
    expires_at     timestamptz not null
);
create index connection_sign_ins_expires on connection_sign_ins (expires_at);

-- The account as the provider knows it; its name may change.
alter table connections add column account_id text;
