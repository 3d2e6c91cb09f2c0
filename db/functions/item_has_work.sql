-- Whether items of a transfer in this state are in the queue of work.
create function item_has_work(p_state text) returns boolean language sql immutable as $$
    select p_state in ('queued', 'running')
$$;
