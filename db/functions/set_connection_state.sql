-- Records a connection's state. Work with it waits while it is not ready, and goes on when it is.
create function set_connection_state(p_connection uuid, p_state text, p_error text) returns boolean
language plpgsql set enable_seqscan = off set jit = off as $$
declare
    v_transfer uuid;
begin
    update connections
    set state = p_state, state_at = case when state = p_state then state_at else now() end,
        error = case when p_state = 'ready' then null else coalesce(p_error, error) end,
        error_at = case when p_state = 'ready' then null when p_error is null then error_at else now() end
    where id = p_connection;
    if not found then
        return false;
    end if;
    perform set_work_key(
        'connection:' || p_connection, p_paused => p_state <> 'ready',
        p_not_before => case when p_state = 'ready' then '-infinity'::timestamptz end);
    -- In the order of their ids, as whatever locks several of them.
    for v_transfer in
        select t.id from connections c join transfers t on t.tenant = c.tenant and t.subject = c.subject and t.ended_at is null
        where c.id = p_connection and (t.source = c.id or t.destination = c.id) order by t.id for update of t
    loop
        perform wait_for_sign_in(v_transfer);
        perform tell_transfer(v_transfer);
    end loop;
    return true;
end $$;
