-- Ends an unfinished upload as cancelled, failed or expired, or deletes a finished one. What means the one never hits the other: a
-- cancellation that comes after the last byte does not destroy a file. Ended before: as it is. The content waits for reclaim_content.
create function end_upload(p_incarnation bigint, p_tenant text, p_subject text, p_upload uuid, p_epoch bigint, p_state text, p_reason text)
returns table (outcome text, upload upload_now)
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    u uploads;
begin
    -- 1.
    if own_incarnation(p_incarnation) is null then
        outcome := 'fenced';
    end if;
    -- 2.
    select * into u from uploads where id = p_upload and tenant = p_tenant for update;
    -- 3.
    outcome := case
        when outcome is not null then outcome
        when u.id is null then 'not_found'
        when u.state in ('open', 'paused', 'completing', 'completed') and u.epoch <> p_epoch then 'taken_over'
        when u.state = 'completed' and p_state <> 'deleted' then 'completed'
        when u.state in ('open', 'paused', 'completing') and p_state = 'deleted' then 'not_completed'
        else 'ok'
    end;
    -- 4.
    if outcome = 'ok' and u.state in ('open', 'paused', 'completing', 'completed') then
        update uploads set state = p_state, state_at = now(), state_reason = p_reason where id = p_upload;
        perform add_event(p_tenant, p_subject, p_upload, p_state, jsonb_build_object('from', u.state, 'reason', p_reason));
    end if;
    select n.* into upload from upload_now n where n.id = u.id;
    return next;
end $$;
