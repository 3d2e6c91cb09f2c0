-- Ends an item, or puts it back into the queue for a while. False where the lease is lost.
-- p_state: done, skipped, failed, or queued for another attempt after p_pause; p_wait: why the transfer waits until then. p_position: what
-- the destination has, where that was not recorded on the way. p_name: the name there; p_time: the time there, where it is another one;
-- p_version: the version there.
create function end_transfer_item(
    p_incarnation bigint, p_work bigint, p_epoch bigint, p_item uuid, p_state text, p_fault text, p_reason text, p_sha256 bytea,
    p_result text, p_verified text, p_pause interval, p_wait text, p_failed boolean, p_position bigint default null,
    p_name text default null, p_time timestamptz default null, p_note text default null, p_version text default null)
returns boolean language plpgsql as $$
declare
    i       transfer_items;
    v_moves boolean;
begin
    -- If the database loses it, the destination is asked again and has the file. The end of the transfer itself is on the disk at once, and
    -- all that was recorded before with it.
    perform set_config('synchronous_commit', 'off', true);
    select * into i from transfer_items where id = p_item;
    if i.id is null then
        return false;
    end if;
    select coalesce((t.options ->> 'move')::boolean, false) into v_moves from transfers t where t.id = i.transfer for update;
    if not end_work(p_incarnation, p_work, p_epoch, case when p_state = 'queued' then p_pause end, p_failed) then
        return false;
    end if;
    select * into i from transfer_items where id = p_item for update;
    update transfer_items
    set state = p_state, fault = p_fault, reason = p_reason, sha256 = coalesce(p_sha256, sha256), result = coalesce(p_result, result),
        verified = coalesce(p_verified, verified), target_name = coalesce(p_name, target_name),
        target_time = coalesce(p_time, target_time), note = coalesce(p_note, note),
        attempts = attempts + (p_state = 'queued' and p_failed)::int,
        position = coalesce(p_position, position),
        session = case when p_state in ('done', 'skipped') then null else session end,
        wait = case when p_state = 'queued' then p_wait end,
        wait_until = case when p_state = 'queued' and p_wait <> 'sign_in' then now() + p_pause end,
        removal = case when v_moves and p_state in ('done', 'skipped') and coalesce(p_verified, verified) is not null then 'due'
                       when v_moves and p_state = 'done' then 'kept' end,
        kept_reason = case when v_moves and p_state = 'done' and coalesce(p_verified, verified) is null
                           then 'No digest of both ends could be compared.' end,
        ended_at = case when p_state = 'queued' then null else now() end
    where id = p_item;
    if p_state <> 'queued' then
        perform copied_sync_item(o, p_state, p_version, p_reason) from transfer_items o where o.id = p_item;
    end if;
    update transfers t
    set done_files = t.done_files + (p_state = 'done')::int,
        done_bytes = t.done_bytes + case when p_state = 'done' then coalesce(i.size, 0) - i.position
                                         when p_state = 'queued' then 0 else -i.position end,
        moved_bytes = t.moved_bytes + greatest(coalesce(p_position, 0) - i.position, 0),
        moved_at = case when p_position > i.position then now() else t.moved_at end,
        bytes = t.bytes - case when p_state = 'skipped' then coalesce(i.size, 0) else 0 end,
        verified = case when p_state = 'done' then count_word(
            t.verified, coalesce(p_verified, case when p_reason is null then 'none' else 'changed' end)) else t.verified end,
        retries = t.retries + (p_state = 'queued' and p_fault is not null)::int,
        skipped = t.skipped + (p_state = 'skipped')::int, failed = t.failed + (p_state = 'failed')::int,
        wait_since = case when p_state = 'done' then null when p_wait is null then t.wait_since
                          when p_wait = t.wait then t.wait_since else now() end,
        wait = case when p_state = 'done' then null else coalesce(p_wait, t.wait) end,
        wait_until = case when p_state = 'done' then null when p_wait is null then t.wait_until
                          when p_wait <> 'sign_in' then now() + p_pause end,
        reason = case when t.cancelling then t.reason when p_state = 'done' then null when p_wait is null then t.reason else p_reason end
    where t.id = i.transfer;
    if p_state <> 'queued' then
        perform wait_for_files(i.transfer);
    end if;
    if p_state in ('skipped', 'failed') then
        perform note_transfer(i.transfer, p_item, p_state, p_reason);
    elsif p_fault is not null then
        perform note_transfer_once(i.transfer, p_item, coalesce('waits_' || p_wait, 'tried_again'), p_reason);
    end if;
    perform tell_transfer(i.transfer);
    -- The transfer's own work puts more into the queue, or ends it. While neither can be, it is left alone.
    if p_state <> 'queued' then
        perform change_work('transfer', i.transfer, now())
        from (select count(*) as items from transfer_items o where o.transfer = i.transfer and item_has_work(o.state)) q
        where q.items = 0
              or (q.items < 100
                  and exists (select from transfer_items o where o.transfer = i.transfer and o.state = 'ready' and o.kind = 'file'));
        perform let_transfer_end(i.transfer);
    end if;
    return true;
end $$;
