-- The keys of a transfer's work: both connections, the tenant and the transfer itself, and folders that one node has.
create function transfer_keys(t transfers) returns text[] language sql stable as $$
    select array_remove(array['connection:' || t.source, 'connection:' || t.destination, 'tenant:' || t.tenant, 'transfer:' || t.id], null)
           || array(select k.key from work_keys k
                    where k.key in ('folder:' || t.source, 'folder:' || t.destination) and k.node is not null order by k.key)
$$;
