-- Brings an entry back from the trash: to its place, or to another one. If the name is taken, replace moves what has it to the trash,
-- unless one of the two is a folder. A repeated call whose first try may have committed finds it there.
create function restore_entry(
    p_incarnation bigint, p_space uuid, p_entry uuid, p_parent uuid, p_names text[], p_conflict text, p_subject text, p_repeated boolean)
returns table (outcome text, entry entry_now)
language plpgsql as $$
declare
    v_now_ns bigint := (extract(epoch from now()) * 1000000)::bigint * 1000;
    v_name   text;
    v_parent uuid;
    v_made   uuid[] := '{}';
    v_gone   uuid[] := '{}';
    e        entries;
begin
    outcome := case
        when lock_incarnation(p_incarnation) is null then 'fenced'
        when not lock_space(p_space) then 'not_found'
    end;
    select * into e from entries where id = p_entry and space = p_space;
    v_parent := coalesce(p_parent, e.parent);
    v_name := coalesce(p_names[cardinality(p_names)], e.name);
    outcome := case
        when outcome is not null then outcome
        when e.removed_at is null and p_repeated and entry_path(p_entry) is not null then 'ok'
        when e.removed_at is null or e.purging or e.removed_clock = moving_clock() then 'not_found'
        when not is_live_folder(v_parent) then 'parent_removed'
        when too_deep(v_parent, coalesce(cardinality(p_names), 1), e.id) then 'too_deep'
    end;
    if outcome is null then
        select m.folder, m.made, m.reason into v_parent, v_made, outcome
        from make_folders(p_space, v_parent, p_names[:cardinality(p_names) - 1], v_now_ns, p_subject) m;
    end if;
    if outcome is null then
        select c.name, c.gone, c.reason into v_name, v_gone, outcome from clear_name(v_parent, v_name, e.kind, p_conflict, p_subject) c;
    end if;
    if outcome is null then
        update entries
        set parent = v_parent, name = v_name, removed_at = null, removed_by = null, removed_clock = null, revision = revision + 1,
            placed_clock = comes_below(e.parent, v_parent, placed_clock)
        where id = e.id;
        perform add_changes(
            p_space, v_made || v_gone || e.id,
            array_fill('created'::text, array[cardinality(v_made)]) || array_fill('removed'::text, array[cardinality(v_gone)])
                || 'restored'::text,
            array_fill(p_subject, array[cardinality(v_made) + cardinality(v_gone) + 1]), cardinality(v_made));
        outcome := 'ok';
    end if;
    select n.* into entry from entry_now n where n.id = e.id;
    return next;
end $$;
