-- A member asks for a file of a device, and the device sends it: through the service, by an upload that is no file.

-- What it relays: null for every other upload. Only its sender sees it.
alter table uploads add column relay_of uuid;

create table file_transfers (
    id                uuid        primary key,
    project_id        uuid        not null,
    requester_id      text        not null,                  -- a subject
    file_path         text        collate "C" not null,
    file_hash         bytea,                                 -- SHA-256; null until it is known
    source_device_id  uuid        not null,
    status            text        not null default 'pending'
                      check (status in ('pending', 'in_progress', 'completed', 'failed', 'cancelled')),
    requested_at      timestamptz not null default now(),
    started_at        timestamptz,                           -- the claim of the attempt
    completed_at      timestamptz,                           -- the end, however it ended
    bytes_transferred bigint      not null default 0,
    total_bytes       bigint      not null,
    error_message     text,
    created_at        timestamptz not null default now(),
    tenant            text        not null,
    folder_id         uuid        not null,
    mime_type         text        not null,
    modified_at       timestamptz not null,                  -- with the size: the version that was asked for
    target_device_id  uuid,                                  -- that is to receive it; null: any of the requester's
    approval          text        not null check (approval in ('waiting', 'approved', 'declined')),
    answered_at       timestamptz,
    attempt           int         not null default 1,
    claim             uuid,                                  -- the agent that has this attempt
    relay             uuid,                                  -- the upload by which it comes; several transfers of a version share one
    sent_at           timestamptz,                           -- the source says that it has sent all
    moved_at          timestamptz not null default now(),    -- the last byte, either way
    noted_at          timestamptz,                           -- the last row about progress
    told_at           timestamptz,                           -- the last event to the source
    waits             text,                                  -- why the last claim was refused: room, day
    error_code        text,
    counted_on        date,                                  -- the day whose bytes have it
    mailed            boolean     not null default false,
    expires_at        timestamptz not null,
    check (bytes_transferred between 0 and total_bytes)
) with (fillfactor = 70);
create index idx_file_transfers_project_id on file_transfers (project_id, created_at desc, id);
create index idx_file_transfers_requester_id on file_transfers (requester_id, project_id, created_at desc, id);
create index idx_file_transfers_status on file_transfers (status, completed_at);
create index file_transfers_source on file_transfers (source_device_id, requested_at) where status in ('pending', 'in_progress');
create index file_transfers_relay on file_transfers (relay) where relay is not null;

create table file_transfer_events (
    id          bigint      generated always as identity primary key,
    transfer_id uuid        not null,
    event_type  text        not null check (event_type in ('started', 'progress', 'completed', 'failed', 'cancelled')),
    event_data  jsonb       not null,                        -- bytes_transferred, speed, eta
    created_at  timestamptz not null default now()
);
create index file_transfer_events_transfer on file_transfer_events (transfer_id, id);

-- Approvals of all that a member asks for in a served folder.
create table file_approvals (
    project_id uuid        not null,
    folder_id  uuid        not null,
    subject    text        not null,
    until      timestamptz not null,
    primary key (project_id, folder_id, subject)
);

-- The bytes of a served folder that were sent to a member in a day (UTC).
create table file_days (
    project_id uuid   not null,
    folder_id  uuid   not null,
    subject    text   not null,
    day        date   not null,
    bytes      bigint not null,
    primary key (project_id, folder_id, subject, day)
);

-- The last mail to a user about requests that wait for an answer.
create table file_request_mails (
    tenant    text        not null,
    subject   text        not null,
    mailed_at timestamptz not null,
    primary key (tenant, subject)
);
