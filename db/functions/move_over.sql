-- Moves an entry within its space to a name that another entry may have: a file onto a file becomes a new version of that file, and its own
-- row ends. A file keeps its id, and the other one goes to the trash, if a link names the moved file, or if it has a version with a name or
-- an earlier content that is neither empty nor the present one, which a client sent again. A folder that is replaced, or that replaces a
-- file, goes to the trash whole. A repeated call whose first try may have committed finds the entry at the new place. The outcome
-- tells whether another entry was replaced. A refusal changes nothing.
create function move_over(
    p_incarnation bigint, p_space uuid, p_entry uuid, p_revision bigint, p_parent uuid, p_name text, p_overwrite boolean, p_subject text,
    p_repeated boolean, p_guard jsonb default null)
returns table (outcome text, entry entry_now)
language plpgsql as $$
declare
    v_up    uuid := p_parent;
    v_into  boolean;
    v_found uuid;
    v_old   uuid;
    v_size  bigint;
    e       entries;
    t       entries;
    v       entry_versions;
begin
    outcome := case
        when lock_incarnation(p_incarnation) is null then 'fenced'
        when not lock_space(p_space) then 'not_found'
    end;
    select * into e from entries where id = p_entry and space = p_space;
    select * into t from entries where parent = p_parent and name = p_name and removed_at is null;
    select * into v from entry_versions o where o.entry = e.id and o.number = e.version;
    -- The first try left the entry at the new place, or its content as that of the file there.
    if p_repeated and outcome is null and e.revision = p_revision + 1 and (t.id = e.id or (e.purging and exists (
        select from entry_versions o where o.entry = t.id and o.number = t.version and o.upload = v.upload)))
    then
        outcome := case when e.purging then 'replaced' else 'ok' end;
        v_found := t.id;
    end if;
    outcome := case
        when outcome is not null then outcome
        when e.id is null or entry_path(p_entry) is null then 'not_found'
        when e.parent is null then 'root'
        when p_revision <> e.revision then 'changed'
        when not is_live_folder(p_parent) then 'parent_removed'
        when t.id = e.id then 'into_itself'
        when t.id is not null and (not p_overwrite or is_draft_copy(p_space, p_parent, p_name)) then 'name_taken'
        when guard_fault(p_guard, p_space, e.parent, e.name, true, e.id) is not null
            then guard_fault(p_guard, p_space, e.parent, e.name, true, e.id)
        when guard_fault(p_guard, p_space, p_parent, p_name, t.id is null, t.id) is not null
            then guard_fault(p_guard, p_space, p_parent, p_name, t.id is null, t.id)
        when t.kind = 'folder' and is_below(e.id, t.id) then 'into_itself'
    end;
    while outcome is null and v_up is not null loop
        if v_up = e.id then
            outcome := 'into_itself';
        end if;
        select parent into v_up from entries where id = v_up;
    end loop;
    if outcome is null and p_parent <> e.parent and too_deep(p_parent, 1, e.id) then
        outcome := 'too_deep';
    end if;
    if outcome is null then
        -- A lock binds a place: none goes along, and what is moved onto a locked place is locked.
        perform end_locks(p_space, e.parent, e.name, e.id);
        perform end_locks(p_space, null, null, t.id);
        v_into := e.kind = 'file' and coalesce(t.kind = 'file', false)
            and not exists (select from links l where l.entry = e.id)
            and not exists (
                select from entry_versions o
                where o.entry = e.id and o.until_clock is distinct from -1
                      and (o.label is not null
                           or (o.number <> e.version and o.size > 0 and (o.size = v.size and o.sha256 = v.sha256) is not true)));
        if v_into then
            v_size := replace_version(t.id, t.version, p_subject, null);
            update entries
            set version = version + 1, size = e.size, modified_ns = e.modified_ns, mode = coalesce(e.mode, mode), revision = revision + 1
            where id = t.id returning * into t;
            insert into entry_versions (entry, number, upload, size, sha256, modified_ns, subject)
            values (t.id, t.version, v.upload, v.size, v.sha256, e.modified_ns, p_subject);
            perform copy_properties(e.id, t.id);
            -- Its content is kept by the version there, so the trash need not show it.
            update entries
            set removed_at = now(), removed_by = p_subject, removed_clock = 0, purging = true, revision = revision + 1
            where id = e.id;
            perform add_changes(
                p_space, array[e.id, t.id], array['removed', 'replaced'], array[p_subject, p_subject], 0, v.size, v_size);
            v_found := t.id;
        else
            if t.id is not null then
                update entries set removed_at = now(), removed_by = p_subject, removed_clock = service_seconds(), revision = revision + 1
                where id = t.id;
                v_old := t.id;
            end if;
            update entries
            set parent = p_parent, name = p_name, revision = revision + 1, placed_clock = comes_below(e.parent, p_parent, placed_clock)
            where id = e.id;
            perform add_changes(
                p_space, array_remove(array[v_old, e.id], null),
                case when v_old is null then array['moved'] else array['removed', 'moved'] end,
                case when v_old is null then array[p_subject] else array[p_subject, p_subject] end);
            v_found := e.id;
        end if;
        outcome := case when t.id is null then 'ok' else 'replaced' end;
    end if;
    select n.* into entry from entry_now n where n.id = coalesce(v_found, e.id);
    return next;
end $$;
