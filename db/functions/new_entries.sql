-- How many entries a new file, folder or link at this path needs at most: its own, and one for each folder above it that may be missing.
create function new_entries(p_parent uuid, p_names text[], p_conflict text) returns int language sql stable as $$
    select cardinality(p_names) - case
        when p_conflict <> 'rename' and exists (
            select from entries e where e.parent = p_parent and e.name = p_names[1] and e.removed_at is null) then 1
        else 0
    end
$$;
