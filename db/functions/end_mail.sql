-- Removes a mail that was sent, or that has lost its use, and ends its lease. False where the lease is lost.
create function end_mail(p_incarnation bigint, p_work bigint, p_epoch bigint, p_id uuid) returns boolean
language plpgsql as $$
begin
    if not end_work(p_incarnation, p_work, p_epoch) then
        return false;
    end if;
    delete from mails where id = p_id;
    return true;
end $$;
