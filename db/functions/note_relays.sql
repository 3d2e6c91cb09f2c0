-- Notes that uploads which relay file transfers have moved bytes, either way. Returns their running transfers, for the progress that people
-- see. A row about the progress is written every ten seconds.
create function note_relays(p_uploads uuid[]) returns table (id uuid, tenant text, requester text, bytes bigint, total bigint)
language plpgsql as $$
begin
    return query
        with moved as (
            update file_transfers t
            set bytes_transferred = least(t.total_bytes, greatest(t.bytes_transferred, relay_start(t) + u.received_bytes)),
                moved_at = now(),
                noted_at = case when t.noted_at > now() - interval '10 seconds' then t.noted_at else now() end
            from uploads u
            where u.id = any (p_uploads) and t.relay = u.id and t.status = 'in_progress'
            returning t.id, t.tenant, t.requester_id, t.bytes_transferred, t.total_bytes, t.noted_at, t.started_at
        ), noted as (
            insert into file_transfer_events (transfer_id, event_type, event_data)
            select m.id, 'progress', jsonb_build_object(
                'bytes_transferred', m.bytes_transferred, 'speed', s.speed,
                'eta', case when s.speed > 0 then round((m.total_bytes - m.bytes_transferred) / s.speed) end)
            from moved m cross join lateral (
                select round(m.bytes_transferred / greatest(1, extract(epoch from now() - m.started_at))) as speed) s
            where m.noted_at = now()
        )
        select m.id, m.tenant, m.requester_id, m.bytes_transferred, m.total_bytes from moved m;
end $$;
