-- A member asks for a folder of a device, or for several files: one request with a transfer for each file.

create table file_batches (
    id           uuid        primary key,
    tenant       text        not null,
    project_id   uuid        not null,
    requester_id text        not null,                       -- a subject
    prefix       text        collate "C",                    -- the folder that was asked for; null: single files
    requested_at timestamptz not null default now()
);
create index file_batches_project on file_batches (project_id, requested_at desc, id);

alter table file_transfers add column batch_id uuid;
create index file_transfers_batch on file_transfers (batch_id, file_path) where batch_id is not null;
