-- Checks before publishing: an upload whose bytes are all there waits in the state checking for a verdict.

-- Whether the service has a checker. Each start of the service writes it.
create table checker (
    only_one boolean primary key default true check (only_one),
    enabled  boolean not null default false
);
insert into checker default values;

-- One row per upload in the state checking.
create table upload_checks (
    upload   uuid        primary key,
    attempts int         not null default 0,                 -- the fence of an attempt: a late verdict names an older number
    next_at  timestamptz not null default now()              -- when it is tried, or its attempt is taken for dead
) with (fillfactor = 80);
create index upload_checks_due on upload_checks (next_at);

drop index uploads_arriving;
create index uploads_arriving on uploads (target_parent, id)
    where state in ('open', 'paused', 'completing', 'checking') and target_parent is not null;
