-- Records a connection's state. Work with it waits while it is not ready, and goes on when it is; the transfers that use it say so. One
-- that a restored backup has disabled stays so until its owner has signed in again.
create function set_connection_state(p_connection uuid, p_state text, p_error text) returns boolean
language plpgsql as $$
declare
    v_ids uuid[];
begin
    -- Transfers are locked before connections.
    v_ids := array(
        select t.id from transfers t
        where (t.source = p_connection or t.destination = p_connection) and t.ended_at is null order by t.id for update);
    update connections
    set state = case when state = 'disabled' and p_state <> 'ready' then state else p_state end,
        state_at = case when state = p_state or (state = 'disabled' and p_state <> 'ready') then state_at else now() end,
        error = case when p_state = 'ready' then null else coalesce(p_error, error) end, mailed = mailed and p_state <> 'ready',
        error_at = case when p_state = 'ready' then null when p_error is null then error_at else now() end
    where id = p_connection;
    if not found then
        return false;
    end if;
    perform set_work_key(
        'connection:' || p_connection, p_paused => p_state <> 'ready',
        p_not_before => case when p_state = 'ready' then '-infinity'::timestamptz end);
    if p_state = 'ready' then
        update transfers t set wait = null, wait_since = null, wait_until = null, reason = null
        where t.id = any (v_ids) and t.wait = 'sign_in'
              and not exists (select from connections c where c.id in (t.source, t.destination) and c.state <> 'ready');
    else
        perform note_transfer(t.id, null, 'waits_sign_in', p_error) from transfers t
        where t.id = any (v_ids) and not transfer_rests(t.state) and not t.cancelling and t.wait is distinct from 'sign_in';
        update transfers t set wait = 'sign_in', wait_since = now(), wait_until = null, reason = coalesce(p_error, t.reason)
        where t.id = any (v_ids) and not transfer_rests(t.state) and not t.cancelling and t.wait is distinct from 'sign_in';
    end if;
    perform tell_transfer(t.id) from unnest(v_ids) t (id);
    return true;
end $$;
