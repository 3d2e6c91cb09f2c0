-- Copies entries into folders that the caller has made or that come earlier in the arrays. Each source gets the given id, parent and name.
-- A file's copy names the same upload. Left out are a source that is gone, with everything in it, a source whose name is taken, a file
-- whose content is just being replaced, and what would lie too deep. The caller may repeat the call. Returns how many of the copies exist
-- afterwards. With p_moves no limit is checked: the move was counted when it began.
create function copy_entries(
    p_incarnation bigint, p_space uuid, p_sources uuid[], p_ids uuid[], p_parents uuid[], p_names text[], p_subject text,
    p_moves boolean)
returns table (outcome text, copies bigint, excess quota_excess)
language plpgsql as $$
declare
    v_made  uuid[] := '{}';
    v_bytes bigint := 0;
    v_above uuid;
    v_deep  boolean;
    c       record;
    e       entries;
    v       entry_versions;
begin
    if lock_incarnation(p_incarnation) is null then
        outcome := 'fenced';
        return next;
        return;
    end if;
    perform from uploads u
    where u.id = any (array(select n.upload from entry_now n where n.id = any (p_sources) and n.upload is not null))
    order by u.id for share;
    outcome := case when not lock_space(p_space) then 'not_found' end;
    -- Limits.
    if outcome is null and not p_moves then
        excess := over_entries(p_space, cardinality(p_ids) - (select count(*) from entries n where n.id = any (p_ids)));
        outcome := case when excess is null then null else 'quota' end;
    end if;
    if outcome is not null then
        return next;
        return;
    end if;
    for c in select * from unnest(p_sources, p_ids, p_parents, p_names) as c (source, id, parent, name) loop
        v := null;
        select * into e from entries where id = c.source and removed_at is null;
        continue when not found or not exists (select from entries f where f.id = c.parent and f.removed_at is null);
        if c.parent is distinct from v_above then
            v_above := c.parent;
            v_deep := too_deep(c.parent, 1);
        end if;
        continue when v_deep;
        if e.kind = 'file' then
            select o.* into v from entry_versions o where o.entry = e.id and o.number = e.version;
            -- The content may have been replaced since the uploads were locked. With the space locked, no upload may be waited for.
            perform from uploads u where u.id = v.upload and u.state = 'completed' for share skip locked;
            continue when not found;
        end if;
        insert into entries (id, space, parent, name, kind, version, size, modified_ns, mode, link_target, owner)
        values (c.id, p_space, c.parent, c.name, e.kind, case when e.kind = 'file' then 1 end, e.size, e.modified_ns, e.mode, e.link_target,
                p_subject)
        on conflict do nothing;
        continue when not found;
        if e.kind = 'file' then
            insert into entry_versions (entry, number, upload, size, sha256, modified_ns, subject)
            values (c.id, 1, v.upload, v.size, v.sha256, v.modified_ns, p_subject);
            v_bytes := v_bytes + v.size;
        end if;
        v_made := v_made || c.id;
    end loop;
    perform add_changes(
        p_space, v_made, array_fill('created'::text, array[cardinality(v_made)]), array_fill(p_subject, array[cardinality(v_made)]),
        cardinality(v_made), v_bytes);
    outcome := 'ok';
    copies := (select count(*) from entries n where n.id = any (p_ids));
    return next;
end $$;
