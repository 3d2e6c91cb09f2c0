-- When the sum was last added to: each node reads what others have added.
alter table usage_days add column changed_at timestamptz not null default now();

-- Sign-ins for connections by a code that a person enters at the provider. The process that began one asks the provider, and every node
-- tells what became of it.
create table device_sign_ins (
    id          uuid        primary key,
    tenant      text        not null,
    subject     text        not null,
    incarnation bigint,                                       -- that asks the provider; null: a command line that was waited for
    expires_at  timestamptz not null,                         -- until then the code can be entered
    kept_until  timestamptz not null,
    ended_at    timestamptz,
    connection  uuid,                                         -- that was made or signed in again
    again       boolean     not null default false,
    fault       text                                          -- why it failed
);
create index device_sign_ins_subject on device_sign_ins (tenant, subject);

-- When each kind of trouble was last mailed to the operators: once an hour, by one node.
create table operator_mails (
    kind    text        primary key,
    told_at timestamptz not null
);
