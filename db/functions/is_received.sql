-- Whether uploads of this state have all their bytes: they are files, or wait only for their check.
create function is_received(p_state text) returns boolean language sql immutable as $$
    select p_state in ('checking', 'completed')
$$;
