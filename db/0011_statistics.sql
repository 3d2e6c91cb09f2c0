-- What was counted, by minute, hour and day: one row per tenant, time and figure, so that figures of any time are added up by name.
-- Kinds: sum (completed, failed, bytes, saved, …), received (bytes by protocol), duration and speed (histograms; the name is the bucket),
-- cut (why requests broke), failure (why uploads did not finish), network (classes).
create table statistics (
    width  text        not null check (width in ('minute', 'hour', 'day')),
    tenant text        not null,
    start  timestamptz not null,
    kind   text        not null,
    name   text        not null,
    value  bigint      not null,
    primary key (width, tenant, start, kind, name)
) with (fillfactor = 80);
create index statistics_start on statistics (width, start);

-- How far the events are counted. It moves on in the transaction that adds what was counted.
create table statistics_position (
    only_one boolean primary key default true check (only_one),
    xid      xid8    not null default '0',
    id       bigint  not null default 0
);
insert into statistics_position default values;

-- The number of the last batch of received bytes that each incarnation has added: a batch that is repeated adds nothing.
create table statistics_batches (
    incarnation bigint primary key,
    batch       bigint not null
);

-- Uploads that ended, with their story. Rows outlive the uploads, their failed attempts and their events.
create table finished_uploads (
    upload_id   uuid        primary key,
    tenant      text        not null,
    subject     text        not null,
    protocol    text        not null,
    state       text        not null,                        -- completed, failed, cancelled or expired
    reason      text,
    file_name   text        not null,
    size        bigint,
    received    bigint      not null,
    began_at    timestamptz not null,
    ended_at    timestamptz not null,
    attempts    bigint      not null,                        -- requests that brought bytes or broke
    cuts        bigint      not null,                        -- of them broken
    takeovers   bigint      not null,                        -- of these because a newer request took over
    saved       bigint      not null,                        -- bytes that broken requests brought and that were kept
    causes      jsonb       not null,                        -- broken requests by cause
    network     text,                                        -- a class
    chunk_size  bigint,                                      -- of the last advice, as the next two
    concurrency int,
    limited_by  text
);
create index finished_uploads_ended on finished_uploads (ended_at, upload_id);
create index finished_uploads_tenant on finished_uploads (tenant, ended_at, upload_id);
create index finished_uploads_state on finished_uploads (tenant, state, ended_at, upload_id);
create index finished_uploads_all_states on finished_uploads (state, ended_at, upload_id);
create index finished_uploads_subject on finished_uploads (tenant, subject, ended_at, upload_id);
do $$
begin
    execute (select format('create index finished_uploads_name on finished_uploads using gin (file_name %I.gin_trgm_ops)', n.nspname)
             from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm');
end $$;
