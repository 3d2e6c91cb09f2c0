-- Lets a transfer wait for a sign-in while one of its connections takes none, and no longer. Its row is locked.
create function wait_for_sign_in(p_transfer uuid) returns void language plpgsql as $$
declare
    t        transfers;
    v_broken connections;
begin
    select * into t from transfers where id = p_transfer and ended_at is null;
    select c.* into v_broken from connections c where c.id in (t.source, t.destination) and c.state <> 'ready' limit 1;
    if v_broken.id is null then
        update transfers set wait = null, wait_since = null, wait_until = null, reason = null where id = t.id and wait = 'sign_in';
    elsif t.wait is distinct from 'sign_in' then
        update transfers set wait = 'sign_in', wait_since = now(), wait_until = null, reason = v_broken.error where id = t.id;
        perform note_transfer_once(t.id, null, 'waits_sign_in', v_broken.error);
    end if;
end $$;
