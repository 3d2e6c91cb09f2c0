-- The live locks that cover a place: those on it, and those on folders above it that cover what is below them.
create function locks_over(p_space uuid, p_parent uuid, p_name text) returns setof dav_locks language plpgsql stable as $$
declare
    v_above boolean := false;
    f       record;
begin
    if not exists (select from dav_locks l where l.space = p_space) then
        return;
    end if;
    loop
        return query
            select l.* from dav_locks l
            where l.space = p_space and l.parent is not distinct from p_parent and l.name = p_name and (l.deep or not v_above)
                  and is_live_lock(l);
        exit when p_parent is null;
        select parent, case when parent is null then '' else name end as name into f from entries where id = p_parent;
        p_parent := f.parent;
        p_name := f.name;
        v_above := true;
    end loop;
end $$;
