-- The maintenance jobs: which are paused, and every run from the request to its result. Hangfire's own tables are in the schema hangfire.

create table paused_jobs (
    job       text        primary key,
    paused_at timestamptz not null default now()
);

create table job_runs (
    id          bigint      generated always as identity primary key,
    job         text        not null,
    by_hand     boolean     not null,
    asked_at    timestamptz not null default now(),
    ticket      text        unique,                    -- Hangfire's id of the background job that carries the run out
    node        text,                                  -- the store of the service that runs it
    started_at  timestamptz,
    beats       bigint      not null default 0,        -- counted up by the running node; a count that stands still is a lost lease
    progress    json,
    ended_at    timestamptz,
    duration_ms double precision,
    outcome     text        check (outcome in ('succeeded', 'failed', 'cancelled')),
    summary     text,
    counts      json,
    error       text
);

-- One run of a job at a time, in whichever process.
create unique index job_runs_open on job_runs (job) where ended_at is null;
create index job_runs_history on job_runs (job, started_at) where ended_at is not null;
