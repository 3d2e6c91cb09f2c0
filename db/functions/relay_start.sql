-- The bytes of a file that its receiver has without the relay: what is relayed comes on top of them.
create function relay_start(t file_transfers) returns bigint language sql immutable as $$
    select coalesce(t.total_bytes - (select sum(upper(r) - lower(r)) from unnest(t.relay_ranges) r), 0)::bigint
$$;
