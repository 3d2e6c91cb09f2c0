-- Webhooks: addresses of a tenant that are told of its events, and what is to be told to each.

create table webhooks (
    id            uuid        primary key,
    tenant        text        not null,
    title         text        not null,
    url           text        not null,
    format        text        not null check (format in ('json', 'tusd')),
    kinds         text[]      not null,                      -- of events; empty: all
    secret        text        not null,                      -- protected as second factors are
    enabled       boolean     not null default true,
    made_by       text        not null,
    created_at    timestamptz not null default now(),
    failing_since timestamptz,                               -- the first failure after the last success
    paused_at     timestamptz                                -- it had failed for too long
) with (fillfactor = 80);
create index webhooks_tenant on webhooks (tenant, created_at, id);

-- One event for one webhook. The log shows its last attempt.
create table webhook_deliveries (
    id        uuid        primary key default gen_random_uuid(),
    number    bigint      generated always as identity,
    webhook   uuid        not null,
    kind      text        not null,
    event     json        not null,                          -- json: metadata may have what jsonb refuses
    state     text        not null default 'waiting' check (state in ('waiting', 'delivered', 'failed')),
    by_hand   boolean     not null default false,            -- asked for: goes out also while the webhook is off
    attempts  int         not null default 0,
    made_at   timestamptz not null default now(),
    next_at   timestamptz not null default now(),            -- of a waiting one: when it is tried, or its sender is taken for dead
    sent_at   timestamptz,
    took_ms   int,
    status    int,
    answer    text,                                          -- how the answer's body begins
    error     text
) with (fillfactor = 80);
create index webhook_deliveries_due on webhook_deliveries (webhook, next_at) where state = 'waiting';
create index webhook_deliveries_log on webhook_deliveries (webhook, number);
create index webhook_deliveries_made on webhook_deliveries (made_at) where state <> 'waiting';

-- The last event that was looked at for all webhooks. Nothing that records an upload knows of them.
create table webhook_cursor (
    only_one   boolean primary key default true check (only_one),
    generation bigint  not null default -1,
    xid        xid8    not null default '0',
    id         bigint  not null default 0
) with (fillfactor = 10);
insert into webhook_cursor default values;
