-- Looks now at pairs a folder of which is one of the service, if its space has changed since the last look. Pairs
-- with times of their own wait for these. Returns how many.
create function wake_syncs() returns bigint language sql as $$
    select count(change_work('sync', s.id, now()))
    from syncs s
    left join entries l on l.id = case when s.left_connection is null then s.left_root::uuid end
    left join spaces ls on ls.id = l.space
    left join entries r on r.id = case when s.right_connection is null and s.way = 'both' then s.right_root::uuid end
    left join spaces rs on rs.id = r.space
    where s.state in ('in_step', 'needs_you') and s.cron is null and s.looked_at < now() - interval '1 second'
          and (ls.sequence > s.sequence or rs.sequence > s.right_sequence)
$$;
