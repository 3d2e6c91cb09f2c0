-- Finds the name under which an entry is put into a folder. If the name is taken, the conflict mode decides: move its entry to the trash,
-- choose another name, or refuse. The caller holds the row of the space.
create function clear_name(
    p_parent uuid, p_name text, p_kind text, p_conflict text, p_subject text, out name text, out gone uuid[], out reason text)
language plpgsql as $$
declare
    e entries;
begin
    name := p_name;
    gone := '{}';
    select * into e from entries o where o.parent = p_parent and o.name = p_name and o.removed_at is null;
    if e.id is null then
        return;
    end if;
    if p_conflict = 'rename' then
        name := free_name(p_parent, p_name);
    elsif p_conflict = 'replace' and e.kind <> 'folder' and p_kind <> 'folder' then
        update entries set removed_at = now(), removed_by = p_subject, removed_clock = service_seconds(), revision = revision + 1
        where id = e.id;
        gone := array[e.id];
    else
        name := null;
    end if;
    if name is null then
        reason := 'name_taken';
    end if;
end $$;
