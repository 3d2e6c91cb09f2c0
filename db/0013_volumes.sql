-- Which ledger this is, and which volumes its files lie on: so that a start beside the wrong data directory, or beside none, is refused
-- before it takes intact files for lost ones. And the way out of quarantine.

create table ledger (
    only_one boolean primary key default true check (only_one),
    id       uuid    not null                              -- the volumes' markers carry it
);
-- Made of the first incarnation where there was one, so that an older backup of this ledger, brought to this version later, is the same ledger.
insert into ledger (id)
select coalesce((select md5(concat_ws(' ', l.node, l.boot_id, extract(epoch from l.started_at)))::uuid from incarnations l order by l.id limit 1),
                gen_random_uuid());

create table volumes (
    id      uuid        primary key,                       -- incarnations.node
    seen_at timestamptz not null default now()             -- its last start
);
-- Only those that something lies on: another may have been an empty folder in their place.
insert into volumes (id, seen_at)
select l.node, max(l.started_at) from incarnations l where exists (select from stored_files f where f.incarnation = l.id and f.tombstone_at is null) group by l.node;

create index uploads_damaged on uploads (id) where damaged_at is not null;

-- Back from quarantine: its bytes were looked at and are what was received. Without an incarnation: fsck, which stands beside the service.
create function lift_quarantine(p_incarnation bigint, p_upload uuid) returns void
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    u uploads;
begin
    if p_incarnation is not null and own_incarnation(p_incarnation) is null then
        return;
    end if;
    select * into u from uploads where id = p_upload for update;
    if u.damaged_at is not null and u.state in ('open', 'paused', 'completing', 'completed') then
        update uploads set damaged_at = null, damaged_reason = null where id = p_upload;
        perform add_event(u.tenant, u.subject, p_upload, 'mended', jsonb_build_object('reason', u.damaged_reason));
    end if;
end $$;
