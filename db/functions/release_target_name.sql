-- Takes the name at the destination from an item of another transfer that does nothing at the moment and has written nothing under it: a
-- file that waits, and a folder of a paused transfer. It is decided anew when it continues. False if it keeps the name.
create function release_target_name(p_item uuid) returns boolean language plpgsql as $$
begin
    update transfer_items i set claim = null, target_name = null, replaces = null
    where i.id = p_item and i.session is null
          and case i.kind
              when 'file' then i.state in ('ready', 'queued')
              else i.state = 'ready'
                   and exists (select from transfers t where t.id = i.transfer and t.state = 'paused')
                   and not exists (
                       select from work w where w.kind = 'transfer' and w.reference = i.transfer and w.state = 'leased')
              end;
    return found;
end $$;
