-- Marks what lies in the trash of a space for the purge: one removed entry, one replaced version, or everything (both null). What a move to
-- another space still reads, and what a policy keeps, stays. Returns how many rows it marked; the caller repeats the call while it returns
-- p_limit. Null from a fenced incarnation.
create function empty_trash(p_incarnation bigint, p_space uuid, p_entry uuid, p_version int, p_limit int) returns int
language plpgsql set enable_hashjoin = off set enable_mergejoin = off as $$
declare
    v_count int;
    v_total int := 0;
begin
    if lock_incarnation(p_incarnation) is null then
        return null;
    end if;
    -- The purge may have deleted a removed space already.
    if not lock_space(p_space) then
        return 0;
    end if;
    if p_entry is null then
        update entries set purging = true
        where id in (select id from entries
                     where space = p_space and removed_at is not null and not purging and removed_clock < moving_clock()
                     order by removed_at, id limit p_limit);
        get diagnostics v_total = row_count;
        -- The order makes this a walk through the index entry_versions_expired, whose condition is
        -- "until is not null and not kept".
        update entry_versions v set until_clock = -1
        where (v.entry, v.number) in (
            select o.entry, o.number from entry_versions o join entries e on e.id = o.entry
            where e.space = p_space and o.until is not null and not o.kept and o.until_clock >= 0 and not is_versioned(o.entry)
            order by o.until_clock limit p_limit - v_total);
    elsif p_version is null then
        update entries set purging = true 
        where id = p_entry and space = p_space and removed_at is not null and not purging and removed_clock < moving_clock();
    else
        update entry_versions v set until_clock = -1
        from entries e
        where v.entry = p_entry and v.number = p_version and v.until is not null and not v.kept and v.until_clock >= 0
              and not is_versioned(v.entry)
              and e.id = v.entry and e.space = p_space;
    end if;
    get diagnostics v_count = row_count;
    return v_total + v_count;
end $$;
