-- Whether a transfer waits because a storage asked for a pause.
create function is_pause_of_storage(p_wait text) returns boolean language sql immutable as $$
    select p_wait in ('rate_limit', 'daily_limit')
$$;
