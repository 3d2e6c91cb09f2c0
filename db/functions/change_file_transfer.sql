-- What the ends of a file transfer say about it. p_act is progress, sent or fail of the source (with the device's key, the attempt and the
-- claim), complete, fail or cancel of the requester; served is the service itself, which has sent a whole file to a browser. Of cancel and
-- complete the first wins; the same again is ok. Returns ok, absent, not_source, not_requester, ended, attempt_over, claimed, not_approved,
-- not_sent, digest_mismatch, too_many_bytes, or fenced.
create function change_file_transfer(
    p_incarnation bigint, p_tenant text, p_project uuid, p_id uuid, p_subject text, p_key uuid, p_act text, p_attempt int, p_claim uuid,
    p_bytes bigint, p_hash bytea, p_code text, p_message text)
returns text language plpgsql as $$
declare
    t        file_transfers;
    u        uploads;
    v_source boolean;
    v_own    boolean;
    v_hash   bytea;
    v_noted  timestamptz;
begin
    if lock_incarnation(p_incarnation) is null then
        return 'fenced';
    end if;
    -- 1. Who says it.
    t := lock_file_transfer(p_id);
    if t.id is null or t.tenant <> p_tenant or t.project_id <> p_project then
        return 'absent';
    end if;
    v_source := p_key is not null and exists (
        select from devices d where d.id = t.source_device_id and d.key = p_key and d.revoked_at is null);
    v_own := t.requester_id = p_subject and exists (select from space_members m where m.space = p_project and m.subject = p_subject);
    if p_act in ('progress', 'sent') and not v_source then
        return case when v_own or p_subject = (
            select 'user:' || replace(d.user_id::text, '-', '') from devices d where d.id = t.source_device_id)
            then 'not_source' else 'absent' end;
    elsif p_act in ('complete', 'served', 'cancel') and not v_own then
        return case when v_source then 'not_requester' else 'absent' end;
    elsif not v_source and not v_own then
        return 'absent';
    end if;
    -- 2. To which attempt. A source that names no claim may be the requester's own device: its word counts as the requester's.
    if coalesce(p_attempt, t.attempt) <> t.attempt then
        return 'attempt_over';
    elsif v_source and p_act in ('progress', 'sent', 'fail') and t.status = 'in_progress' and t.claim is distinct from p_claim
          and not (v_own and p_claim is null) then
        return 'claimed';
    end if;
    -- 3. The same again, and what comes too late.
    if t.status = 'completed' and p_act in ('complete', 'served') and (p_hash is null or p_hash = t.file_hash)
       or t.status = 'cancelled' and p_act = 'cancel' or t.status = 'failed' and p_act = 'fail' then
        return 'ok';
    elsif t.status not in ('pending', 'in_progress') then
        return 'ended';
    elsif t.status = 'pending' and p_act in ('progress', 'sent') then
        return case t.approval when 'approved' then 'claimed' else 'not_approved' end;
    elsif v_source and not v_own and t.approval <> 'approved' then
        return 'not_approved';
    end if;
    -- 4.
    if p_act = 'progress' then
        if p_bytes > t.total_bytes then
            return 'too_many_bytes';
        end if;
        update file_transfers
        set bytes_transferred = p_bytes, moved_at = now(),
            noted_at = case when way = 'relay' or noted_at > now() - interval '10 seconds' then noted_at else now() end
        where id = t.id and bytes_transferred < p_bytes returning noted_at into v_noted;
        -- Of what is relayed, note_relays tells.
        if v_noted = now() and t.way <> 'relay' then
            insert into file_transfer_events (transfer_id, event_type, event_data)
            select t.id, 'progress', jsonb_build_object(
                'bytes_transferred', p_bytes, 'speed', s.speed,
                'eta', case when s.speed > 0 then round((t.total_bytes - p_bytes) / s.speed) end)
            from (select round(p_bytes / greatest(1, extract(epoch from now() - t.started_at))) as speed) s;
        end if;
    elsif p_act = 'sent' then
        if p_hash <> t.file_hash then
            return 'digest_mismatch';
        end if;
        update file_transfers
        set sent_at = coalesce(sent_at, now()),
            -- What the relay has is the whole file or a part of it.
            file_hash = case when way = 'relay' and relay_ranges is null then file_hash else coalesce(file_hash, p_hash) end
        where id = t.id;
    elsif p_act in ('complete', 'served') then
        select * into u from uploads where id = t.relay;
        v_hash := coalesce(u.sha256, case when t.total_bytes = 0 then sha256('') end);
        if t.relay_ranges is not null and t.way = 'relay' then
            -- The receiver has compared the whole, of which the relay had a part, with the digest that the source has told.
            v_hash := case when p_act = 'complete' and u.state = 'completed' then t.file_hash end;
        elsif t.relay_ranges is not null then
            v_hash := case p_act when 'complete' then coalesce(t.file_hash, p_hash) end;
        elsif t.way <> 'relay' and p_act = 'complete' and u.state is distinct from 'completed' then
            -- No byte of it was here: the receiver has compared it with the digest that the source has sent along.
            v_hash := coalesce(t.file_hash, p_hash);
        elsif u.state is distinct from 'completed' then
            v_hash := null;
        end if;
        if v_hash is null then
            return 'not_sent';
        elsif p_hash <> v_hash then
            return 'digest_mismatch';
        end if;
        perform end_file_transfer(t, 'completed', null, null, v_hash);
    elsif p_act = 'fail' then
        perform end_file_transfer(t, 'failed', p_code, p_message);
    else
        perform end_file_transfer(t, 'cancelled', null, null);
    end if;
    return 'ok';
end $$;
