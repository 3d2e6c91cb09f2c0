-- Whether uploads of this state are there: they are being received, checked, or files.
create function is_present(p_state text) returns boolean language sql immutable as $$
    select p_state in ('open', 'paused', 'completing', 'checking', 'completed')
$$;
