-- Copies entries into folders that the caller has made: each source gets the id, the parent and the name that are given. A file's copy names
-- the same upload. A source that is gone meanwhile is left out, and so is one whose name is taken. The caller may repeat the call.
create function copy_entries(
    p_incarnation bigint, p_space uuid, p_sources uuid[], p_ids uuid[], p_parents uuid[], p_names text[], p_subject text)
returns bigint
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    v_made  uuid[];
    v_bytes bigint;
begin
    if own_incarnation(p_incarnation) is null then
        return null;
    end if;
    perform from uploads u
    where u.id = any (array(select n.upload from entry_now n where n.id = any (p_sources) and n.upload is not null))
    order by u.id for share;
    if not lock_space(p_space) then
        return 0;
    end if;
    with made as (
        insert into entries (id, space, parent, name, kind, version, size, modified_ns, mode, link_target, owner)
        select c.id, p_space, c.parent, c.name, e.kind, case when e.kind = 'file' then 1 end, e.size, e.modified_ns, e.mode, e.link_target,
               p_subject
        from unnest(p_sources, p_ids, p_parents, p_names) with ordinality c (source, id, parent, name, place)
        join entries e on e.id = c.source
        left join entry_versions v on v.entry = e.id and v.number = e.version
        left join uploads u on u.id = v.upload
        where e.removed_at is null and (e.kind <> 'file' or u.state = 'completed')
              and exists (select from entries f where f.id = c.parent and f.removed_at is null)
        order by c.place
        on conflict do nothing
        returning id, kind, size
    ), contents as (
        insert into entry_versions (entry, number, upload, size, sha256, modified_ns, subject)
        select m.id, 1, v.upload, v.size, v.sha256, v.modified_ns, p_subject
        from made m
        join unnest(p_sources, p_ids) c (source, id) on c.id = m.id
        join entry_now n on n.id = c.source
        join entry_versions v on v.entry = n.id and v.number = n.version
        where m.kind = 'file'
    )
    select coalesce(array_agg(m.id order by array_position(p_ids, m.id)), '{}'), coalesce(sum(m.size), 0) into v_made, v_bytes from made m;
    perform add_changes(
        p_space, v_made, array_fill('created'::text, array[cardinality(v_made)]), array_fill(p_subject, array[cardinality(v_made)]),
        cardinality(v_made), v_bytes);
    return cardinality(v_made);
end $$;
