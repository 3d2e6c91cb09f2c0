-- Ends an upload that relayed file transfers, once none has it. Work on that upload then stops what still runs for it.
create function release_relay(u uploads) returns void language plpgsql as $$
begin
    if is_present(u.state) and not exists (select from file_transfers o where o.relay = u.id) then
        perform end_uploads(array[u], case u.state when 'completed' then 'deleted' else 'cancelled' end, 'its last transfer has ended');
        perform add_work('file_request', u.id);
    end if;
end $$;
