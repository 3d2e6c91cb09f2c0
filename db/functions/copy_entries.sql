-- Copies entries into folders that the caller has made or that come earlier in the arrays. Each source gets the given id, parent and name.
-- A file's copy names the same upload. Left out are a source that is gone, with everything in it, a source whose name is taken, a file
-- whose content is just being replaced, and what would lie too deep. The caller may repeat the call. Returns how many of the copies exist
-- afterwards. With p_moves the copies take over earlier contents and policies, and no limit is checked: the move was counted when it began.
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
    v_from  uuid;
    v_moved bigint := 0;
    v_there boolean;
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
    where u.id = any (array(
        select o.upload from entries n join entry_versions o on o.entry = n.id and (p_moves or o.number = n.version)
        where n.id = any (p_sources)))
    order by u.id for share;
    -- A move changes the space of the originals, too.
    v_from := case when p_moves then (select n.space from entries n where n.id = any (p_sources) limit 1) end;
    perform lock_space(least(v_from, p_space)) where v_from is not null;
    v_there := lock_space(p_space);
    perform lock_space(v_from) where v_from is not null;
    outcome := case when not v_there then 'not_found' end;
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
            if p_moves then
                v_moved := v_moved + move_versions(e.id, c.id);
            end if;
        elsif p_moves and e.kind = 'folder' then
            update version_policies set folder = c.id, space = p_space where folder = e.id;
        end if;
        perform copy_properties(e.id, c.id);
        v_made := v_made || c.id;
    end loop;
    perform add_changes(
        p_space, v_made, array_fill('created'::text, array[cardinality(v_made)]), array_fill(p_subject, array[cardinality(v_made)]),
        cardinality(v_made), v_bytes + v_moved, v_moved);
    if v_moved > 0 then
        perform add_changes(v_from, '{}', '{}', '{}', 0, -v_moved, -v_moved);
    end if;
    outcome := 'ok';
    copies := (select count(*) from entries n where n.id = any (p_ids));
    return next;
end $$;
