-- Cancels the open transfers of a batch for the member who asked, p_most at a time. Returns ok; more (ask again for the rest);
-- not_requester, absent, or fenced.
create function cancel_file_batch(
    p_incarnation bigint, p_tenant text, p_project uuid, p_batch uuid, p_subject text, p_most int) returns text language plpgsql as $$
declare
    t      file_transfers;
    b      file_batches;
    v_open uuid;
    v_done int := 0;
begin
    if lock_incarnation(p_incarnation) is null then
        return 'fenced';
    end if;
    select * into b from file_batches x where x.id = p_batch and x.tenant = p_tenant and x.project_id = p_project;
    if b.id is null or not exists (select from space_members m where m.space = p_project and m.subject = p_subject) then
        return 'absent';
    elsif b.requester_id <> p_subject then
        return case when exists (
            select from file_transfers o join devices d on d.id = o.source_device_id
            where o.batch_id = p_batch and p_subject = 'user:' || replace(d.user_id::text, '-', '')) then 'not_requester' else 'absent' end;
    end if;
    for v_open in
        select o.id from file_transfers o where o.batch_id = p_batch and o.status in ('pending', 'in_progress')
        order by o.relay, o.id limit p_most
    loop
        t := lock_file_transfer(v_open);
        if t.status in ('pending', 'in_progress') then
            perform end_file_transfer(t, 'cancelled', null, null);
        end if;
        v_done := v_done + 1;
    end loop;
    return case when v_done = p_most then 'more' else 'ok' end;
end $$;
