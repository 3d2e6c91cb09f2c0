-- How much: the limits of tenants, users and keys, and what their uploads take up.

-- A null sets no limit. What is counted (stored bytes, files, open uploads) holds for all of a tenant, and for all of a user or key in it.
create table limits (
    scope        text   not null check (scope in ('default', 'tenant', 'user', 'key')),
    tenant       text   not null,                            -- of a default: empty
    id           text   not null,                            -- of a default: tenant, user or key; of a tenant: empty; else the subject
    max_size     bigint check (max_size >= 0),               -- of one upload
    stored_bytes bigint check (stored_bytes >= 0),
    files        bigint check (files >= 0),
    open_uploads bigint check (open_uploads >= 0),
    primary key (scope, tenant, id)
);
create index limits_quota on limits (scope) where stored_bytes is not null or files is not null or open_uploads is not null;

-- The upload that was joined from this part, while that one counts the part's bytes.
alter table uploads add column counted_in uuid;

-- What the uploads of a tenant (subject is empty) and of each of its subjects take up: the sum of both tables. A transaction adds rows of
-- changes and updates no counter, so that no upload waits for another's; a worker sums the rows up.
create table usage (
    tenant       text   not null,
    subject      text   not null,
    stored_bytes bigint not null,
    files        bigint not null,
    open_uploads bigint not null,
    primary key (tenant, subject)
) with (fillfactor = 50);
create table usage_changes (
    tenant       text   not null,
    subject      text   not null,
    stored_bytes bigint not null,
    files        bigint not null,
    open_uploads bigint not null
);
create index usage_changes_of on usage_changes (tenant, subject);

insert into usage
select u.tenant, s.subject,
       sum(case when u.parts <> '{}' and u.state <> 'completed' then 0 else coalesce(u.size, u.received_bytes) end),
       count(*) filter (where not u.is_part), count(*) filter (where u.state <> 'completed')
from uploads u cross join lateral (values (''), (u.subject)) s (subject)
where u.state in ('open', 'paused', 'completing', 'completed')
group by u.tenant, s.subject;
