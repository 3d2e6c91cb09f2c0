-- Lets the work of a transfer wait until the next time at which it may run; without a time it may run now.
create function set_transfer_window(p_transfer uuid, p_until timestamptz) returns void
language plpgsql as $$
declare
    t transfers;
begin
    select * into t from transfers where id = p_transfer and ended_at is null for update;
    if t.id is null or (p_until is null and t.wait is distinct from 'window') then
        return;
    end if;
    perform set_work_key('transfer:' || t.id, p_not_before => coalesce(p_until, '-infinity'));
    update transfers
    set wait = case when p_until is not null then 'window' end, wait_until = p_until,
        wait_since = case when p_until is null then null when wait = 'window' then wait_since else now() end, reason = null
    where id = t.id;
    if p_until is null then
        perform note_transfer(t.id, null, 'goes_on');
        perform wait_for_sign_in(t.id);
    elsif t.wait is distinct from 'window' then
        perform note_transfer(t.id, null, 'waits_window');
    end if;
    perform tell_transfer(t.id);
end $$;
