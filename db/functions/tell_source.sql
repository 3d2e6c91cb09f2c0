-- Tells the device that sends a file transfer that the attempt has ended (p_status), or that its way is another one (p_way): it need not
-- wait until it reports next. The event has no path and no name.
create function tell_source(t file_transfers, p_status text, p_way text) returns void language plpgsql as $$
begin
    perform add_event(
        'file_request_changed', 'device', replace(d.id::text, '-', ''),
        jsonb_build_object(
            'transfer', replace(t.id::text, '-', ''), 'project', replace(t.project_id::text, '-', ''), 'attempt', t.attempt,
            'status', p_status, 'way', p_way),
        t.tenant, 'user:' || replace(d.user_id::text, '-', ''), t.requester_id)
    from devices d where d.id = t.source_device_id;
end $$;
