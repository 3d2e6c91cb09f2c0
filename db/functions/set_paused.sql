-- Pauses or resumes an upload. In the requested state already, it succeeds and changes nothing. Resuming counts as activity, so that the
-- next purge does not expire the upload.
create function set_paused(p_incarnation bigint, p_tenant text, p_owner text, p_subject text, p_upload uuid, p_paused boolean)
returns table (outcome text, upload upload_now)
language plpgsql as $$
declare
    u        uploads;
    v_wished text := case when p_paused then 'paused' else 'open' end;
begin
    -- 1.
    if lock_incarnation(p_incarnation) is null then
        outcome := 'fenced';
    end if;
    -- 2.
    u := lock_upload(p_upload, p_tenant, p_owner, p_subject);
    -- 3.
    outcome := case
        when outcome is not null then outcome
        when u.id is null then 'not_found'
        when not takes_bytes(u.state) then 'state'
        when u.damaged_at is not null then 'damaged'
        else 'ok'
    end;
    -- 4.
    if outcome = 'ok' and u.state <> v_wished then
        update uploads
        set state = v_wished, state_at = now(), state_reason = null,
            active_at = case when p_paused or not slides then active_at else service_seconds() end
        where id = p_upload;
        perform add_events(array[u], case when p_paused then 'paused' else 'resumed' end, '{}', p_subject);
    end if;
    select n.* into upload from upload_now n where n.id = u.id;
    return next;
end $$;
