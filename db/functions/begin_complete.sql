-- Completes a session whose bytes are all received: at once where there is no digest to compare or it is known, and else as completing,
-- until the background worker has computed the digest (E24, E25). A refusal for missing bytes names the first missing ranges.
create function begin_complete(
    p_incarnation bigint, p_tenant text, p_owner text, p_subject text, p_upload uuid, p_size bigint, p_sha256 bytea)
returns table (outcome text, missing_from bigint[], missing_to bigint[], upload upload_now)
language plpgsql as $$
declare
    u          uploads;
    v_size     bigint;
    v_declared bytea;
    v_known    bytea;
begin
    -- 1.
    if lock_incarnation(p_incarnation) is null then
        outcome := 'fenced';
    end if;
    -- 2.
    u := lock_upload(p_upload, p_tenant, p_owner, p_subject);
    -- 3. Check whether it can be completed, in the order in which a client can remove the obstacles.
    v_size := coalesce(u.size, p_size);
    v_declared := coalesce(p_sha256, u.declared_sha256);
    v_known := case
        when is_received(u.state) then coalesce(u.sha256, u.declared_sha256)
        when v_size = 0 then sha256('')
        when u.hash_bytes = v_size then u.front_sha256
    end;
    outcome := case
        when outcome is not null then outcome
        when u.id is null then 'not_found'
        when is_ended(u.state) then 'state'
        when u.damaged_at is not null then 'damaged'
        -- One digest at a time: the caller that waits for the comparison learns the result of its own digest (E26).
        when u.state = 'completing' and p_sha256 <> u.declared_sha256 then 'busy'
        when v_size is null then 'size_unknown'
        when v_size <> p_size then 'size_mismatch'
        -- The session was completed without a digest, and its own digest is not computed yet.
        when is_received(u.state) and p_sha256 is not null and v_known is null then 'state'
        when is_received(u.state) then case when p_sha256 <> v_known then 'digest_mismatch' else 'ok' end
        when last_byte(p_upload) > v_size then 'size_mismatch'
        when u.received_bytes < v_size then 'missing'
        when v_declared <> v_known then 'digest_mismatch'
    end;
    if outcome = 'missing' then
        select array_agg(m.lo order by m.lo), array_agg(m.hi order by m.lo) into missing_from, missing_to
        from missing_ranges(p_upload, u.protocol, u.received_bytes, 0, v_size, 100) m;
    end if;
    -- 4. Publish at once when there is nothing to compare, or when the digest was compared just now (E24, E25).
    if outcome is null and (v_declared is null or v_known is not null) then
        perform finish_upload(p_upload, v_size, v_declared, v_known, p_subject);
    elsif outcome is null then
        update uploads
        set size = v_size, declared_sha256 = v_declared, state = 'completing', state_reason = null,
            state_at = case when state = 'completing' then state_at else now() end
        where id = p_upload;
        if u.state <> 'completing' then
            perform add_events(array[u], 'completing', jsonb_build_object('size', v_size), p_subject);
        end if;
    end if;
    outcome := coalesce(outcome, 'ok');
    select n.* into upload from upload_now n where n.id = u.id;
    return next;
end $$;
