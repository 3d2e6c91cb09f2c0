-- Records steps of the copy of an item: an object with one or more of
--     pinned     the version that is read: pin, size, and the name of the source where it is another one now
--     targeted   what the file becomes at the destination: name, id, and the file that it replaces
--     begun      an upload there: session, and when it ends
--     accepted   bytes that it has taken: position, and the states of the digests of these bytes
--     restarted  the upload was given up; counted says whether that counts as a restart
-- False where the lease is lost.
-- p_place: the folder at the destination, if the name of targeted was claimed there.
create function save_transfer_item(
    p_incarnation bigint, p_work bigint, p_epoch bigint, p_item uuid, p_steps jsonb, p_place text default null)
returns boolean language plpgsql as $$
declare
    i          transfer_items;
    v_pinned   jsonb := p_steps -> 'pinned';
    v_targeted jsonb := p_steps -> 'targeted';
    v_begun    jsonb := p_steps -> 'begun';
    v_accepted jsonb := p_steps -> 'accepted';
    v_restart  jsonb := p_steps -> 'restarted';
    v_size     bigint;
    v_position bigint;
    v_moves    boolean;
begin
    -- What the item becomes is on the disk before the destination is asked for it, so that nothing is made twice. How far it is need not
    -- be: if the database loses that, the destination is asked.
    if v_targeted is null then
        perform set_config('synchronous_commit', 'off', true);
    end if;
    select * into i from transfer_items where id = p_item;
    if i.id is null then
        return false;
    end if;
    v_size := coalesce((v_pinned ->> 'size')::bigint, i.size);
    v_position := coalesce(
        (v_accepted ->> 'position')::bigint, case when v_begun is null and v_restart is null then i.position else 0 end);
    v_moves := v_position > i.position;
    -- The other items need not wait for the disk where their transfer stays as it is.
    if v_position <> i.position or v_size is distinct from i.size then
        perform from transfers where id = i.transfer for update;
    end if;
    if not hold_work(p_incarnation, p_work, p_epoch) then
        return false;
    end if;
    if v_position <> i.position or v_size is distinct from i.size then
        update transfers t
        set bytes = t.bytes + coalesce(v_size, 0) - coalesce(i.size, 0),
            moved_bytes = t.moved_bytes + greatest(v_position - i.position, 0),
            done_bytes = t.done_bytes + v_position - i.position,
            moved_at = case when v_moves then now() else t.moved_at end,
            wait = case when v_moves then null else t.wait end,
            wait_since = case when v_moves then null else t.wait_since end,
            wait_until = case when v_moves then null else t.wait_until end,
            reason = case when v_moves and not t.cancelling then null else t.reason end
        where t.id = i.transfer;
    end if;
    if v_moves then
        perform tell_transfer(i.transfer);
        if i.attempts > 0 then
            perform note_transfer_once(i.transfer, p_item, 'goes_on');
        end if;
    end if;
    update transfer_items
    set pin = case when v_pinned is null then pin else v_pinned ->> 'pin' end, size = v_size,
        name = coalesce(v_pinned ->> 'name', name), path = case when parent is null then coalesce(v_pinned ->> 'name', path) else path end,
        target_name = case when v_targeted is null then target_name else v_targeted ->> 'name' end,
        target_id = case when v_targeted is null then target_id else v_targeted ->> 'id' end,
        replaces = case when v_targeted is null then replaces else v_targeted ->> 'replaces' end,
        claim = case when p_place is null then claim else target_claim(p_place, v_targeted ->> 'name') end,
        session = case when v_begun is not null then v_begun ->> 'session' when v_restart is not null then null else session end,
        session_ends = case when v_begun is not null then (v_begun ->> 'ends')::timestamptz
                            when v_restart is not null then null else session_ends end,
        position = v_position,
        hashes = case when v_accepted is not null then decode(v_accepted ->> 'hashes', 'hex')
                      when v_begun is not null or v_restart is not null then null else hashes end,
        attempts = case when v_moves then 0 else attempts end, fault = case when v_moves then null else fault end,
        reason = case when v_moves then null else reason end,
        restarts = restarts + coalesce((v_restart ->> 'counted')::boolean, false)::int
    where id = p_item;
    return true;
end $$;
