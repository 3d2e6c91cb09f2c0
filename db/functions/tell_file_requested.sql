-- Tells the device of a file transfer that it is approved and waits to be sent. The event has no path and no name.
create function tell_file_requested(t file_transfers) returns void language plpgsql as $$
begin
    update file_transfers set told_at = now() where id = t.id;
    perform add_event(
        'file_requested', 'device', replace(d.id::text, '-', ''),
        jsonb_build_object(
            'transfer', replace(t.id::text, '-', ''), 'project', replace(t.project_id::text, '-', ''), 'size', t.total_bytes,
            'attempt', t.attempt),
        t.tenant, 'user:' || replace(d.user_id::text, '-', ''), t.requester_id)
    from devices d where d.id = t.source_device_id;
end $$;
