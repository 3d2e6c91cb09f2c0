-- Whether an entry at the end of so many new names below a live folder would lie too deep, or what is in p_entry would, if that is what is
-- put there. The caller holds the row of the space, and of that of p_entry.
create function too_deep(p_parent uuid, p_levels int, p_entry uuid default null) returns boolean language plpgsql as $$
declare
    v_room int := most_levels() - coalesce(folder_depth(p_parent), 0) - p_levels;
begin
    return v_room < 0 or (p_entry is not null and is_higher(p_entry, v_room));
end $$;
