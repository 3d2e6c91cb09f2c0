-- Records an event if the state of a transfer, as people see it, is another one than was told last. Whatever changes a state or a wait
-- calls this at its end, with the transfer's row locked. Waits of a few seconds are not told: many files begin and end such.
create function tell_transfer(p_transfer uuid, p_by text default 'service') returns void
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    t      transfers;
    v_kind text;
    v_told text;
begin
    select * into t from transfers where id = p_transfer;
    v_kind := case
        when t.state = 'done' then 'transfer_done'
        when t.state = 'partly_done' then 'transfer_partly_done'
        when t.state = 'failed' then 'transfer_failed'
        when t.state = 'cancelled' then 'transfer_cancelled'
        when t.state = 'paused' then 'transfer_paused'
        when t.state = 'planned' then 'transfer_planned'
        when t.wait in ('sign_in', 'quota', 'person') then 'transfer_needs_owner'
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
    update transfers set told = v_told where id = t.id;
    perform add_event(
        v_kind, 'transfer', replace(t.id::text, '-', ''),
        jsonb_build_object(
            'label', t.label, 'state', t.state, 'wait', t.wait, 'until', t.wait_until, 'reason', t.reason,
            'files', jsonb_build_object('all', t.files, 'done', t.done_files, 'skipped', t.skipped, 'failed', t.failed),
            'bytes', jsonb_build_object('all', t.bytes, 'done', t.done_bytes)),
        t.tenant, t.subject, p_by);
end $$;
