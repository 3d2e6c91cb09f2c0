-- Looks now at pairs a folder of which has changed since the last look: one of the service, whose space tells, or one that is watched,
-- whose position is not the known one. Pairs with times of their own wait for these. While a large folder keeps changing, it is looked at
-- less often. Returns how many.
create function wake_syncs(p_connections uuid[], p_roots text[], p_positions text[]) returns bigint language sql as $$
    select count(change_work('sync', s.id, now()))
    from syncs s
    left join entries l on l.id = case when s.left_connection is null then s.left_root::uuid end
    left join spaces ls on ls.id = l.space
    left join entries r on r.id = case when s.right_connection is null and s.way = 'both' then s.right_root::uuid end
    left join spaces rs on rs.id = r.space
    where s.state in ('in_step', 'needs_you') and s.cron is null
          and s.looked_at < now() - interval '1 second'
          and (ls.sequence > s.sequence or rs.sequence > s.right_sequence
               or s.listed_at < now() - interval '1 second' * (s.items / 10000) and exists (
                   select from unnest(p_connections, p_roots, p_positions) w (connection, root, position)
                   where s.left_connection = w.connection and s.left_root = w.root and s.left_position <> w.position
                         or s.right_connection = w.connection and s.right_root = w.root and s.right_position <> w.position))
$$;
