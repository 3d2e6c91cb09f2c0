-- Folders that are moved to another space, a batch of entries at a time. Meanwhile the original lies in the trash of its space with the
-- largest clock, so that nothing frees it.
create table folder_moves (
    id         uuid        primary key,
    tenant     text        not null,
    subject    text        not null,
    source     uuid        not null,                         -- the folder that is moved
    target     uuid        not null,                         -- the folder of the other space that gets what is in it
    entries    bigint      not null default 0,               -- moved so far
    left_out   bigint      not null default 0,               -- those that could not be
    started_at timestamptz not null default now(),
    ended_at   timestamptz
) with (fillfactor = 80);
create index folder_moves_open on folder_moves (started_at) where ended_at is null;
create index folder_moves_ended on folder_moves (ended_at) where ended_at is not null;
