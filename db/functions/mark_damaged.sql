-- Puts an upload into quarantine.
create function mark_damaged(p_incarnation bigint, p_upload uuid, p_reason text) returns void
language plpgsql as $$
declare
    u uploads;
begin
    if lock_incarnation(p_incarnation) is null then
        return;
    end if;
    select * into u from uploads where id = p_upload for update;
    if u.id is not null and u.damaged_at is null then
        update uploads set damaged_at = now(), damaged_reason = p_reason where id = p_upload;
        perform add_events(array[u], 'damaged', jsonb_build_object('reason', p_reason));
    end if;
end $$;
