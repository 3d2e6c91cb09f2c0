-- The keys of a transfer's work: both connections, the tenant and the transfer itself.
create function transfer_keys(t transfers) returns text[] language sql immutable as $$
    select array_remove(array['connection:' || t.source, 'connection:' || t.destination, 'tenant:' || t.tenant, 'transfer:' || t.id], null)
$$;
