-- Whether items of a transfer in this state are still to be moved.
create function item_is_left(p_state text) returns boolean language sql immutable as $$
    select p_state in ('ready', 'queued', 'running')
$$;
