-- No work with a connection begins before the pause is over, because its storage asks for that; the transfers that use it say so.
create function hold_connection(p_connection uuid, p_pause interval, p_wait text, p_reason text) returns void
language plpgsql as $$
declare
    v_until constant timestamptz := now() + p_pause;
    v_ids   uuid[];
begin
    v_ids := array(
        select t.id from transfers t
        where (t.source = p_connection or t.destination = p_connection) and t.ended_at is null and not t.cancelling
              and not transfer_rests(t.state)
              and (t.wait is null or t.wait in ('network', 'rate_limit', 'daily_limit') and t.wait_until < v_until)
        order by t.id for update);
    perform set_work_key('connection:' || p_connection, p_not_before => v_until);
    update transfers t
    set wait_since = case when t.wait = p_wait then t.wait_since else now() end, wait = p_wait, wait_until = v_until, reason = p_reason
    where t.id = any (v_ids);
    perform note_transfer_once(t.id, null, 'waits_' || p_wait, p_reason) from unnest(v_ids) t (id);
    perform tell_transfer(t.id) from unnest(v_ids) t (id);
end $$;
