-- How many entries are made for something new at this place: its own, and those of the folders on the way that are missing.
create function new_entries(p_parent uuid, p_names text[], p_conflict text) returns int language sql stable as $$
    select cardinality(p_names) - case
        when p_conflict <> 'rename' and exists (
            select from entries e where e.parent = p_parent and e.name = p_names[1] and e.removed_at is null) then 1
        else 0
    end
$$;
