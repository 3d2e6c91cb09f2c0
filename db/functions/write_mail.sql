-- Replaces what a mail's writer needed by the mail itself, so that a repeated attempt sends the same one. False where the lease is lost.
create function write_mail(p_incarnation bigint, p_work bigint, p_epoch bigint, p_id uuid, p_content text) returns boolean
language plpgsql as $$
begin
    if not hold_work(p_incarnation, p_work, p_epoch) then
        return false;
    end if;
    update mails set writer = 'text', content = p_content where id = p_id;
    return true;
end $$;
