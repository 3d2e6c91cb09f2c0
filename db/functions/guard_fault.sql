-- Why a request of WebDAV may not change a place; null if it may, or if the change comes another way. The caller holds the row of the
-- space. With p_member the folder gets or loses an entry there; with p_entry this entry leaves the place with all that is in it.
create function guard_fault(p_guard jsonb, p_space uuid, p_parent uuid, p_name text, p_member boolean, p_entry uuid default null)
returns text language plpgsql stable as $$
declare
    v_locks dav_locks[];
    f       record;
begin
    if p_guard is null then
        return null;
    end if;
    if not meets_lists(p_guard) then
        return 'unmet';
    end if;
    if not exists (select from dav_locks l where l.space = p_space) then
        return null;
    end if;
    v_locks := array(select l from locks_over(p_space, p_parent, p_name) l);
    if p_member then
        -- A lock on a folder alone covers which entries the folder has.
        select parent, case when parent is null then '' else name end as name into f from entries where id = p_parent;
        v_locks := v_locks || array(
            select l from dav_locks l
            where l.space = p_space and l.parent is not distinct from f.parent and l.name = f.name and not l.deep and is_live_lock(l));
    end if;
    if not holds_locks(p_guard, v_locks) then
        return 'locked';
    end if;
    if p_entry is not null and not holds_locks(p_guard, array(select l from locks_below(p_space, p_entry) l)) then
        return 'locked_below';
    end if;
    return null;
end $$;
