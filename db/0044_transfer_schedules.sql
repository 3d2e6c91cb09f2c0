-- Transfers that are kept under a name, and those that begin at their times.
create table transfer_templates (
    id       uuid        primary key,
    tenant   text        not null,
    subject  text        not null,                       -- whose it is
    title    text        not null,
    draft    jsonb       not null,                       -- source, destination and options
    made_at  timestamptz not null default now()
);
create index transfer_templates_subject on transfer_templates (tenant, subject, title, id);

create table transfer_schedules (
    id            uuid        primary key,
    tenant        text        not null,
    subject       text        not null,                  -- whose it is
    scopes        int         not null,                  -- the most that its transfers may do
    api_key       uuid,                                  -- with which it was made: it stops when that ends
    title         text        not null,
    draft         jsonb       not null,
    cron          text,                                  -- minutes hours day-of-month month day-of-week
    once_at       timestamptz,
    zone          text        not null,
    enabled       boolean     not null default true,
    next_at       timestamptz,                           -- null: it does not begin by itself any more
    last_at       timestamptz,
    last_result   text        check (last_result in ('begun', 'skipped', 'refused')),
    last_reason   text,
    last_transfer uuid,
    runs          bigint      not null default 0,
    skipped       bigint      not null default 0,        -- because the one before still ran
    made_at       timestamptz not null default now(),
    check ((cron is null) <> (once_at is null))
) with (fillfactor = 80);
create index transfer_schedules_subject on transfer_schedules (tenant, subject, title, id);
