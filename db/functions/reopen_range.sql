-- Takes a range of a session back, so that the client can send it again (E26).
create function reopen_range(
    p_incarnation bigint, p_tenant text, p_owner text, p_subject text, p_upload uuid, p_start bigint, p_length bigint)
returns table (outcome text, upload upload_now)
language plpgsql as $$
declare
    u     uploads;
    v_end bigint := p_start + p_length;
    v_cut boolean;
begin
    -- 1.
    if lock_incarnation(p_incarnation) is null then
        outcome := 'fenced';
    end if;
    -- 2.
    u := lock_upload(p_upload, p_tenant, p_owner, p_subject);
    -- 3. Extents do not overlap: only the last one before an edge can reach across it.
    v_cut := coalesce((select p.start + p.length > p_start from extents p
                       where p.upload_id = p_upload and p.start < p_start order by p.start desc limit 1), false)
          or coalesce((select p.start + p.length > v_end from extents p
                       where p.upload_id = p_upload and p.start < v_end order by p.start desc limit 1), false);
    outcome := case
        when outcome is not null then outcome
        when u.id is null then 'not_found'
        when not takes_bytes(u.state) then 'state'
        when u.damaged_at is not null then 'damaged'
        when u.protocol <> 'session' then 'wrong_protocol'
        when v_cut then 'overlap'
    end;
    -- 4.
    if outcome is null then
        outcome := case when take_back(p_upload, p_start, v_end) > 0 then 'ok' else 'no_such_range' end;
        -- The reason why the old content was refused does not apply to the new one.
        update uploads set state_reason = null where id = p_upload and outcome = 'ok' and state_reason is not null;
    end if;
    select n.* into upload from upload_now n where n.id = u.id;
    return next;
end $$;
