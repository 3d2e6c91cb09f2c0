-- Records how far an item is: what is null stays. A session of '' ends it. False where the lease is lost.
create function save_transfer_item(
    p_incarnation bigint, p_work bigint, p_epoch bigint, p_item uuid, p_pin text, p_size bigint, p_target text, p_target_name text,
    p_replaces text, p_session text, p_session_ends timestamptz, p_position bigint, p_hashes bytea, p_piece int, p_restarted boolean,
    p_name text)
returns boolean language plpgsql as $$
declare
    i        transfer_items;
    v_counts boolean;
begin
    -- What the item becomes is on the disk before the destination is asked for it, so that nothing is made twice. How far it is need not
    -- be: if the database loses that, the destination is asked.
    if p_target is null and p_target_name is null and p_replaces is null then
        perform set_config('synchronous_commit', 'off', true);
    end if;
    select * into i from transfer_items where id = p_item;
    v_counts := p_position <> i.position or p_size <> coalesce(i.size, -1);
    -- The other items need not wait for the disk where their transfer stays as it is.
    if v_counts then
        perform from transfers where id = i.transfer for update;
    end if;
    if i.id is null or not hold_work(p_incarnation, p_work, p_epoch) then
        return false;
    end if;
    if v_counts then
        update transfers t
        set bytes = t.bytes + coalesce(p_size - coalesce(i.size, 0), 0),
            moved_bytes = t.moved_bytes + greatest(coalesce(p_position, 0) - i.position, 0),
            done_bytes = t.done_bytes + coalesce(p_position - i.position, 0),
            moved_at = case when p_position > i.position then now() else t.moved_at end,
            wait = case when p_position > i.position then null else t.wait end,
            wait_since = case when p_position > i.position then null else t.wait_since end,
            wait_until = case when p_position > i.position then null else t.wait_until end,
            reason = case when p_position > i.position and not t.cancelling then null else t.reason end
        where t.id = i.transfer;
    end if;
    if p_position > i.position then
        perform tell_transfer(i.transfer);
    end if;
    if p_position > i.position and i.attempts > 0 then
        perform note_transfer_once(i.transfer, p_item, 'goes_on');
    end if;
    update transfer_items
    set pin = coalesce(p_pin, pin), size = coalesce(p_size, size),
        target_id = case when p_target = '' then null else coalesce(p_target, target_id) end,
        target_name = coalesce(p_target_name, target_name), replaces = coalesce(p_replaces, replaces),
        session = case when p_session = '' then null else coalesce(p_session, session) end,
        session_ends = case when p_session is null then session_ends else p_session_ends end,
        position = coalesce(p_position, position), hashes = case when p_position is null then hashes else p_hashes end,
        piece = coalesce(p_piece, piece), attempts = case when p_position > position then 0 else attempts end,
        fault = case when p_position > position then null else fault end,
        reason = case when p_position > position then null else reason end, restarts = restarts + p_restarted::int,
        name = coalesce(p_name, name), path = case when parent is null then coalesce(p_name, path) else path end
    where id = p_item;
    return true;
end $$;
