-- Ends the locks on a place that its entry has left, and those on places in the entry. The caller holds the row of the space.
create function end_locks(p_space uuid, p_parent uuid, p_name text, p_entry uuid) returns void language plpgsql as $$
begin
    if not exists (select from dav_locks l where l.space = p_space) then
        return;
    end if;
    delete from dav_locks l
    where l.space = p_space and (
        (p_name is not null and l.parent is not distinct from p_parent and l.name = p_name)
        or (l.parent is not null and (l.parent = p_entry or is_below(l.parent, p_entry))));
end $$;
