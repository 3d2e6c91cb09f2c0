-- Moves an entry with all that is in it to the trash: marks one row. A repeated call whose first try may have committed finds it there.
create function remove_entry(
    p_incarnation bigint, p_space uuid, p_entry uuid, p_revision bigint, p_subject text, p_repeated boolean,
    p_guard jsonb default null)
returns table (outcome text, entry entry_now)
language plpgsql as $$
declare
    e entries;
begin
    outcome := case
        when lock_incarnation(p_incarnation) is null then 'fenced'
        when not lock_space(p_space) then 'not_found'
    end;
    select * into e from entries where id = p_entry and space = p_space;
    outcome := case
        when outcome is not null then outcome
        when e.id is not null and e.removed_at is not null and p_repeated then 'ok'
        when e.id is null or entry_path(p_entry) is null then 'not_found'
        when e.parent is null then 'root'
        when p_revision <> e.revision then 'changed'
        else coalesce(guard_fault(p_guard, p_space, e.parent, e.name, true, e.id), 'ok')
    end;
    if outcome = 'ok' and e.removed_at is null then
        update entries set removed_at = now(), removed_by = p_subject, removed_clock = service_seconds(), revision = revision + 1
        where id = e.id;
        perform end_locks(p_space, e.parent, e.name, e.id);
        perform add_changes(p_space, array[e.id], array['removed'], array[p_subject]);
    end if;
    select n.* into entry from entry_now n where n.id = e.id;
    return next;
end $$;
