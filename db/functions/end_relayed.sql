-- Ends the file transfers that an upload relays, because it has ended by itself: its bytes were not what was declared, the checker has
-- refused it, its sender has cancelled it, or it is over.
create function end_relayed(p_uploads uploads[], p_state text) returns void language plpgsql as $$
declare
    t      file_transfers;
    v_open uuid;
begin
    for v_open in
        select o.id from file_transfers o where o.relay = any (array(select u.id from unnest(p_uploads) u)) order by o.relay, o.id
    loop
        t := lock_file_transfer(v_open);
        if t.status = 'in_progress' then
            perform end_file_transfer(
                t, 'failed', case p_state when 'expired' then 'expired' else 'relay_ended' end,
                case p_state
                    when 'expired' then 'No byte came for too long.'
                    when 'failed' then 'What the device sent was not the file, or was refused by the check.'
                    else 'The device has stopped sending.' end);
        end if;
    end loop;
end $$;
