-- What its owner decides about a transfer: pause, resume, approve, cancel, retry. Returns null if it has ended (or, for retry, if nothing
-- of it has failed or was cancelled; for approve, if it has no plan), else how many items it concerns.
create function change_transfer(p_transfer uuid, p_what text, p_by text default 'service') returns bigint
language plpgsql as $$
declare
    t       transfers;
    v_items bigint := 0;
    v_again bigint;
begin
    -- To resume one that its storage keeps waiting releases the others that wait there: all are locked in the order of their ids.
    select * into t from transfers where id = p_transfer;
    perform from transfers o
    where o.id = t.id
          or (p_what = 'resume' and is_pause_of_storage(t.wait) and o.wait = t.wait and o.ended_at is null
              and (o.source in (t.source, t.destination) or o.destination in (t.source, t.destination)))
    order by o.id for update;
    select * into t from transfers where id = p_transfer;
    if t.id is null or (t.ended_at is not null and p_what <> 'retry') then
        return null;
    end if;
    case p_what
    when 'pause' then
        update transfers set state = 'paused' where id = t.id and state <> 'paused';
        perform set_work_key('transfer:' || t.id, p_paused => true);
    when 'resume' then
        update transfers
        set state = case when state <> 'paused' then state when planning and planned_at is not null then 'planned'
                         when scanned and not planning then 'running' else 'queued' end,
            wait = case when wait = 'window' then wait end, wait_since = case when wait = 'window' then wait_since end,
            wait_until = case when wait = 'window' then wait_until end, reason = case when wait = 'window' then reason end
        where id = t.id;
        perform wait_for_sign_in(t.id);
        if is_pause_of_storage(t.wait) then
            perform release_connection(c.id, t.wait) from unnest(array[t.source, t.destination]) c (id) order by c.id;
        end if;
        perform set_work_key('transfer:' || t.id, p_paused => false);
        perform change_work('transfer', t.id, now());
        perform change_work('transfer_item', i.id, now()) from transfer_items i
        where i.transfer = t.id and item_has_work(i.state);
    when 'approve' then
        if not t.planning or t.planned_at is null then
            return null;
        end if;
        update transfers set planning = false, state = case when state = 'paused' then state else 'running' end where id = t.id;
        perform add_work('transfer', t.id, transfer_keys(t), now(), t.priority, t.number);
    when 'cancel' then
        -- Without keys, so that no pause holds it back.
        update transfers set cancelling = true where id = t.id;
        perform withdraw_work('transfer', array[t.id]);
        perform add_work('transfer', t.id);
    when 'retry' then
        v_again := (select count(*) from transfer_items i where i.transfer = t.id and i.state = 'failed' and i.kind = 'file');
        update transfer_items
        set state = case when kind = 'folder' and result is not null then 'done' else 'ready' end, attempts = 0, restarts = 0,
            fault = null, reason = null, ended_at = null, session = null, position = 0, hashes = null,
            -- Meanwhile another file may have got the name.
            claim = null, target_name = null, replaces = null
        where transfer = t.id and state in ('failed', 'cancelled');
        get diagnostics v_items = row_count;
        -- A folder that was not read to its end has a place where its listing goes on, or nothing of it was found.
        update transfer_items i
        set listed = false, pages = case when i.cursor is null then 0 else i.pages end,
            cursor_mark = case when i.cursor is not null then i.cursor_mark end
        where i.transfer = t.id and i.kind = 'folder' and i.state in ('ready', 'done') and v_items > 0
              and (i.cursor is not null or not exists (select from transfer_items c where c.parent = i.id));
        if v_items = 0 then
            return null;
        end if;
        update transfers
        set failed = failed - v_again, ended_at = null, wait = null, wait_since = null, wait_until = null, reason = null,
            state = case when state = 'paused' then state else 'running' end,
            deadline = case when deadline > now() then deadline end
        where id = t.id;
        perform wait_for_sign_in(t.id);
        perform add_work('transfer', t.id, transfer_keys(t), now(), t.priority, t.number);
    end case;
    perform note_transfer(t.id, null, p_what);
    perform tell_transfer(t.id, p_by);
    return v_items;
end $$;
