-- Ends an open file transfer as completed, failed or cancelled: the only UPDATE that does. The caller has locked it (lock_file_transfer).
-- The upload that relays it ends with its last transfer; work on that upload then stops what still runs for it.
create function end_file_transfer(t file_transfers, p_status text, p_code text, p_message text, p_hash bytea default null)
returns void language plpgsql as $$
declare
    u        uploads;
    v_bytes  bigint;
    v_failed text := case p_status when 'cancelled' then 'cancelled' else p_code end;
begin
    select * into u from uploads where id = t.relay;
    v_bytes := case when p_status = 'completed' then t.total_bytes
                    else least(t.total_bytes, greatest(t.bytes_transferred, coalesce(u.received_bytes, 0))) end;
    update file_transfers
    set status = p_status, completed_at = now(), error_code = p_code, error_message = p_message, bytes_transferred = v_bytes,
        file_hash = coalesce(p_hash, file_hash), claim = null, relay = null, relay_ranges = null, waits = null, counted_on = null
    where id = t.id;
    insert into file_transfer_events (transfer_id, event_type, event_data)
    values (t.id, p_status, jsonb_build_object('bytes_transferred', v_bytes, 'speed', null, 'eta', null));
    -- What was not sent does not count for the day.
    update file_days set bytes = greatest(0, bytes - (t.total_bytes - v_bytes))
    where project_id = t.project_id and folder_id = t.folder_id and subject = t.requester_id and day = t.counted_on;
    perform withdraw_work('file_request', array[t.id]);
    if p_status = 'completed' then
        perform add_event(
            'file_transfer_complete', 'file_transfer', replace(t.id::text, '-', ''),
            jsonb_build_object('project', replace(t.project_id::text, '-', ''), 'size', t.total_bytes), t.tenant, t.requester_id,
            t.requester_id);
    else
        perform add_event(
            'file_transfer_failed', 'file_transfer', replace(t.id::text, '-', ''),
            jsonb_build_object('project', replace(t.project_id::text, '-', ''), 'code', v_failed), t.tenant, t.requester_id,
            t.requester_id);
    end if;
    if t.status = 'in_progress' then
        perform tell_source(t, p_status, t.way);
    end if;
    perform release_relay(u);
end $$;
