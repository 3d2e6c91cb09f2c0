-- Makes a folder, or a symbolic link, with the missing folders above it. With the conflict mode replace, an existing folder is returned as
-- it is, and a file or link in the place of a new link goes to the trash. The caller gives the new entry's id and may repeat the call. A
-- folder that becomes a copy of p_source, unless of it alone, is refused if the limits have no room for what is in p_source.
create function make_entry(
    p_incarnation bigint, p_id uuid, p_space uuid, p_parent uuid, p_names text[], p_conflict text, p_modified_ns bigint, p_mode int,
    p_link_target text, p_subject text, p_source uuid, p_guard jsonb default null, p_alone boolean default false)
returns table (outcome text, entry entry_now, excess quota_excess)
language plpgsql as $$
declare
    v_now_ns bigint := (extract(epoch from now()) * 1000000)::bigint * 1000;
    v_kind   text := case when p_link_target is null then 'folder' else 'link' end;
    v_name   text := p_names[cardinality(p_names)];
    v_parent uuid;
    v_made   uuid[] := '{}';
    v_gone   uuid[] := '{}';
    e        entries;
begin
    outcome := case
        when lock_incarnation(p_incarnation) is null then 'fenced'
        when not lock_space(p_space) then 'not_found'
        when exists (select from entries where id = p_id) then 'ok'
        when not is_live_folder(p_parent) then 'parent_removed'
        when guard_fault(p_guard, p_space, p_parent, p_names[1], true) is not null
            then guard_fault(p_guard, p_space, p_parent, p_names[1], true)
        when too_deep(p_parent, cardinality(p_names), case when not p_alone then p_source end) then 'too_deep'
    end;
    -- Limits.
    if outcome is null then
        excess := over_entries(
            p_space, new_entries(p_parent, p_names, p_conflict), case when v_kind = 'folder' and not p_alone then p_source end);
        outcome := case when excess is null then null else 'quota' end;
    end if;
    if outcome is null then
        select m.folder, m.made, m.reason into v_parent, v_made, outcome
        from make_folders(p_space, p_parent, p_names[:cardinality(p_names) - 1], v_now_ns, p_subject) m;
    end if;
    if outcome is null then
        select * into e from entries
        where parent = v_parent and name = v_name and removed_at is null
              and (kind, v_kind, p_conflict) = ('folder', 'folder', 'replace');
        if found then
            outcome := 'ok';
        else
            select c.name, c.gone, c.reason into v_name, v_gone, outcome from clear_name(v_parent, v_name, v_kind, p_conflict, p_subject) c;
        end if;
    end if;
    if outcome is null then
        insert into entries (id, space, parent, name, kind, modified_ns, mode, link_target, owner)
        values (p_id, p_space, v_parent, v_name, v_kind, coalesce(p_modified_ns, v_now_ns), p_mode, p_link_target, p_subject);
        perform add_changes(
            p_space, v_made || v_gone || p_id,
            array_fill('created'::text, array[cardinality(v_made)]) || array_fill('removed'::text, array[cardinality(v_gone)])
                || 'created'::text,
            array_fill(p_subject, array[cardinality(v_made) + cardinality(v_gone) + 1]), cardinality(v_made) + 1);
        perform copy_properties(p_source, p_id);
        perform audit_copy(p_id, p_source, false, p_subject);
        outcome := 'ok';
    end if;
    select n.* into entry from entry_now n where n.id = coalesce(e.id, p_id);
    return next;
end $$;
