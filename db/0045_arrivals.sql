-- Schedules that are set off by what is published below a folder of the service, what has arrived for them, and the last runs of each.
alter table transfers add column schedule uuid;                       -- that began it
create index transfers_schedule on transfers (schedule, number desc) where schedule is not null;

alter table transfer_schedules
    add column folder uuid,                                           -- what is published below it goes on
    add column own    boolean not null default true,                  -- whether its owner's own uploads do
    add column others text[]  not null default '{}',                  -- the other subjects whose uploads do
    drop constraint transfer_schedules_check,
    add constraint transfer_schedules_check check (num_nonnulls(cron, once_at, folder) = 1);
create index transfer_schedules_folder on transfer_schedules (folder) where folder is not null and enabled;

create table arrivals (
    schedule uuid        not null references transfer_schedules on delete cascade,
    number   bigint      not null generated always as identity,
    entry    uuid        not null,
    upload   uuid        not null,
    subject  text        not null,                                    -- who has published it
    path     text        not null,                                    -- below the folder, as it was
    at       timestamptz not null default now(),
    state    text        not null default 'waiting' check (state in ('waiting', 'begun', 'left_out')),
    transfer uuid,                                                    -- that moves it; of one that waits: chosen before it is made
    reason   text,                                                    -- why it was left out
    primary key (schedule, number)
) with (fillfactor = 80);
create index arrivals_waiting on arrivals (schedule, number) where state = 'waiting';

create table schedule_runs (
    schedule uuid        not null references transfer_schedules on delete cascade,
    number   bigint      not null generated always as identity,
    at       timestamptz not null default now(),
    result   text        not null check (result in ('begun', 'skipped', 'refused')),
    reason   text,
    transfer uuid,
    primary key (schedule, number)
);
