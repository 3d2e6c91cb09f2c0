-- Renames or moves an entry, and sets its time and mode. Null leaves a value as it is. p_names are the folders to make below p_parent, and
-- the new name. A repeated call whose first try may have committed finds the entry as the first try left it. A refusal changes nothing.
create function change_entry(
    p_incarnation bigint, p_space uuid, p_entry uuid, p_revision bigint, p_parent uuid, p_names text[], p_conflict text,
    p_modified_ns bigint,
    p_mode int, p_subject text, p_repeated boolean)
returns table (outcome text, entry entry_now)
language plpgsql as $$
declare
    v_now_ns  bigint := (extract(epoch from now()) * 1000000)::bigint * 1000;
    v_name    text := p_names[cardinality(p_names)];
    v_parent  uuid := p_parent;
    v_up      uuid;
    v_made    uuid[] := '{}';
    v_gone    uuid[] := '{}';
    v_moved   boolean;
    v_differs boolean;
    e         entries;
begin
    outcome := case
        when lock_incarnation(p_incarnation) is null then 'fenced'
        when not lock_space(p_space) then 'not_found'
    end;
    select * into e from entries where id = p_entry and space = p_space;
    outcome := case
        when outcome is not null then outcome
        when e.id is null or entry_path(p_entry) is null then 'not_found'
        when p_revision <> e.revision and not (p_repeated and e.revision = p_revision + 1) then 'changed'
        when p_parent is not null and e.parent is null then 'root'
        when p_parent is not null and not is_live_folder(p_parent) then 'parent_removed'
    end;
    if outcome is null and p_parent is not null then
        select m.folder, m.made, m.reason into v_parent, v_made, outcome
        from make_folders(p_space, p_parent, p_names[:cardinality(p_names) - 1], v_now_ns, p_subject) m;
    end if;
    v_parent := coalesce(v_parent, e.parent);
    v_name := coalesce(v_name, e.name);
    if outcome is null and p_parent is not null and p_conflict = 'rename' then
        v_name := free_name(v_parent, v_name, e.id);
    end if;
    v_moved := (v_parent, v_name) is distinct from (e.parent, e.name);
    v_differs := v_moved or coalesce(p_modified_ns <> e.modified_ns, false) or (p_mode is not null and p_mode is distinct from e.mode);
    -- The next revision comes from the first try only if the entry is exactly as that try would have left it.
    if outcome is null and v_differs and p_revision <> e.revision then
        outcome := 'changed';
    end if;
    -- A folder must not be moved into itself. Check this after the folders were found, because the entry may be one of them by now.
    v_up := v_parent;
    while outcome is null and v_up is not null loop
        if v_up = e.id then
            outcome := 'into_itself';
        end if;
        select parent into v_up from entries where id = v_up;
    end loop;
    if outcome is null and v_parent <> e.parent and too_deep(v_parent, 1, e.id) then
        outcome := 'too_deep';
    end if;
    if outcome is null and v_moved then
        select c.name, c.gone, c.reason into v_name, v_gone, outcome from clear_name(v_parent, v_name, e.kind, p_conflict, p_subject) c;
    end if;
    if outcome is not null then
        delete from entries where id = any (v_made);
    end if;
    if outcome is null and v_differs then
        update entries
        set parent = v_parent, name = v_name, modified_ns = coalesce(p_modified_ns, modified_ns), mode = coalesce(p_mode, mode),
            revision = revision + 1, placed_clock = comes_below(e.parent, v_parent, placed_clock)
        where id = e.id;
        v_made := v_made || v_gone || e.id;
        perform add_changes(
            p_space, v_made,
            array_fill('created'::text, array[cardinality(v_made) - cardinality(v_gone) - 1])
                || array_fill('removed'::text, array[cardinality(v_gone)])
                || case when v_moved then 'moved' else 'changed' end::text,
            array_fill(p_subject, array[cardinality(v_made)]), cardinality(v_made) - cardinality(v_gone) - 1);
    end if;
    outcome := coalesce(outcome, 'ok');
    select n.* into entry from entry_now n where n.id = e.id;
    return next;
end $$;
