-- Whether transfers of this state do nothing until their owner says so.
create function transfer_rests(p_state text) returns boolean language sql immutable as $$
    select p_state in ('paused', 'planned')
$$;
