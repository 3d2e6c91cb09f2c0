-- Records an event about the state of a pair.
create function tell_sync(p_sync uuid) returns void language sql as $$
    select add_event(
        'sync_state', 'sync', replace(s.id::text, '-', ''),
        jsonb_build_object('title', s.title, 'state', s.state, 'wait', s.wait, 'reason', s.reason, 'items', s.items),
        s.tenant, s.subject)
    from syncs s where s.id = p_sync
$$;
