-- Counts the live entries below a folder and the sizes of the files, up to p_most entries; reading one more shows that there are more.
-- Recursion ends early under a limit only if no join reads its input whole first.
create function count_below(p_folder uuid, p_most int) returns table (files bigint, folders bigint, bytes bigint, more boolean)
language sql stable
set enable_hashjoin = off set enable_mergejoin = off as $$
    with recursive below as (
        select e.id, e.kind, e.size from entries e where e.parent = p_folder and e.removed_at is null
        union all
        select e.id, e.kind, e.size from below b join entries e on e.parent = b.id and e.removed_at is null where b.kind = 'folder'
    )
    select count(*) filter (where n.kind <> 'folder'), count(*) filter (where n.kind = 'folder'), coalesce(sum(n.size), 0)::bigint,
           count(*) > p_most
    from (select b.kind, b.size from below b limit p_most + 1) n
$$;
