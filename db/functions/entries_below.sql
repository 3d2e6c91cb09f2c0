-- How many live entries lie in a folder, however deep; counts no further than p_most.
create function entries_below(p_folder uuid, p_most bigint) returns bigint language sql stable as $$
    with recursive below as (
        select e.id from entries e where e.parent = p_folder and e.removed_at is null
        union all
        select e.id from below b join entries e on e.parent = b.id and e.removed_at is null
    )
    select count(*) from (select from below limit p_most) s
$$;
