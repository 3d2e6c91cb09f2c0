-- Moves a file or a link to another space, and a folder without what is in it, which the job moves then. Both spaces change in one
-- transaction: the new entry appears and the old one goes to the trash, which keeps a folder until the move has ended. A file that becomes
-- a new entry takes its earlier contents along. The caller gives the ids of the move and of an entry that is new and may repeat the call. A
-- refusal changes nothing.
create function begin_move(
    p_incarnation bigint, p_move uuid, p_id uuid, p_space uuid, p_entry uuid, p_revision bigint, p_to uuid, p_parent uuid, p_names text[],
    p_conflict text, p_tenant text, p_subject text, p_repeated boolean, p_guard jsonb default null)
returns table (outcome text, entry entry_now, excess quota_excess)
language plpgsql as $$
declare
    v_now_ns  bigint := (extract(epoch from now()) * 1000000)::bigint * 1000;
    v_there   boolean;
    v_new     boolean;
    v_made    uuid;
    v_kind    text := 'created';
    v_parent  uuid;
    v_name    text;
    v_folders uuid[] := '{}';
    v_gone    uuid[] := '{}';
    v_moved   bigint := 0;
    v_earlier bigint := 0;
    u         uploads;
    e         entries;
begin
    -- 1. and 2. Lock the upload before the spaces, and the spaces in the order of their ids.
    if lock_incarnation(p_incarnation) is null then
        outcome := 'fenced';
    end if;
    perform from uploads o where o.id in (select v.upload from entry_versions v where v.entry = p_entry) order by o.id for share;
    select * into u from uploads where id = (select n.upload from entry_now n where n.id = p_entry and n.space = p_space) for share;
    v_there := lock_space(least(p_space, p_to));
    v_there := lock_space(greatest(p_space, p_to)) and v_there;
    -- 3. If the content was replaced since it was looked up, the revision has risen.
    select * into e from entries where id = p_entry and space = p_space;
    v_new := not exists (select from entries o where o.parent = p_parent and o.name = p_names[1] and o.removed_at is null);
    if p_repeated then
        select id into v_made from entries where id = p_id;
        if v_made is null and e.removed_at is not null and (e.revision, e.removed_by) = (p_revision + 1, p_subject) then
            select v.entry into v_made from entry_versions v join entries o on o.id = v.entry
            where v.upload = u.id and o.space = p_to order by v.created_at desc limit 1;
        end if;
    end if;
    outcome := case
        when outcome is not null then outcome
        when v_made is not null then 'ok'
        when not v_there or e.id is null or entry_path(p_entry) is null then 'not_found'
        when e.parent is null then 'root'
        when p_revision <> e.revision then 'changed'
        when not may_publish(p_to, p_tenant, p_subject) then 'not_found'
        when not is_live_folder(p_parent) then 'parent_removed'
        when guard_fault(p_guard, p_space, e.parent, e.name, true, e.id) is not null
            then guard_fault(p_guard, p_space, e.parent, e.name, true, e.id)
        when guard_fault(p_guard, p_to, p_parent, p_names[1], v_new) is not null
            then guard_fault(p_guard, p_to, p_parent, p_names[1], v_new)
        when e.kind <> 'file' and too_deep(p_parent, cardinality(p_names), e.id) then 'too_deep'
        when e.kind = 'file' and u.state is distinct from 'completed' then 'no_upload'
        when e.kind = 'file' and u.damaged_at is not null then 'damaged'
    end;
    -- Limits.
    if outcome is null then
        excess := over_entries(p_to, new_entries(p_parent, p_names, p_conflict), case when e.kind = 'folder' then e.id end, p_space);
        outcome := case when excess is null then null else 'quota' end;
    end if;
    -- 4.
    if outcome is null and e.kind = 'file' then
        select f.entry, f.kind, f.folders, f.gone, f.reason, f.earlier into v_made, v_kind, v_folders, v_gone, outcome, v_earlier
        from place_file(
            p_to, p_parent, p_names, p_conflict, null, u.id, u.size, u.sha256, e.modified_ns, e.mode, p_subject, p_id) f;
    elsif outcome is null then
        select m.folder, m.made, m.reason into v_parent, v_folders, outcome
        from make_folders(p_to, p_parent, p_names[:cardinality(p_names) - 1], v_now_ns, p_subject) m;
        if outcome is null then
            select c.name, c.gone, c.reason into v_name, v_gone, outcome
            from clear_name(v_parent, p_names[cardinality(p_names)], e.kind, p_conflict, p_subject) c;
        end if;
        if outcome is null then
            insert into entries (id, space, parent, name, kind, modified_ns, mode, link_target, owner)
            values (p_id, p_to, v_parent, v_name, e.kind, e.modified_ns, e.mode, e.link_target, p_subject)
            returning id into v_made;
        end if;
    end if;
    -- 5.
    if outcome is null then
        perform end_locks(p_space, e.parent, e.name, e.id);
        perform copy_properties(e.id, v_made);
        update entries
        set removed_at = now(), removed_by = p_subject, revision = revision + 1,
            removed_clock = case when e.kind = 'folder' then moving_clock() else service_seconds() end
        where id = e.id;
        if e.kind = 'file' and v_kind = 'created' then
            v_moved := move_versions(e.id, v_made);
        end if;
        update entries o set placed_clock = comes_below(e.parent, o.parent, e.placed_clock) where o.id = v_made and v_kind = 'created';
        if e.kind = 'folder' then
            update version_policies set folder = v_made, space = p_to where folder = e.id;
            insert into folder_moves (id, tenant, subject, source, target) values (p_move, p_tenant, p_subject, e.id, v_made);
        end if;
        perform add_changes(
            p_to, v_folders || v_gone || v_made,
            array_fill('created'::text, array[cardinality(v_folders)]) || array_fill('removed'::text, array[cardinality(v_gone)]) || v_kind,
            array_fill(p_subject, array[cardinality(v_folders) + cardinality(v_gone) + 1]),
            cardinality(v_folders) + (v_kind = 'created')::int, case when e.kind = 'file' then u.size else 0 end + v_moved,
            v_earlier + v_moved);
        perform add_changes(p_space, array[e.id], array['removed'], array[p_subject], 0, -v_moved, -v_moved);
        perform audit_copy(v_made, e.id, true, p_subject);
        outcome := 'ok';
    end if;
    select n.* into entry from entry_now n where n.id = v_made;
    return next;
end $$;
