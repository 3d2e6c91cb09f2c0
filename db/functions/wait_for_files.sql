-- Lets a transfer whose other files have ended say why it waits: for the one of its files that goes on first. Its row is locked.
create function wait_for_files(p_transfer uuid) returns void language plpgsql as $$
declare
    i transfer_items;
begin
    if exists (select from transfer_items o where o.transfer = p_transfer and o.state = 'running')
       or exists (select from transfer_items o where o.transfer = p_transfer and o.state = 'queued' and o.wait is null)
       or exists (select from transfer_items o where o.transfer = p_transfer and o.state = 'ready' and o.kind = 'file') then
        return;
    end if;
    select * into i from transfer_items o
    where o.transfer = p_transfer and o.state = 'queued' order by o.wait_until nulls last limit 1;
    update transfers t set wait = i.wait, wait_since = now(), wait_until = i.wait_until, reason = i.reason
    where t.id = p_transfer and t.wait is null and i.wait is not null and not t.cancelling;
end $$;
