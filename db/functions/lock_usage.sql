-- Until the transaction ends, no other changes usage. So the next statement sees all that was reserved before.
create function lock_usage() returns void language sql as $$
    select pg_advisory_xact_lock(7241180265391245)
$$;
