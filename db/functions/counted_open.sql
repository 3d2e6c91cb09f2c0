-- Whether an upload counts as open (1 or 0).
create function counted_open(u uploads) returns bigint language sql immutable as $$
    select case when is_unfinished(u.state) then 1 else 0 end::bigint
$$;
