-- Whether uploads of this state take bytes.
create function takes_bytes(p_state text) returns boolean language sql immutable as $$
    select p_state in ('open', 'paused')
$$;
