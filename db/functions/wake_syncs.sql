-- Looks now at pairs in step whose left side is a folder of the service, if its space has changed since the last look. Returns how many.
create function wake_syncs() returns bigint language sql as $$
    select count(change_work('sync', s.id, now()))
    from syncs s
    join entries e on e.id = case when s.left_connection is null then s.left_root::uuid end
    join spaces p on p.id = e.space
    where s.left_connection is null and s.state in ('in_step', 'needs_you') and p.sequence > s.sequence
          and s.looked_at < now() - interval '1 second'
$$;
