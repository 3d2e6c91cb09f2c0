-- Makes a folder, or a symbolic link, with the folders on the way to it. A folder that is there already is returned as it is. The caller
-- gives the new entry's id and may repeat the call.
create function make_entry(
    p_incarnation bigint, p_id uuid, p_space uuid, p_parent uuid, p_names text[], p_conflict text, p_modified_ns bigint, p_mode int,
    p_link_target text, p_subject text, p_source uuid, p_moves boolean)
returns table (outcome text, entry entry_now)
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    v_now_ns bigint := (extract(epoch from now()) * 1000000)::bigint * 1000;
    v_kind   text := case when p_link_target is null then 'folder' else 'link' end;
    v_name   text := p_names[cardinality(p_names)];
    v_parent uuid;
    v_made   uuid[] := '{}';
    e        entries;
begin
    outcome := case
        when own_incarnation(p_incarnation) is null then 'fenced'
        when not lock_space(p_space) then 'not_found'
        when exists (select from entries where id = p_id) then 'ok'
        when not is_live_folder(p_parent) then 'parent_removed'
        else over_entries(p_space, new_entries(p_parent, p_names, p_conflict))
    end;
    if outcome is null then
        select m.folder, m.made, m.reason into v_parent, v_made, outcome
        from make_folders(p_space, p_parent, p_names[:cardinality(p_names) - 1], v_now_ns, p_subject) m;
    end if;
    if outcome is null then
        select * into e from entries where parent = v_parent and name = v_name and removed_at is null;
        if e.id is not null and p_conflict = 'rename' then
            v_name := free_name(v_parent, v_name);
            e := null;
        end if;
        outcome := case
            when e.kind = 'folder' and v_kind = 'folder' and p_conflict <> 'fail' then 'ok'
            when e.id is not null or v_name is null then 'name_taken'
        end;
    end if;
    if outcome is null then
        insert into entries (id, space, parent, name, kind, modified_ns, mode, link_target, owner)
        values (p_id, p_space, v_parent, v_name, v_kind, coalesce(p_modified_ns, v_now_ns), p_mode, p_link_target, p_subject);
        v_made := v_made || p_id;
        outcome := 'ok';
    end if;
    if outcome = 'ok' and cardinality(v_made) > 0 then
        perform add_changes(
            p_space, v_made, array_fill('created'::text, array[cardinality(v_made)]), array_fill(p_subject, array[cardinality(v_made)]),
            cardinality(v_made));
    end if;
    if outcome = 'ok' and v_made[cardinality(v_made)] = p_id then
        perform audit_copy(p_id, p_source, p_moves, p_subject);
    end if;
    select n.* into entry from entry_now n where n.id = coalesce(e.id, p_id);
    return next;
end $$;
