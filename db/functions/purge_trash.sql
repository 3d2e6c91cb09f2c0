-- Frees what has been in the trash for longer than allowed, by the service clock (E29), and earlier contents that their policy lets go
-- (judge_versions), a batch at a time: marks expired entries and everything in them as purging, and deletes their rows and versions, and
-- versions of other files. An upload that no version names any more is deleted. Returns one row per upload that ended, or one row without
-- an id; picked says whether there was anything to do.
create function purge_trash(p_incarnation bigint, p_limit int, p_keep bigint, p_reason text)
returns table (picked int, ended uuid, has_content boolean)
language plpgsql set enable_hashjoin = off set enable_mergejoin = off as $$
declare
    v_now      bigint := service_seconds();
    v_before   bigint := greatest(v_now - p_keep, -1);
    -- Nothing that was replaced is let go on the first day. A version that was marked for the purge has the clock -1.
    v_old      bigint := greatest(v_now - greatest(p_keep, 86400), -1);
    v_due      entry_versions[];
    v_versions entry_versions[];
    v_uploads  uuid[];
    v_space    uuid;
    v_count    int;
    v_rows     bigint;
    v_bytes    bigint;
    v_earlier  bigint;
    v_freed    bigint;
    v_entry    uuid;
    v_over     uploads[];
begin
    picked := 0;
    -- 1.
    if lock_incarnation(p_incarnation) is null then
        return;
    end if;
    -- 2. The versions to delete. Their uploads are locked before any space. The first look finds files whose versions are due or expired,
    -- and what may be let go of these.
    v_due := array(
        select o.v from (
            (select v from entry_versions v where v.due <= v_now order by v.due limit p_limit)
            union
            (select v from entry_versions v where v.until is not null and not v.kept and v.until_clock <= v_old
             order by v.until_clock limit p_limit)
        ) o limit p_limit);
    v_versions := array(
        select s.v from (
            (select v from entries e join entry_versions v on v.entry = e.id where e.purging limit p_limit)
            union
            (select v from (
                 select d.entry, j.number from (select distinct o.entry from unnest(v_due) o) d
                 cross join lateral judge_versions(d.entry, p_keep) j
                 where j.leaves <= v_now limit p_limit) l
             join entry_versions v on v.entry = l.entry and v.number = l.number)
        ) s limit p_limit);
    -- If a few files fill the batch, the other ones stay due.
    if cardinality(v_versions) >= p_limit then
        v_due := array(select d from unnest(v_due) d where d.entry = any (array(select v.entry from unnest(v_versions) v)));
    end if;
    v_uploads := array(select distinct v.upload from unnest(v_versions) v);
    perform from uploads u where u.id = any (v_uploads) order by u.id for update;
    -- 3. In each space, in the order of their ids: mark what has expired and what is in it, and delete rows that nothing needs any more.
    for v_space in
        select distinct s.space from (
            (select e.space from entries e where e.purging limit p_limit)
            union all (select e.space from unnest(v_versions || v_due) v join entries e on e.id = v.entry)
            union all (select e.space from entries e
                       where e.removed_at is not null and not e.purging and e.removed_clock <= v_before limit p_limit)
        ) s order by 1
    loop
        perform lock_space(v_space);
        -- Mark no more while many marked entries are left, because each batch reads all of them.
        v_count := p_limit - (select count(*) from (select from entries e where e.purging and e.space = v_space limit p_limit) b);
        update entries set purging = true
        where id in (select e.id from entries e
                     where e.removed_at is not null and not e.purging and e.removed_clock <= v_before and e.space = v_space limit v_count);
        get diagnostics v_count = row_count;
        picked := picked + v_count;
        update entries set purging = true, removed_at = now(), removed_clock = 0
        -- The order makes this a walk through each folder's index, whatever the statistics say.
        where id in (select c.id from entries e
                     cross join lateral (
                         select i.id from entries i where i.parent = e.id and i.removed_at is null order by i.name limit p_limit) c
                     where e.purging and e.space = v_space and e.kind = 'folder' limit p_limit);
        get diagnostics v_count = row_count;
        picked := picked + v_count;
        with gone as (
            delete from entry_versions v using unnest(v_versions) o, entries e
            where v.entry = o.entry and v.number = o.number and e.id = o.entry and e.space = v_space and e.purging
            returning v.size, v.until
        )
        select count(*), coalesce(sum(gone.size), 0), coalesce(sum(gone.size) filter (where gone.until is not null), 0)
        into v_count, v_bytes, v_earlier from gone;
        picked := picked + v_count;
        -- Decide again: a version may have been named, or its file moved or brought under another policy.
        for v_entry in
            select distinct v.entry from unnest(v_versions || v_due) v join entries e on e.id = v.entry
            where e.space = v_space and not e.purging
        loop
            select f.picked, f.bytes into v_count, v_freed
            from free_versions(
                v_entry, array(select v.number from unnest(v_versions) v where v.entry = v_entry),
                array(select v.number from unnest(v_due) v where v.entry = v_entry), p_keep, v_now) f;
            picked := picked + v_count;
            v_bytes := v_bytes + v_freed;
            v_earlier := v_earlier + v_freed;
        end loop;
        with gone as (
            delete from entries where id in (
                select e.id from entries e
                where e.purging and e.space = v_space
                      and not exists (select from entry_versions v where v.entry = e.id)
                      and (e.kind <> 'folder'
                           or not exists (select from entries c where c.parent = e.id and c.removed_at is null order by c.name limit 1))
                limit p_limit)
            returning id
        ), unruled as (
            delete from version_policies p using gone where p.folder = gone.id
        ), properties as (
            delete from entry_properties p using gone where p.entry = gone.id
        )
        select count(*), count(*) filter (where gone.id <> v_space) into v_count, v_rows from gone;
        picked := picked + v_count;
        perform add_changes(v_space, '{}', '{}', '{}', -v_rows, -v_bytes, -v_earlier);
        -- A removed space is deleted with the last of its entries; its root may be deleted before the entries of its trash.
        delete from spaces s
        where s.id = v_space and s.removed_at is not null and s.entries = 0 and not exists (select from entries e where e.id = v_space);
    end loop;
    -- 4.
    v_over := array(
        select u from uploads u
        where u.id = any (v_uploads) and u.state = 'completed' and not exists (select from entry_versions v where v.upload = u.id));
    if cardinality(v_over) > 0 then
        perform end_uploads(v_over, 'deleted', p_reason);
    end if;
    return query
        select purge_trash.picked, e.id, e.has_content
        from (values (1)) one
        left join uploads e on e.id = any (array(select o.id from unnest(v_over) o));
end $$;
