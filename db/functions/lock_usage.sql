-- Locks usage until the transaction ends, so that the next statement sees everything that was reserved before.
create function lock_usage() returns void language sql as $$
    select pg_advisory_xact_lock(7241180265391245)
$$;
