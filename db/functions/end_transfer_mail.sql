-- Ends the work of mailing about a transfer. A connection that does not work is mailed about once, however many transfers wait for it.
-- False where the lease is lost.
create function end_transfer_mail(
    p_incarnation bigint, p_work bigint, p_epoch bigint, p_transfer uuid, p_mail text, p_connection uuid)
returns boolean language plpgsql as $$
begin
    perform from transfers where id = p_transfer for update;
    if not end_work(p_incarnation, p_work, p_epoch) then
        return false;
    end if;
    update transfers set mail = null where id = p_transfer and mail = p_mail;
    update connections set mailed = true where id = p_connection and state <> 'ready';
    return true;
end $$;
