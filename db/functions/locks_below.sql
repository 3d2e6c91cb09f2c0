-- The live locks on places in an entry, however deep.
create function locks_below(p_space uuid, p_entry uuid) returns setof dav_locks language plpgsql stable as $$
begin
    return query
        select l.* from dav_locks l
        where l.space = p_space and l.parent is not null and (l.parent = p_entry or is_below(l.parent, p_entry)) and is_live_lock(l);
end $$;
