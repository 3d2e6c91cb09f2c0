-- Counts a space's entries and bytes again, where fsck has found that its counters are wrong.
create function recount_space(p_space uuid) returns void language plpgsql as $$
begin
    perform lock_space(p_space);
    update spaces s
    set entries = (select count(*) from entries e where e.space = s.id and e.parent is not null),
        bytes = (select coalesce(sum(v.size), 0) from entry_versions v join entries e on e.id = v.entry where e.space = s.id),
        earlier_bytes = (
            select coalesce(sum(v.size), 0) from entry_versions v join entries e on e.id = v.entry
            where e.space = s.id and v.until is not null)
    where s.id = p_space;
end $$;
