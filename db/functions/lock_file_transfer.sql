-- Locks a file transfer, and before it the upload that relays it: an upload that ends locks both in this order, too.
create function lock_file_transfer(p_id uuid) returns file_transfers language plpgsql as $$
declare
    t       file_transfers;
    v_relay uuid := (select relay from file_transfers where id = p_id);
begin
    loop
        perform from uploads where id = v_relay for update;
        select * into t from file_transfers where id = p_id for update;
        -- Another transaction may have bound it to an upload meanwhile.
        exit when t.relay is null or t.relay = v_relay;
        v_relay := t.relay;
    end loop;
    return t;
end $$;
