-- Whether uploads of this state wait for bytes, or for what completes them.
create function is_unfinished(p_state text) returns boolean language sql immutable as $$
    select p_state in ('open', 'paused', 'completing')
$$;
