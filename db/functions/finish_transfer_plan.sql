-- Ends the work of a transfer that is planned: its owner goes on with it, unless both ends were only to be compared. Returns whether the
-- lease was held.
create function finish_transfer_plan(p_incarnation bigint, p_work bigint, p_epoch bigint, p_transfer uuid, p_room bigint)
returns boolean language plpgsql as $$
begin
    perform from transfers where id = p_transfer for update;
    if not end_work(p_incarnation, p_work, p_epoch) then
        return false;
    end if;
    update transfers
    set state = case when state = 'paused' then state else 'planned' end, scanned = true, planned_at = now(), room = p_room, wait = null,
        wait_since = null, wait_until = null, reason = null
    where id = p_transfer;
    perform note_transfer(p_transfer, null, 'planned');
    if exists (select from transfers t where t.id = p_transfer and (t.options ->> 'checkOnly')::boolean and t.state = 'planned') then
        with compared as (
            update transfer_items i
            set state = 'skipped', ended_at = now(), reason = coalesce(i.plan_reason, case i.plan
                when 'new' then 'The destination does not have it.'
                when 'skip' then 'The destination has it.'
                else 'The destination has another content of this name.' end)
            where i.transfer = p_transfer and i.state = 'ready' returning i.kind, i.size
        )
        update transfers t
        set state = 'done', ended_at = now(), skipped = t.skipped + c.files, bytes = t.bytes - c.bytes
        from (select count(*) filter (where kind = 'file') as files, coalesce(sum(size) filter (where kind = 'file'), 0) as bytes
              from compared) c
        where t.id = p_transfer;
        perform note_transfer(p_transfer, null, 'done');
    end if;
    perform tell_transfer(p_transfer);
    return true;
end $$;
