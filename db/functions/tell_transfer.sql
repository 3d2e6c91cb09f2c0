-- Records an event if the state of a transfer, as people see it, is another one than was told last. Whatever changes a state or a wait
-- calls this at its end, with the transfer's row locked. Waits of a few seconds are not told: many files begin and end such. Also leaves
-- the notes about it that its options ask for.
create function tell_transfer(p_transfer uuid, p_by text default 'service') returns void
language plpgsql as $$
declare
    t      transfers;
    v_kind text;
    v_told text;
    v_note text;
    v_ways jsonb;
begin
    select * into t from transfers where id = p_transfer;
    -- People follow the pair for which it copies.
    if t.sync is not null then
        return;
    end if;
    v_kind := case
        when t.state = 'done' then 'transfer_done'
        when t.state = 'partly_done' then 'transfer_partly_done'
        when t.state = 'failed' then 'transfer_failed'
        when t.state = 'cancelled' then 'transfer_cancelled'
        when t.state = 'paused' then 'transfer_paused'
        when t.state = 'planned' then 'transfer_planned'
        when t.wait in ('sign_in', 'quota') then 'transfer_needs_owner'
        when t.wait is not null and t.wait_until - now() < interval '10 seconds' then null
        when t.wait is not null then 'transfer_waiting'
        when t.told is null then 'transfer_created'
        else 'transfer_running'
    end;
    v_told := v_kind || case when v_kind in ('transfer_needs_owner', 'transfer_waiting') then ' ' || t.wait else '' end;
    -- A transfer that was created is told to run when it does.
    if v_told is null or v_told = t.told or (v_kind = 'transfer_running' and t.state = 'queued' and t.told = 'transfer_created') then
        return;
    end if;
    v_note := case v_kind
        when 'transfer_done' then 'done'
        when 'transfer_partly_done' then 'failed'
        when 'transfer_failed' then 'failed'
        when 'transfer_needs_owner' then 'needs_owner'
    end;
    v_ways := coalesce(t.options #> array['notes', case v_note when 'needs_owner' then 'needsOwner' else v_note end], '[]');
    update transfers
    set told = v_told, told_at = now(),
        -- What was told before was a wait until now.
        waited = case when t.told like '% %'
                      then count_word(waited, split_part(t.told, ' ', 2), round(extract(epoch from now() - t.told_at), 1)) else waited end,
        notice = case when v_ways @> '"notice"' then v_note end, mail = case when v_ways @> '"mail"' then v_note end
    where id = t.id;
    if v_ways @> '"mail"' then
        perform add_work('transfer_mail', t.id);
    end if;
    perform add_event(
        v_kind, 'transfer', replace(t.id::text, '-', ''),
        jsonb_build_object(
            'label', t.label, 'state', t.state, 'wait', t.wait, 'until', t.wait_until, 'reason', t.reason,
            'files', jsonb_build_object('all', t.files, 'done', t.done_files, 'skipped', t.skipped, 'failed', t.failed),
            'bytes', jsonb_build_object('all', t.bytes, 'done', t.done_bytes)),
        t.tenant, t.subject, p_by);
end $$;
