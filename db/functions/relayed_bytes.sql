-- The bytes of the other files that may lie on the service for the member who has asked for a file transfer.
create function relayed_bytes(t file_transfers) returns bigint language sql stable as $$
    select coalesce(sum(o.total_bytes - relay_start(o)), 0)::bigint from file_transfers o
    where o.requester_id = t.requester_id and o.tenant = t.tenant and o.status = 'in_progress' and o.way = 'relay' and o.id <> t.id
$$;
