-- The lanes from which a node takes the next leases: of each kind those that no key holds back or gives to another node, and whose first
-- items have the highest priority; those with the fewest items in work come first. An item is looked at only if its lane is chosen, so a
-- key that is paused costs the same with one item as with a million. No row is locked, so the caller checks again.
create function work_lanes(p_kinds text[], p_limits int[], p_node uuid) returns setof work_lane
language plpgsql set enable_hashjoin = on as $$
begin
    return query
        with recursive wanted as materialized (
            select k.kind, k.most from unnest(p_kinds, p_limits) k (kind, most) where k.most > 0
        ), lanes as (
            -- One look into the index for each lane.
            select k.kind, (select w.keys from work w where w.kind = k.kind and w.state = 'ready' order by w.keys limit 1) as keys
            from wanted k
            union all
            select l.kind, (select w.keys from work w where w.kind = l.kind and w.state = 'ready' and w.keys > l.keys
                            order by w.keys limit 1)
            from lanes l where l.keys is not null
        ), leased as materialized (
            select w.kind, w.keys from work w where w.state = 'leased'
        ), used as materialized (
            select u.key, count(*) as items from leased w cross join unnest(w.keys) u (key) group by u.key
        ), busy as materialized (
            select kind, keys, count(*) as items from leased group by kind, keys
        ), heads as (
            select l.kind, l.keys, k.most, h.priority, h.position, h.due_at, coalesce(b.items, 0) as items,
                   max(h.priority) over (partition by l.kind) as highest
            from lanes l
            join wanted k on k.kind = l.kind
            cross join lateral (
                select w.priority, w.position, w.due_at from work w
                where w.kind = l.kind and w.keys = l.keys and w.state = 'ready'
                order by w.priority desc, w.position, w.due_at, w.id limit 1
            ) h
            left join busy b on b.kind = l.kind and b.keys = l.keys
            where l.keys is not null
                  and not exists (
                      select from unnest(l.keys) u (key) join work_keys y on y.key = u.key left join used on used.key = u.key
                      where y.paused or y.not_before > now() or coalesce(used.items, 0) >= y.at_once or y.node <> p_node)
        ), ranked as (
            select h.*, row_number() over (partition by h.kind order by h.items, h.position, h.due_at) as rank,
                   count(*) over (partition by h.kind) as of_kind
            from heads h where h.priority = h.highest
        )
        select r.kind, r.keys, r.priority, ceil(r.most::numeric / least(r.of_kind, r.most))::int
        from ranked r where r.rank <= r.most order by r.kind, r.rank;
end $$;
