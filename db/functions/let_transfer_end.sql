-- A transfer whose last file has ended ends although one of its connections is held back: nothing more is asked of the storage.
create function let_transfer_end(p_transfer uuid) returns void language plpgsql as $$
declare
    t transfers;
begin
    select * into t from transfers where id = p_transfer and state <> 'paused' and not cancelling;
    if exists (
           select from work_keys k
           where k.key in ('connection:' || t.source, 'connection:' || t.destination) and (k.paused or k.not_before > now()))
       and not exists (select from transfer_items i where i.transfer = t.id and item_is_left(i.state))
       and not exists (select from transfer_items i where i.transfer = t.id and not i.listed)
       and coalesce((t.options ->> 'move')::boolean, false) is false then
        perform withdraw_work('transfer', array[t.id]);
        perform add_work('transfer', t.id);
    end if;
end $$;
