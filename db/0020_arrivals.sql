-- Acts arrive in a table of their own, and the worker moves them into the audit when it chains them: a row there is written once, with its
-- place, and no index is kept twice.
create table audit_arrivals (
    id         bigint      generated always as identity primary key,
    at         timestamptz not null default now(),
    tenant     text        not null,
    subject    text        not null,
    credential text,
    address    text,
    kind       text        not null,
    object     text,
    data       jsonb       not null default '{}',
    hour       int
);
create unique index audit_arrivals_download on audit_arrivals (object, subject, hour) where hour is not null;
select setval(pg_get_serial_sequence('audit_arrivals', 'id'), (select coalesce(max(id), 0) + 1 from audit), false);
insert into audit_arrivals overriding system value
select id, at, tenant, subject, credential, address, kind, object, data, hour from audit where number is null;
delete from audit where number is null;

alter table audit alter column id drop identity, drop constraint audit_pkey;
drop index audit_number, audit_unchained, audit_tenant, audit_subject, audit_object;
alter table audit alter column number set not null, alter column digest set not null, alter column chain set not null, add primary key (number);
create index audit_tenant on audit (tenant, number);
create index audit_subject on audit (subject, number);
create index audit_object on audit (object, number) where object is not null;

-- A change is one row of its subject; what reads it adds it to the tenant as well.
insert into usage as n (tenant, subject, stored_bytes, files, open_uploads)
select tenant, subject, sum(stored_bytes), sum(files), sum(open_uploads) from usage_changes group by tenant, subject
on conflict (tenant, subject) do update
set stored_bytes = n.stored_bytes + excluded.stored_bytes, files = n.files + excluded.files,
    open_uploads = n.open_uploads + excluded.open_uploads;
delete from usage_changes;

-- How many attempts gave no verdict: one that a restart cut off says nothing of the checker.
alter table upload_checks add column failures int not null default 0;
