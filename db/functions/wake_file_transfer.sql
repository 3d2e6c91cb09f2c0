-- Tells the device again of a transfer that it may send now, because its receiver has come, or has come back to take it
-- straight: at most every five seconds.
create function wake_file_transfer(p_id uuid) returns void language plpgsql as $$
declare
    t file_transfers;
begin
    select * into t from file_transfers
    where id = p_id and (status = 'pending' or status = 'in_progress' and way <> 'relay') and approval = 'approved'
          and (told_at is null or told_at < now() - interval '5 seconds')
    for update skip locked;
    if found then
        perform tell_file_requested(t);
    end if;
end $$;
