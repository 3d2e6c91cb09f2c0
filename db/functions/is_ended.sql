-- Whether uploads of this state have ended; the opposite of is_present.
create function is_ended(p_state text) returns boolean language sql immutable as $$
    select p_state in ('cancelled', 'expired', 'failed', 'deleted')
$$;
