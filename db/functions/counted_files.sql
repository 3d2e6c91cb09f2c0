-- Whether an upload counts as a file (1 or 0): a part is none.
create function counted_files(u uploads) returns bigint language sql immutable as $$
    select case when is_present(u.state) and not u.is_part then 1 else 0 end::bigint
$$;
